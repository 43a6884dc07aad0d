# SPDX-License-Identifier: Apache-2.0
"""What looks whether anybody could have seen a password sees it wherever it is."""

import secrets

import pytest
from witness import Witness, forms

@pytest.fixture
def witness(calls):
    calls.start()
    witness = Witness(calls.user)
    yield witness
    witness.close()


@pytest.mark.parametrize("form", range(4), ids=["password", "MD5", "SHA-256", "SHA-512-256"])
def test_every_leak_is_seen(calls, witness, form):
    user, bed = calls.user, calls.user.bed
    password = secrets.token_hex(8)
    leak = forms(password, "me", "far end")[form].decode()
    # Of processes that are over soon, as ours are, so that nothing of them is left to be found afterwards.
    user.run("sh", "-c", "sleep 0.03", leak)
    user.run("sleep", "0.03", env={"SECRET": leak})
    user.run("logger", "--", input=f"it is {leak}\n")
    user.run("dbus-send", "--session", "--type=signal", "/", "org.example.Leak", f"string:{leak}")
    bed.run("dbus-send", "--system", "--type=signal", "/", "org.example.Leak", f"string:{leak}")
    record = f"/run/user/{user.uid}/ongoingcalld/record"
    bed.run("sh", "-c", f"cat >{record}", input=leak)
    places = [".config/ongoingcall/accounts/me.conf", ".local/state/ongoingcall/x", ".cache/x"]
    for place in places:
        user.install(f"Password={leak}\n", place)
    found = witness.places(*forms(password, "me", "far end"))
    for what in ("cmdline of ", "environ of "):
        assert any(place.startswith(what) for place in found), found
    expected = ["journal", f"{witness.folder}/session", f"{witness.folder}/system", record]
    assert set(expected + [f"{user.home}/{place}" for place in places]) <= set(found), found


def test_what_is_there_to_have_it_is_no_leak(calls, witness):
    password = secrets.token_hex(8)
    calls.user.install(password, ".local/state/ongoingcall/passwords/me", mode=0o600)
    calls.user.run("cat", input=password)
    assert witness.places(*forms(password, "me", "far end")) == []
