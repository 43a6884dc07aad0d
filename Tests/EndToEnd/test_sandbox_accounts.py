# SPDX-License-Identifier: Apache-2.0
"""Applications in sandboxes and the user's accounts: what they see, through which they call, and what everybody hears."""

import json
import subprocess

import pytest
from booted import wait_for
from buses import on_both_buses
from calls import NAME, PROPERTIES, ROOT, BusError, Calls
from farend import FarEnd
from flatpak import Flatpak

pytestmark = on_both_buses
ACCOUNT = "org.ongoingcall.Calls1.Account"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
FOLDER = ".config/ongoingcall/accounts"
PHONE = "org.example.Phone"


@pytest.fixture
def phone(calls):
    return Calls(Flatpak(calls.user, PHONE))


@pytest.fixture
def server():
    with FarEnd("--trace") as far_end:
        yield far_end


@pytest.fixture
def account(calls, server):
    """The default account; its id and its name in sandboxes."""
    added = calls.ctl_json("account", "add", f"sip:secretuser@127.0.0.1:{server.port}", "--display-name", "Secret Person",
                           "--default")["account"]  # fmt: skip
    return added["id"], seen(calls)[0][0]


def seen(calls):
    """The accounts that it sees: the last elements of their paths, and their properties."""
    (objects,) = calls.call("GetManagedObjects", interface=OBJECT_MANAGER)
    return [(path.rsplit("/", 1)[1], interfaces[ACCOUNT])
            for path, interfaces in objects.items() if path.startswith(f"{ROOT}/account/")]  # fmt: skip


def refusal(function, *arguments, **options):
    with pytest.raises(BusError) as caught:
        function(*arguments, **options)
    return caught.value


def invited(far_end):
    return [e["first"] for e in far_end.events if e["event"] == "received" and e["first"].startswith("INVITE")]


def test_it_sees_a_label_and_nothing_else(calls, phone, account):
    identifier, name = account
    ((shown, properties),) = seen(phone)
    assert shown == name == properties["Id"]
    told = {key: value for key, value in properties.items() if value}
    assert told == {"Id": name, "Label": "Account 1"}
    for path in (f"{ROOT}/account/{name}", f"{ROOT}/account/{identifier}"):
        (known,) = calls.call("GetAll", ACCOUNT, path=path, interface=PROPERTIES)
        assert known["Id"] == identifier and known["Permitted"] is True
    error = refusal(phone.call, "GetAll", ACCOUNT, path=f"{ROOT}/account/{identifier}", interface=PROPERTIES)
    assert error.name == "org.freedesktop.DBus.Error.UnknownObject"
    for method in ("Enable", "Disable", "Remove", "Test"):
        assert refusal(phone.call, method, path=f"{ROOT}/account/{name}", interface=ACCOUNT).kind == "NotPermitted"
    # A person edits the file, and it is noticed.
    file = calls.user.bed.path(f"{calls.user.home}/{FOLDER}/{identifier}.conf")
    calls.user.install(file.read_text() + f"Label=Home\nAllowApps=org.example.Mail {PHONE}\n", f"{FOLDER}/{identifier}.conf")
    wait_for("the label", lambda: seen(phone)[0][1]["Label"] == "Home")
    assert seen(phone)[0][1]["Permitted"] is True
    # The tool inside of it says as little.
    listed = phone.ctl("account", "list", check=True).stdout
    assert "Home" in listed and "secret" not in listed.lower() and identifier not in listed


def test_it_calls_through_those_that_the_user_permits(calls, phone, account, server):
    identifier, name = account
    for options in ({"uri": "030123"}, {"uri": "030123", "account": name}, {"uri": "030123", "account": "Account 1"},
                    {"uri": server.address, "account": identifier}, {"uri": server.address, "account": "nosuch"}):  # fmt: skip
        error = refusal(phone.launch, **options)
        assert error.kind == "NotPermitted", options
        assert f"ongoingcallctl account edit ID --allow-app {PHONE}" in error.message
    # An address is called without an account, and not silently through the default one.
    session = phone.launch(uri=server.address)
    session.wait_until("joined")
    assert calls.session(session.id)["Account"] == "" and "secretuser" not in json.dumps(server.events)
    phone.session(session.id).call("HangUp")
    calls.ctl("account", "edit", identifier, "--label", "Home", "--allow-app", PHONE, check=True)
    mail = Calls(Flatpak(calls.user, "org.example.Mail"))
    assert refusal(mail.launch, uri="030123", account="Home").kind == "NotPermitted"
    for options in ({}, {"account": "Home"}, {"account": name}):
        session = phone.launch(uri="030123", **options)
        session.wait_until("joined")
        assert calls.session(session.id)["Account"] == identifier
        own = phone.session(session.id).properties()
        assert (own["Account"], own["Uri"], own["Title"]) == (name, "", "030123")
        shown = json.dumps([own, phone.call("Describe"), phone.events()], default=str)
        assert not [secret for secret in ("secretuser", "Secret Person", identifier, "030123@") if secret in shown]
        session.call("HangUp")
    assert all("sip:030123@127.0.0.1" in line for line in invited(server)[1:]) and len(invited(server)) == 4
    # Not any more, once the user takes it back.
    calls.ctl("account", "edit", identifier, "--allow-app", "", check=True)
    assert refusal(phone.launch, uri="030123").kind == "NotPermitted"


def test_what_everybody_hears_names_nobody(calls, phone, server):
    listener = phone.user.spawn("stdbuf", "-oL", "gdbus", "monitor", "--session", "--dest", NAME,
                                stdout=subprocess.PIPE, encoding="utf-8")  # fmt: skip
    try:
        calls.call("Describe")
        heard = [listener.stdout.readline() for _ in range(2)]
        calls.ctl("account", "add", f"sip:secretuser@127.0.0.1:{server.port}", "--label", "secretlabel", "--register", check=True)
        calls.launch(uri="030", account=f"secretuser_127_0_0_1_{server.port}", title="x").wait_until("joined")
        calls.ctl("hangup", check=True)
        calls.ctl("account", "remove", "secret", check=True)
        while "InterfacesRemoved" not in heard[-1]:
            heard.append(listener.stdout.readline())
            assert heard[-1]
    finally:
        listener.kill()
        listener.wait()
    assert any("PropertiesChanged" in line and "/account/" in line for line in heard)
    assert not [line for line in heard if "secret" in line.lower()]


def test_a_number_stays_an_accounts_over_a_crash_of_the_daemon(calls, phone):
    for user in ("b", "c"):
        calls.ctl("account", "add", f"sip:{user}@example.org", "--label", user.upper(), check=True)
    before = {name: properties["Label"] for name, properties in seen(phone)}
    assert sorted(before.values()) == ["B", "C"]
    daemon = calls.daemon()
    calls.user.systemctl("kill", "--signal", "KILL", "ongoingcalld")
    wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))
    calls.ctl("account", "add", "sip:a@example.org", "--label", "A", check=True)
    after = {name: properties["Label"] for name, properties in seen(phone)}
    assert {name: label for name, label in after.items() if name in before} == before and len(after) == 3
