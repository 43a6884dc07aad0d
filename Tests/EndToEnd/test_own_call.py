# SPDX-License-Identifier: Apache-2.0
"""A process that is its own call, adopted by the library's launch, outlives its terminal."""

from beds import PROGRAMS_INSIDE
from booted import wait_for

EXAMPLE = f"{PROGRAMS_INSIDE}/OwnCall"


def said(calls, process):
    """What it said since its terminal was gone: it goes to the journal."""
    entries = calls.user.journal.entries("SYSLOG_IDENTIFIER=OwnCall", f"_PID={process}")
    return [entry["MESSAGE"] for entry in entries if entry["MESSAGE"].startswith("on")]


def process_of(calls):
    return calls.user.run("pgrep", "-x", "OwnCall").stdout.strip()


def standard_files(calls, process):
    return {calls.user.run("readlink", f"/proc/{process}/fd/{number}").stdout.strip() for number in range(3)}


def assert_hung_up_gracefully(calls, session, process):
    calls.ctl("hangup", session.id, check=True)
    wait_for("the process to have left", lambda: calls.user.run("pgrep", "-x", "OwnCall", check=False).stdout == "")
    heard = wait_for("its last words", lambda: (lines := said(calls, process)) and "onSessionLeft" in lines[-1] and lines)
    assert heard[0].startswith("onHangUpRequested 5.0 s") and heard[1].startswith("onSessionLeft "), heard
    assert len(heard) == 2
    assert session.properties()["State"] == "ended"


def test_it_outlives_the_window_of_its_terminal(calls):
    terminal = calls.user.login()
    terminal.send(EXAMPLE)
    terminal.read_until("^onSessionJoined$")
    (identifier,) = calls.live()
    session, process = calls.session(identifier), process_of(calls)
    assert session["Adopted"] and session["Title"] == "Own Call"
    assert standard_files(calls, process) == {f"/dev/{terminal.tty}"}
    # The process in the foreground keeps the shell from ending, and with it the login.
    calls.user.bed.run("loginctl", "terminate-session", terminal.session)
    terminal.close()
    wait_for("the login to be gone", lambda: not terminal.is_logged_in)
    wait_for("it to leave its terminal", lambda: not any("pts" in file for file in standard_files(calls, process)))
    assert session["State"] == "joined"
    assert_hung_up_gracefully(calls, session, process)


def test_a_hangup_signal_does_not_end_it(calls):
    with calls.user.login() as terminal:
        terminal.send(EXAMPLE + " &")
        terminal.read_until("^onSessionJoined$")
        (identifier,) = calls.live()
        session, process = calls.session(identifier), process_of(calls)
        calls.user.run("kill", "-HUP", process)
        wait_for("it to leave its terminal", lambda: not any("pts" in file for file in standard_files(calls, process)))
        assert session["State"] == "joined"
        assert_hung_up_gracefully(calls, session, process)


def test_what_is_released_lives_on_without_its_call(calls):
    with calls.user.login() as terminal:
        terminal.send(EXAMPLE)
        terminal.read_until("^onSessionJoined$")
        (identifier,) = calls.live()
        calls.ctl("abort", identifier, check=True)
        terminal.read_until("^onSessionLeft aborted$")
        assert terminal.run("true")[0] == 0, "it has ended by itself"
