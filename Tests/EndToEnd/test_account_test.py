# SPDX-License-Identifier: Apache-2.0
"""`account test` says what works of an account, and what does not, with a real provider (Kamailio); and accounts say how
their registration fares."""

import json
import socket
import subprocess

import providers
import pytest
from booted import wait_for
from calls import PROPERTIES, ROOT, BusError
from providers import ADDRESS, DOMAIN, PASSWORD, SERVERS, USER
from secrecy import realm, secrecy  # noqa: F401

ACCOUNT = "org.ongoingcall.Calls1.Account"
pytestmark = [pytest.mark.usefixtures("secrecy"), realm(PASSWORD, USER, DOMAIN)]


@pytest.fixture
def provider(tmp_path):
    with providers.running(tmp_path, registers=(2, 600)) as provider:
        yield provider


def add(calls, *options, server=SERVERS["udp"], user=USER, password=PASSWORD):
    account = calls.ctl_json("account", "add", f"sip:{user}@{DOMAIN}", "--default", "--register", "--password-place", "file",
                             "--outbound-proxy", server, *options)["account"]["id"]  # fmt: skip
    if password:
        calls.ctl("account", "password", input=password + "\n", check=True)
    return account


def shown(calls):
    return calls.ctl_json("account", "show")["account"]


def tried(calls):
    """Its steps, and the exit status."""
    result = calls.ctl("account", "test", "--json")
    assert result.stdout, result.stderr
    test = json.loads(result.stdout)["test"]
    assert test["ok"] == (result.returncode == 0) and result.returncode in (0, 1)
    return {step["step"]: (step["ok"], step["detail"]) for step in test["steps"]}


def wrong(found, step, *words):
    """It is the last step, and the only one that does not work."""
    assert [name for name, (ok, _) in found.items() if not ok] == [step] == list(found)[-1:], found
    for word in words:
        assert word in found[step][1], found


# What an account test starts has gone.
def assert_nothing_runs(calls):
    wait_for("the test's unit to be gone", lambda: "account-test" not in calls.user.systemctl("list-units", "--all").stdout)


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_everything_works(calls, tmp_path, transport):
    with providers.running(tmp_path, transport, registers=(2, 600)) as provider:
        add(calls, "--transport", transport, server=SERVERS[transport])
        if transport == "tls":
            calls.user.install(provider.authority, "authority.pem")
            calls.user.systemctl("set-environment", f"SSL_CERT_FILE={calls.user.home}/authority.pem")
        found = tried(calls)
        steps = ["name", "connection"] + (["certificate"] if transport == "tls" else [])
        assert list(found) == [*steps, "password", "registration", "nat"] and all(ok for ok, _ in found.values()), found
        text = calls.ctl("account", "test", check=True).stdout.splitlines()
        assert len(text) == len(found) and all(line.startswith("ok     ") for line in text)
        assert text[-1] == "ok     NAT: no NAT in between"
        assert_nothing_runs(calls)
        # Nobody was called, and nothing stays registered.
        assert provider.behind.find("received") is None and shown(calls)["registered-until"] == 0


@pytest.mark.parametrize("options, more, step, words, remedy", [
    ([], {"server": "nobody.invalid"}, "name", ["nobody.invalid"], "--outbound-proxy"),
    (["--transport", "tcp"], {"server": f"{ADDRESS}:9"}, "connection", ["nothing answers"], "--transport"),
    ([], {"password": "another"}, "password", [f"does not accept the password of “{USER}”"], "account password"),
    ([], {"password": None}, "password", ["there is no password for the account"], "account password"),
    (["--auth-user", "somebody"], {}, "password", ["does not accept the password of “somebody”"], "--auth-user"),
    (["--realm", "other"], {}, "password", ["is for “other”"], "account password"),
], ids=["no-such-host", "nobody-listens", "wrong-password", "no-password", "wrong-user", "wrong-realm"])  # fmt: skip
def test_misconfiguration_is_named(calls, provider, options, more, step, words, remedy):
    add(calls, *options, **more)
    wrong(tried(calls), step, *words)
    said = calls.ctl("account", "test")
    failed, after = said.stdout.splitlines()[-2:]
    assert said.returncode == 1 and failed.startswith("failed ") and remedy in after, said


@pytest.mark.parametrize("file", [None, "/etc/ssl/certs/ca-certificates.crt"])
def test_certificate_that_nobody_trusts(calls, tmp_path, file):
    with providers.running(tmp_path, "tls", registers=(2, 600)):
        add(calls, "--transport", "tls", *(["--ca-file", file] if file else []), server=SERVERS["tls"])
        wrong(tried(calls), "certificate", "cannot be trusted")
        said = calls.ctl("account", "test").stdout
        assert ("update-ca-certificates" in said) is (file is None) and (file or "") in said.splitlines()[-1]


def test_registration_that_is_refused(calls, tmp_path):
    """The password is right."""
    with providers.running(tmp_path, registers=(2, 600), refuses=True):
        add(calls)
        found = tried(calls)
        wrong(found, "registration", "403 No such customer")
        assert found["password"][0]
        assert "account edit" in calls.ctl("account", "test").stdout.splitlines()[-1]


def test_server_that_says_nothing(calls):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        account = add(calls, server=f"127.0.0.1:{server.getsockname()[1]}")
        testing = calls.user.spawn("ongoingcallctl", "account", "test", "--json", stdout=subprocess.PIPE, text=True)
        server.settimeout(30)
        assert server.recv(4096).startswith(b"REGISTER ")
        # One at a time; and the daemon answers others meanwhile.
        with pytest.raises(BusError) as caught:
            calls.call("Test", path=f"{ROOT}/account/{account}", interface=ACCOUNT)
        assert caught.value.kind == "LimitReached" and "being tested at the moment" in caught.value.message
        steps = json.loads(testing.communicate(timeout=60)[0])["test"]["steps"]
        assert testing.returncode == 1
        wrong({step["step"]: (step["ok"], step["detail"]) for step in steps}, "connection", "no reply", "within 8 seconds")


def test_what_a_killed_daemon_began_is_in_nobodys_way(calls):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(30)
        add(calls, server=f"127.0.0.1:{server.getsockname()[1]}")
        testing = calls.user.spawn("ongoingcallctl", "account", "test", stderr=subprocess.DEVNULL)
        assert server.recv(4096).startswith(b"REGISTER ")
        calls.user.systemctl("kill", "--signal=KILL", "ongoingcalld")
        assert testing.wait(30) != 0
        result = calls.ctl("account", "test", "--json")
        steps = json.loads(result.stdout)["test"]["steps"]
        wrong({step["step"]: (step["ok"], step["detail"]) for step in steps}, "connection", "no reply", "within 8 seconds")


def test_without_the_engine_the_error_says_so(calls):
    add(calls)
    calls.user.install('{"name": "sip"}', ".local/share/ongoingcall/engines/sip.json")
    path = "/usr/local/share/ongoingcall/engines/sip.json"
    calls.user.bed.run("mv", path, path + ".away")
    try:
        result = calls.ctl("account", "test")
    finally:
        calls.user.bed.run("mv", path + ".away", path)
    assert result.returncode == 1 and "the engine “sip”, which is not installed" in result.stderr and not result.stdout


# MARK: registrations of calls


def prop(calls, account, name):
    return calls.call("Get", ACCOUNT, name, path=f"{ROOT}/account/{account}", interface=PROPERTIES)[0]


def call(calls):
    launched = calls.ctl("launch", "far", "--wait", "--json")
    return json.loads(launched.stdout.splitlines()[-1])["session"]


def test_account_is_registered_while_a_call_lasts(calls, provider):
    account = add(calls)
    assert (shown(calls)["state"], prop(calls, account, "RegisteredUntil")) == ("ready", 0)
    session = call(calls)
    assert session["state"] == "joined"
    first = shown(calls)
    assert first["state"] == "registered" and first["registered-until"] > 0
    assert "Registered: until " in calls.ctl("account", "show").stdout
    # The next daemon asks, and so does the next engine.
    daemon = calls.daemon()
    calls.user.run("kill", "-KILL", str(daemon))
    wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))
    wait_for("the state", lambda: prop(calls, account, "State") == "registered")
    calls.user.systemctl("kill", "--signal=KILL", calls.session(session["id"])["Unit"])
    wait_for("the call to be back", lambda: calls.session(session["id"])["State"] == "joined")
    assert prop(calls, account, "State") == "registered"
    calls.ctl("abort", check=True)
    wait_for("the registration to be gone", lambda: prop(calls, account, "RegisteredUntil") == 0)
    assert shown(calls)["state"] == "ready"


def test_a_call_keeps_the_authorities_of_its_launch(calls, tmp_path):
    with providers.running(tmp_path, "tls", registers=(2, 600)) as provider:
        calls.user.install(provider.authority, "authority.pem")
        file = f"{calls.user.home}/authority.pem"
        add(calls, "--transport", "tls", "--ca-file", file, server=SERVERS["tls"])
        session = calls.session(call(calls)["id"])
        calls.user.bed.run("rm", file)
        daemon, engine = calls.daemon(), calls.user.unit(session["Unit"], "MainPID")["MainPID"]
        calls.user.bed.run("kill", "-KILL", str(daemon), engine)
        wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))
        wait_for("another engine", lambda: calls.user.unit(session["Unit"], "MainPID")["MainPID"] not in ("0", engine))
        wait_for("the call to be back", lambda: session["State"] == "joined")
        calls.ctl("hold", session.id, check=True)
        calls.ctl("hangup", session.id, check=True)
        assert provider.behind.wait("bye")["by"] == "caller"


def test_failed_registration_is_said(calls, provider):
    add(calls, password="another")
    ended = call(calls)
    assert (ended["state"], ended["end-reason"]) == ("ended", "not-permitted"), ended
    account = shown(calls)
    assert account["state"] == "failed" and "does not accept the password" in account["last-error"]
    calls.ctl("account", "password", input=PASSWORD + "\n", check=True)
    assert shown(calls)["state"] == "ready" and shown(calls)["last-error"] == ""
