# SPDX-License-Identifier: Apache-2.0
"""Returning to a call: to its application, by its command, to its terminal; and what is told where that fails."""

import json

import pytest
from booted import wait_for
from calls import BusError
from notifications import Desktop
from names import message_ids

SLEEP = ["/bin/sleep", "1000"]
# Writes down what it was given, in one step.
WITNESS = """#!/usr/bin/python3
import json, os, sys
name = os.path.expanduser("~/witness")
with open(name + ".new", "w") as file:
    json.dump({"arguments": sys.argv, "environment": dict(os.environ), "unit": open("/proc/self/cgroup").read()}, file)
os.rename(name + ".new", name)
"""


@pytest.fixture
def desktop(calls):
    with Desktop(calls.user) as desktop:
        yield desktop


def launch(calls, *options):
    answer = calls.ctl("launch", "--json", *options, "--", *SLEEP, check=True)
    return calls.session(json.loads(answer.stdout)["session"]["id"])


def install_witness(calls, name):
    calls.user.install(WITNESS, f".local/bin/{name}", mode=0o755)
    calls.user.systemctl("set-environment", f"PATH={calls.user.home}/.local/bin:/usr/bin:/bin")
    return f"{calls.user.home}/.local/bin/{name}"


def witness(calls):
    file = calls.user.bed.path(f"{calls.user.home}/witness")
    seen = json.loads(wait_for("what was started to have written it down",
                               lambda: file.exists() and file.read_text()))  # fmt: skip
    file.unlink()
    return seen


def journal(calls, session, kind):
    message_id = message_ids()[kind]
    return [e for e in calls.journal_of(session.id) if e.get("MESSAGE_ID") == message_id]


def requests(session):
    return [e["details"] for e in session.events() if e["name"] == "return-requested"]


def test_a_tap_activates_the_application_with_the_token(calls, desktop):
    session = launch(calls, "--return-dbus", "org.example.Phone", "--title", "Stand-up")
    notification = desktop.wait("notify", summary="Stand-up", body="Since")
    assert f"return.{session.id}" in notification["actions"]
    desktop.press(notification, "default", token="token-7")
    activated = desktop.wait("activate")
    assert activated["data"] == {"activation-token": "token-7", "desktop-startup-id": "token-7"}
    assert requests(session) == [{"activation-token": "token-7"}]
    entry = wait_for("the journal to tell the way", lambda: journal(calls, session, "returned"))[0]
    assert entry["ONGOINGCALL_RETURN"] == "dbus"
    calls.ctl("abort", check=True)


def test_the_control_tool_does_what_the_tap_does(calls, desktop):
    launch(calls, "--return-dbus", "org.example.Phone/org/example/Phone")
    answer = calls.ctl("return", "--json", env={"XDG_ACTIVATION_TOKEN": "token-8"}, check=True)
    assert json.loads(answer.stdout)["way"] == "dbus"
    assert desktop.wait("activate")["data"]["activation-token"] == "token-8"
    calls.ctl("abort", check=True)


def test_a_command_is_run_by_the_manager_and_outlives_the_daemon(calls, desktop):
    program = install_witness(calls, "show-call")
    calls.user.systemctl("set-environment", "WAYLAND_DISPLAY=wayland-7")
    session = launch(calls, "--return-command", f"{program} 'two words' '$HOME %n'", "--application-id",
                     "org.example.Phone-ui")  # fmt: skip
    desktop.press(desktop.wait("notify", body="Since"), f"return.{session.id}", token="token-9")
    seen = witness(calls)
    assert seen["arguments"] == [program, "two words", "$HOME %n"]
    environment = seen["environment"]
    assert environment["XDG_ACTIVATION_TOKEN"] == environment["DESKTOP_STARTUP_ID"] == "token-9"
    assert environment["ONGOINGCALL_SESSION"] == session.id
    assert environment["WAYLAND_DISPLAY"] == "wayland-7"
    assert f"/app.slice/app-org.example.Phone\\x2dui@{session.id}." in seen["unit"]
    calls.ctl("abort", check=True)


def test_what_a_command_leaves_behind_stays(calls):
    calls.user.install("#!/bin/sh\nsleep 4321 &\n", "hand-over", mode=0o755)
    session = launch(calls, "--return-command", f"{calls.user.home}/hand-over")
    assert session.call("Return", "@a{sv} {}") == ("command",)
    left = lambda: calls.user.run("pgrep", "-f", "sleep 4321", check=False).stdout.split()  # noqa: E731
    (process,) = wait_for("what it leaves behind", left)
    calls.user.systemctl("kill", "--signal", "KILL", "ongoingcalld")
    wait_for("the daemon to be back", lambda: calls.ctl("status").returncode == 0)
    assert left() == [process]
    calls.ctl("abort", check=True)
    # No stray of an engine's, which the daemon would have stopped.
    assert left() == [process]
    calls.user.run("kill", process)


def test_a_terminal_is_opened_for_a_program_that_has_one(calls, desktop):
    session = launch(calls, "--terminal")
    notification = desktop.wait("notify", body="Since")
    calls.user.systemctl("set-environment", "DISPLAY=:0")
    for name, before, desktop_name in (("x-terminal-emulator", ["-e"], "KDE"), ("konsole", ["-e"], "KDE"),
                                       ("xfce4-terminal", ["--disable-server", "-x"], "XFCE"),
                                       ("xdg-terminal-exec", [], "XFCE")):  # fmt: skip
        # Each comes before those that were there: the desktop's own, and the one that knows.
        calls.user.systemctl("set-environment", f"XDG_CURRENT_DESKTOP={desktop_name}")
        program = install_witness(calls, name)
        desktop.press(notification, "default", token=name)
        seen = witness(calls)["arguments"]
        assert seen == [program, *before, "/usr/local/bin/ongoingcallctl", "attach", session.id]
    calls.user.run("rm", f"{calls.user.home}/.local/bin/xdg-terminal-exec")
    program = install_witness(calls, "my-terminal")
    calls.user.systemctl("unset-environment", "DISPLAY")
    calls.user.systemctl("set-environment", "TERMINAL=my-terminal")
    assert session.call("Return", "@a{sv} {}") == ("terminal",)
    assert witness(calls)["arguments"][:2] == [program, "-e"]
    calls.ctl("abort", check=True)


def test_without_a_screen_it_is_told_how_to_attach(calls):
    session = launch(calls, "--terminal")
    install_witness(calls, "x-terminal-emulator")
    failed = calls.ctl("return")
    assert failed.returncode == 1 and failed.stdout == ""
    assert f"you have no graphical session; in a terminal, run: ongoingcallctl attach {session.id}" in failed.stderr
    calls.ctl("abort", check=True)


# A terminal that shows what runs in it to the test, for as long as it runs.
TERMINAL = """#!/usr/bin/python3
import os, pty, sys
name = os.path.expanduser("~/terminal")
with open(name, "ab", buffering=0) as file:
    file.write(b"opened\\n")
    def read(source):
        data = os.read(source, 4096)
        file.write(data)
        return data
    pty.spawn(sys.argv[1:], read, lambda source: os.read(source, 4096))
"""


def test_a_tap_on_a_call_to_an_address_opens_one_terminal_and_brings_it_forward(calls, desktop, far_end, melody):
    calls.user.install(TERMINAL, ".local/bin/xdg-terminal-exec", mode=0o755)
    calls.user.systemctl("set-environment", f"PATH={calls.user.home}/.local/bin:/usr/bin:/bin")
    session = calls.launch(uri=far_end.address, title="Stand-up", engine_settings={"play-file": melody})
    notification = desktop.wait("notify", summary="Stand-up", body="Since")
    file = calls.user.bed.path(f"{calls.user.home}/terminal")

    def shown():
        return file.read_text() if file.exists() else ""

    desktop.press(notification, "default")
    wait_for("a terminal that shows the call", lambda: "joined" in shown())
    # Some servers tell of one press several times.
    for token in ("token-2", "", "", "", ""):
        desktop.press(notification, "default", token=token)
    wait_for("it to be told to come forward", lambda: shown().count("\x1b[5t") >= 1)
    wait_for("the second event", lambda: len(requests(session)) == 2)
    calls.user.systemctl("kill", "--signal", "KILL", "ongoingcalld")
    # Whichever daemon has opened it.
    assert session.call("Return", "@a{sv} {}") == ("terminal",)
    assert shown().count("opened") == 1 and len(requests(session)) == 3
    calls.ctl("abort", check=True)
    wait_for("the terminal to close", lambda: not calls.user.run("pgrep", "-f", "xdg-terminal-exec", check=False).stdout)


def test_what_fails_is_told_and_the_call_goes_on(calls, desktop):
    calls.user.install("#!/bin/sh\nexit 7\n", "broken", mode=0o755)
    session = launch(calls, "--return-command", f"{calls.user.home}/broken", "--title", "Stand-up")
    desktop.press(desktop.wait("notify", body="Since"), "default")
    told = desktop.wait("notify", summary="Cannot return to the call")
    assert told["body"] == "Stand-up\n“broken” failed at once (exit-code, status 7)"
    assert told["hints"]["transient"] is True and told["expires"] == -1 and told["hints"]["urgency"] == 1
    entry = wait_for("the journal to tell", lambda: journal(calls, session, "returnFailed"))[0]
    assert entry["ONGOINGCALL_RETURN"] == "command"
    assert entry["USER_UNIT"].startswith(f"app-org.ongoingcall.OngoingCall@{session.id}.")
    assert session["State"] == "joined"
    # It is not left behind as a failed unit.
    assert calls.user.systemctl("list-units", "--failed", "--no-legend").stdout.strip() == ""
    calls.ctl("abort", check=True)


def test_an_application_that_is_not_there_is_followed_by_the_command(calls, desktop):
    program = install_witness(calls, "show-call")
    session = launch(calls, "--return-dbus", "org.example.Nobody", "--return-command", program)
    assert session.call("Return", "{'desktop-startup-id': <'x-1'>}") == ("command",)
    assert witness(calls)["environment"]["XDG_ACTIVATION_TOKEN"] == "x-1"
    assert [e["ONGOINGCALL_RETURN"] for e in journal(calls, session, "returnFailed")] == ["dbus"]
    calls.user.run("rm", program)
    failed = calls.ctl("return")
    assert failed.returncode == 1
    assert "org.example.Nobody was not activated" in failed.stderr and "“show-call”" in failed.stderr
    calls.ctl("abort", check=True)


def test_with_nothing_to_return_to_the_event_tells(calls):
    session = launch(calls)
    answer = calls.ctl("return", check=True)
    assert answer.stdout == f"{session.id} has nothing to return to; sent the event return-requested\n"
    assert requests(session) == [{}]
    calls.ctl("abort", check=True)
    ended = calls.ctl("return", session.id)
    assert ended.returncode == 1 and "has ended" in ended.stderr


@pytest.mark.parametrize("option", [
    "'return-dbus': <('no name', objectpath '/x')>", "'return-dbus': <'org.example.Phone'>",
    "'return-command': <['/nonexistent']>", "'return-command': <@as []>",
])  # fmt: skip
def test_what_cannot_be_a_target_is_refused(calls, option):
    with pytest.raises(BusError) as refused:
        calls.call("Launch", "{'command': <['/bin/sleep', '1000']>, %s}" % option)
    assert refused.value.kind == "InvalidOption" and "option “return-" in refused.value.message
    assert calls.live() == []
