# SPDX-License-Identifier: Apache-2.0
"""Passwords of accounts, from the prompt of the control tool to the server of a call; and nobody else sees them."""

import json
import os
import re

import pytest
from booted import wait_for
from buses import on_both_buses
from farend import FarEnd
from keyrings import Monitor, lock, owner, screen, unlock
from secrecy import realm, secrecy  # noqa: F401
from windows import Window

PASSWORD = "rosebud-7391"
pytestmark = [pytest.mark.usefixtures("secrecy"), realm(PASSWORD)]
SECRETS = ".local/state/ongoingcall/passwords"


@pytest.fixture
def server():
    """Asks for the password."""
    with FarEnd("--trace", "--password", f"me:{PASSWORD}") as far_end:
        yield far_end


def add(calls, server, *options):
    return calls.ctl_json("account", "add", f"sip:me@127.0.0.1:{server.port}", "--default", *options)["account"]["id"]


def shown(calls):
    return calls.ctl_json("account", "show")["account"]


def call(calls, whom="alice"):
    """Waits until the call is joined, or fails; its JSON."""
    launched = calls.ctl("launch", whom, "--wait", "--json")
    return json.loads(launched.stdout.splitlines()[-1])["session"]


def assert_not_told(calls, *more):
    """Neither by the daemon, nor in `more`. Of everything else, `secrecy` takes care."""
    said = [calls.call("Describe"), calls.events(), shown(calls), *more]
    assert PASSWORD not in json.dumps(said, default=str)


@on_both_buses
def test_from_the_prompt_through_the_keyring_to_the_server(calls, server):
    unlock(calls.user)
    monitor = Monitor(calls.user)
    account = add(calls, server)
    # The keyring can say it at once.
    assert shown(calls)["state"] == "no-password"
    assert shown(calls)["last-error"].endswith(f"in the keyring; set it: ongoingcallctl account password {account}")
    with Window(calls.user, "account", "password", f"me@127.0.0.1:{server.port}") as window:
        window.read_until(re.escape(f"Password for sip:me@127.0.0.1:{server.port}:"))
        window.type(PASSWORD + "\n")
        window.read_until(re.escape(f"{account} password set (sip:me@127.0.0.1:{server.port}, ready)"))
        assert window.end() == 0
        assert PASSWORD not in window.transcript
    assert call(calls)["state"] == "joined"
    heard = monitor.end()
    for member in ("AddAccount", "SetPassword", "CreateItem", "GetSecret", "Launch"):
        assert f"member={member}" in heard
    assert PASSWORD not in heard and PASSWORD.encode().hex(" ") not in heard
    assert_not_told(calls, heard)
    calls.ctl("abort", check=True)
    calls.ctl("account", "remove", account, check=True)
    add(calls, server)
    assert shown(calls)["state"] == "no-password"


def test_a_line_of_standard_input(calls, server):
    """A file, too: the daemon gets a pipe."""
    add(calls, server, "--password-place", "file")
    calls.user.install(PASSWORD + "\nnot this\n", "secret", mode=0o600)
    result = calls.user.run("sh", "-c", "ongoingcallctl account password <secret")
    assert result.stdout.split()[1:3] == ["password", "set"] and PASSWORD not in result.stdout + result.stderr
    calls.user.run("rm", "secret")
    kept = calls.user.bed.path(f"{calls.user.home}/{SECRETS}/{shown(calls)['id']}")
    assert kept.read_text() == PASSWORD and kept.stat().st_mode & 0o777 == 0o600
    assert call(calls)["state"] == "joined"
    calls.ctl("abort", check=True)
    for given, words in [("", "is empty"), ("x" * 513, "too long"), ("a\tb", "control character")]:
        result = calls.ctl("account", "password", input=given)
        assert result.returncode == 64 and words in result.stderr
    assert kept.read_text() == PASSWORD
    assert json.loads(calls.ctl("account", "password", "--json", input="other\n").stdout)["account"]["state"] == "ready"
    kept.unlink()
    assert_not_told(calls)


def test_an_account_whose_file_is_wrong_is_not_asked_about(calls):
    calls.user.install("[Account]\nAddress=sip:me@example.org\nTransport=x\n", ".config/ongoingcall/accounts/me.conf")
    with Window(calls.user, "account", "password", "me") as window:
        window.read_until("correct it first: .*line 3: Transport=")
        assert window.end() == 1
        assert "Password for" not in window.transcript


def test_a_plain_file_is_refused_on_the_bus(calls, server):
    """The daemon would wait for its disk."""
    account = add(calls, server, "--password-place", "file")
    calls.user.install("secret\n", "secret")
    script = (
        "import dbus, sys; dbus.SessionBus().get_object('org.ongoingcall.Calls1', sys.argv[1])"
        ".SetPassword(dbus.types.UnixFd(open('secret')), dbus_interface='org.ongoingcall.Calls1.Account')"
    )
    result = calls.user.run("sh", "-c", 'cd && exec /usr/bin/python3 -c "$0" "$1"', script,
                            f"/org/ongoingcall/Calls1/account/{account}", check=False)  # fmt: skip
    assert result.returncode != 0 and "it must be a pipe, a socket or a memfd" in result.stderr
    assert "ongoingcallctl account password ID < FILE" in result.stderr


def test_add_asks_on_a_terminal(calls, server):
    address = f"sip:me@127.0.0.1:{server.port}"
    arguments = ["account", "add", address, "--password-place", "file"]
    with Window(calls.user, *arguments) as window:
        window.read_until(re.escape(f"Password for {address} (empty: none):"))
        window.type("\n")
        window.read_until("to set its password: ongoingcallctl account password me_127")
        assert window.end() == 0
    account = shown(calls)["id"]
    assert shown(calls)["state"] == "no-password"
    calls.ctl("account", "remove", account, check=True)
    with Window(calls.user, *arguments) as window:
        window.read_until(re.escape(f"{account} added ({address}, no-password)"))
        window.read_until(re.escape("(empty: none):"))
        window.type(PASSWORD + "\n")
        window.read_until(re.escape(f"{account} password set"))
        assert window.end() == 0 and PASSWORD not in window.transcript
    assert shown(calls)["state"] == "ready"
    calls.ctl("account", "remove", account, check=True)
    # Whoever does not answer has the account.
    with Window(calls.user, *arguments) as window:
        window.read_until(re.escape("(empty: none):"))
        window.type("\x03")
        assert window.end() in (130, -2)
    # A script is not asked.
    calls.ctl("account", "remove", account, check=True)
    result = calls.ctl(*arguments)
    assert result.stderr == f"to set its password: ongoingcallctl account password {account}\n"
    assert result.stdout == f"{account} added ({address}, no-password)\n"
    calls.ctl("account", "remove", account, check=True)
    # Without a keyring, the account is there, and the remedy is said.
    assert owner(calls.user) is None
    calls.user.install("[D-BUS Service]\nName=org.freedesktop.secrets\nExec=/bin/false\n",
                       ".local/share/dbus-1/services/org.freedesktop.secrets.service")  # fmt: skip
    calls.user.busctl("call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig")
    with Window(calls.user, "account", "add", address) as window:
        window.read_until(re.escape("(empty: none):"))
        window.type(PASSWORD + "\n")
        window.read_until("PasswordPlace=file")
        assert window.end() == 1


def test_a_wrong_password_is_told(calls, server):
    add(calls, server, "--password-place", "file")
    calls.ctl("account", "password", input="wrong\n", check=True)
    ended = call(calls)
    assert (ended["state"], ended["end-reason"]) == ("ended", "not-permitted"), ended
    account = shown(calls)
    assert account["state"] == "ready"
    assert account["last-error"].startswith("the last call (sip:alice@") and "does not accept the password" in account["last-error"]
    assert "Problem: the last call" in calls.ctl("account", "show").stdout
    calls.ctl("account", "password", input=PASSWORD + "\n", check=True)
    assert shown(calls)["last-error"] == ""
    assert call(calls)["state"] == "joined"
    calls.ctl("abort", check=True)


def test_without_a_password_the_call_says_so(calls, server):
    add(calls, server, "--password-place", "file")
    ended = call(calls)
    assert ended["end-reason"] == "not-permitted" and "asks for a password" in ended["end-detail"]
    assert shown(calls)["state"] == "no-password"


def test_a_locked_keyring_asks_only_when_a_call_needs_it(calls, server):
    """Neither at the daemon's start, nor when an account comes."""
    unlock(calls.user)
    add(calls, server)
    calls.ctl("account", "password", input=PASSWORD + "\n", check=True)
    calls.user.systemctl("stop", "ongoingcalld")
    lock(calls.user)
    with screen(calls.user) as at:
        assert shown(calls)["state"] == "ready"
        other = calls.ctl_json("account", "add", "sip:other@example.org")["account"]
        assert other["state"] == "ready"
        calls.ctl("account", "remove", other["id"], check=True)
        assert at.prompts() == []
        window = Window(calls.user, "launch", "alice", "--wait")
        at.answer()
        with window:
            window.read_until("joined")
            calls.ctl("abort", check=True)


def test_no_keyring_is_started_to_look(calls, server):
    add(calls, server)
    assert shown(calls)["state"] == "ready"
    calls.user.systemctl("restart", "ongoingcalld")
    assert shown(calls)["state"] == "ready"
    assert owner(calls.user) is None
    # When one comes, it is asked.
    unlock(calls.user)
    wait_for("the state", lambda: shown(calls)["state"] == "no-password")


def test_a_credential_of_the_unit(calls, server, secrecy):  # noqa: F811
    """LoadCredential= of a real service manager, which keeps it for the daemon."""
    secrecy.exempt.append(f"/run/user/{calls.user.uid}/credentials")
    account = add(calls, server, "--password-place", "credential")
    assert shown(calls)["state"] == "no-password" and f"LoadCredential=ongoingcall.password.{account}" in shown(calls)["last-error"]
    result = calls.ctl("account", "password", input=PASSWORD + "\n")
    assert result.returncode == 1 and "systemctl --user edit ongoingcalld.service" in result.stderr
    calls.user.install(PASSWORD + "\n", "me.password", mode=0o600)
    calls.user.install(f"[Service]\nLoadCredential=ongoingcall.password.{account}:%h/me.password\n",
                       ".config/systemd/user/ongoingcalld.service.d/password.conf")  # fmt: skip
    calls.user.systemctl("daemon-reload")
    calls.user.systemctl("restart", "ongoingcalld")
    wait_for("the credential", lambda: shown(calls)["state"] == "ready")
    session = call(calls)
    assert session["state"] == "joined"
    # The next daemon has it, too, and so has the next engine.
    daemon = calls.daemon()
    calls.user.run("kill", "-KILL", str(daemon))
    wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))
    mark = len(server.events)
    calls.user.systemctl("kill", "--signal=KILL", session["unit"])
    wait_for("the call to be back", lambda: any(
        event["event"] == "received" and event["first"].startswith("INVITE") and "Authorization" in str(event["fields"])
        for event in server.events[mark:]))  # fmt: skip
    calls.ctl("abort", check=True)
    assert calls.ctl("account", "remove", account).returncode == 0
    os.unlink(calls.user.bed.path(f"{calls.user.home}/me.password"))
    assert PASSWORD not in json.dumps([calls.call("Describe"), calls.events()], default=str)
