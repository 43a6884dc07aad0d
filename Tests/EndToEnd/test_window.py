# SPDX-License-Identifier: Apache-2.0
"""The window of calls: what it shows, what its buttons do, and that no call depends on it."""

import pytest
from booted import wait_for
from calls import UNIT
from callwindow import PROGRAM, CallWindow
from farend import FarEnd
from notifications import Desktop


@pytest.fixture
def window(calls):
    with CallWindow(calls.user) as window:
        yield window


def call(calls, far_end, melody, **options):
    session = calls.launch(**{"uri": far_end.address, "title": "Stand-up", "engine_settings": {"play-file": melody},
                              **options})  # fmt: skip
    session.wait_until("joined")
    return session


def test_its_buttons_do_what_they_say(calls, window, far_end, melody):
    session = call(calls, far_end, melody)
    window.open()
    window.see("Stand-up")
    window.see(far_end.address.removeprefix("sip:"))
    window.see("0:0")
    window.press("Mute")
    wait_for("the call to be muted", lambda: session["Muted"])
    window.see("Muted · 0:")
    window.press("Unmute")
    wait_for("the call to be heard again", lambda: not session["Muted"])
    window.press("Hold")
    far_end.wait("held-by-caller")
    window.see("On hold · ")
    window.press("Resume")
    window.see("Hold")
    window.see("Good")
    window.see("Not encrypted")
    window.screenshot("window")
    window.press("Hang up")
    far_end.wait("bye")
    assert session.wait_until("ended")["EndReason"] == "hung-up"
    window.see("It lasted 0:")
    assert "Hang up" not in window.buttons()
    assert far_end.violations() == []


def test_it_fits_on_a_phone(calls, window, far_end, melody):
    session = call(calls, far_end, melody)
    window.open(ADW_DEBUG_COLOR_SCHEME="prefer-dark")
    window.see("Stand-up")
    assert "Back to the calls" not in window.buttons()
    window.resize(360, 640)
    window.see("Back to the calls")
    window.focus("Stand-up", role="list item")
    window.key("Return")
    window.focus("Mute")
    wait_for(f"all of it to be in sight, not {window.places()}",
             lambda: (x := window.places().get("Hang up")) and x[0] >= 0 and x[0] + x[2] <= 360
             and all(x + width <= 360 for x, _, width, _ in window.places().values()))  # fmt: skip
    window.see("Good")
    window.screenshot("window-narrow")
    window.key("Return")
    wait_for("the call to be muted", lambda: session["Muted"])
    window.key("Escape")
    window.focus("Stand-up", role="list item")
    calls.ctl("abort", check=True)


def test_digits_are_sent_by_its_keys_and_the_keyboard(calls, window, far_end, melody):
    call(calls, far_end, melody)
    window.open()
    window.press("Keypad")
    window.press("5")
    heard = lambda: "".join(event["digit"] for event in far_end.events if event["event"] == "dtmf")  # noqa: E731
    wait_for("the digit to be heard", lambda: heard() == "5")
    window.key("asterisk", "1")
    window.see("5*1")
    wait_for("the digits to be heard", lambda: heard() == "5*1")
    calls.ctl("abort", check=True)
    # The next call's page does not show them again: they may have been secret.
    call(calls, far_end, melody, title="Another one")
    window.see("Another one")
    window.press("Keypad")
    window.press("7")
    wait_for("the digit to be heard", lambda: heard() == "5*17")
    assert not any("5*1" in text for text in window.texts())
    calls.ctl("abort", check=True)
    assert far_end.violations() == []


def test_enter_never_hangs_up(calls, window, far_end, melody):
    session = call(calls, far_end, melody)
    window.open()
    window.focus("Hang up")
    window.key("Return", "KP_Enter")
    # What was pressed later has been done.
    window.focus("Mute")
    window.key("Return")
    wait_for("the call to be muted", lambda: session["Muted"])
    assert session["State"] == "joined"
    window.focus("Hang up")
    window.key("space")
    far_end.wait("bye")


def test_killed_it_costs_the_call_nothing(calls, window, far_end, melody):
    session = call(calls, far_end, melody)
    window.open(session.id)
    window.see("Stand-up")
    far_end.reset()
    calls.user.run("pkill", "-KILL", "-f", PROGRAM)
    wait_for("it to be gone", lambda: not window.processes())
    heard = far_end.hear(100)
    assert heard["lost"] == 0 and session["State"] == "joined"
    window.open("--call", session.id[:4])
    window.see(far_end.address.removeprefix("sip:"))
    window.press("Hang up")
    far_end.wait("bye")


def test_it_finds_a_daemon_that_was_killed_and_one_that_was_stopped(calls, window, far_end, melody):
    session = call(calls, far_end, melody)
    window.open()
    window.see("Stand-up")
    calls.user.systemctl("kill", "--signal", "KILL", UNIT)
    window.press("Mute")
    wait_for("the call to be muted", lambda: session["Muted"])
    window.see("Muted · 0:")
    # It also hears of what others do.
    calls.ctl("unmute", check=True)
    window.see_no("Muted")
    calls.user.systemctl("stop", UNIT)
    window.see_no("Hang up")
    # It has started none.
    assert calls.user.unit(UNIT, "ActiveState")["ActiveState"] == "inactive"
    call(calls, far_end, melody, title="Another one")
    window.see("Another one")
    calls.ctl("abort", check=True)


@pytest.mark.alone
def test_a_tap_opens_it_and_the_next_tap_brings_it_forward(calls, window, far_end, melody):
    with Desktop(calls.user) as desktop:
        session = call(calls, far_end, melody)
        notification = desktop.wait("notify", summary="Stand-up", body="Since")
        desktop.press(notification, "default", token="token-1")
        window.see("Hang up")
        (process,) = wait_for("it to be alone", lambda: len(now := window.processes()) == 1 and now)
        cgroup = calls.user.run("cat", f"/proc/{process}/cgroup").stdout
        assert f"/app.slice/app-org.ongoingcall.OngoingCall@{session.id}." in cgroup
        # Out of sight.
        other = calls.launch(command=["/bin/sleep", "1000"], title="Nap")
        window.see("Nap")
        window.focus("Nap", role="list item")
        window.key("Return")
        window.see("/bin/sleep 1000")
        desktop.press(notification, "default", token="token-2")
        window.see(far_end.address.removeprefix("sip:"))
        wait_for("the one that was started for it to be gone", lambda: window.processes() == [process])
        assert window.windows() == 1
        assert calls.ctl_json("return", session.id)["way"] == "window"
        assert {entry["ONGOINGCALL_RETURN"] for entry in calls.journal_of(session.id)
                if "ONGOINGCALL_RETURN" in entry} == {"window"}  # fmt: skip
        other.call("Abort")
        calls.ctl("abort", check=True)


def test_a_call_is_placed_by_its_address_and_a_wrong_one_places_none(calls, window, far_end):
    window.open()
    window.see("Call someone")
    # The entry has the focus.
    window.type("sip:@:x")
    window.key("Return")
    window.see("The address has no host")
    window.key("ctrl+a")
    window.type("bob")
    window.key("Return")
    # In the words of the daemon.
    window.see("account")
    assert calls.live() == []
    window.key("ctrl+a")
    window.type(far_end.address)
    window.press("Call")
    far_end.wait("incoming")
    window.see("Hang up")
    window.see_no("account")
    (session,) = calls.live()
    calls.session(session).wait_until("joined")
    window.see("0:0")
    calls.ctl("abort", check=True)


def test_a_call_that_rings_says_so(calls, window):
    with FarEnd("--ring-only") as far_end:
        calls.launch(uri=far_end.address)
        window.open()
        window.see("Ringing…")
        window.press("Hang up")
        far_end.wait("cancelled")
        window.see("Call ended")


def test_a_program_shows_its_command_and_its_terminal(calls, window):
    calls.user.install("#!/bin/sh\necho \"$@\" >~/opened\n", ".local/bin/xdg-terminal-exec", mode=0o755)
    calls.user.systemctl("set-environment", f"PATH={calls.user.home}/.local/bin:/usr/bin:/bin")
    session = calls.launch(command=["/bin/sleep", "1000"], terminal=True, title="Nap")
    session.wait_until("joined")
    window.open()
    window.see("/bin/sleep 1000")
    window.see(str(session["Program"]["pid"]))
    assert {"Mute", "Hold", "Keypad"}.isdisjoint(window.buttons())
    window.press("Open terminal")
    file = calls.user.bed.path(f"{calls.user.home}/opened")
    wait_for("a terminal", lambda: file.exists() and f"attach {session.id}" in file.read_text())
    window.press("Hang up")
    session.wait_until("ended")


@pytest.mark.parametrize("button", ["Transfer", "Decline"])
def test_a_far_end_that_asks_for_a_transfer_is_answered(calls, window, far_end, melody, button):
    with FarEnd() as third:
        session = call(calls, far_end, melody)
        window.open(session.id)
        far_end.tell(f"refer {third.address}")
        window.see(f"The other side asks you to call {third.address} instead.")
        window.press(button)
        if button == "Transfer":
            third.wait("incoming")
        else:
            window.see_no("The other side asks")
            assert session["State"] == "joined" and third.find("incoming") is None
        calls.ctl("abort", "--all", check=True)


def test_what_the_command_line_says(calls):
    run = lambda *arguments: calls.user.run(PROGRAM, *arguments, check=False)  # noqa: E731
    assert run("--version").stdout.startswith("ongoingcall-window 0.")
    assert run("--help").stdout.startswith("Usage: ongoingcall-window")
    wrong = run("--cal")
    assert wrong.returncode == 64 and "unknown option “--cal”" in wrong.stderr
    assert run().returncode == 1
