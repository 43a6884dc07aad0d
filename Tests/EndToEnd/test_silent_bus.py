# SPDX-License-Identifier: Apache-2.0
"""ongoingcallctl on a bus that hangs: it keeps its time, and blames nobody else."""

import contextlib
import json
import time

import pytest
from buses import on_both_buses
from frozen import stopped_journal

pytestmark = [on_both_buses, pytest.mark.alone]

TIMED_OUT = 75


@contextlib.contextmanager
def stopped_bus(user):
    processes = user.bed.run("pgrep", "-u", user.uid, "-f", "dbus-daemon|dbus-broker").stdout.split()
    user.bed.run("kill", "-STOP", *processes)
    try:
        yield
    finally:
        user.bed.run("kill", "-CONT", *processes)


def timed(calls, *arguments):
    start = time.monotonic()
    result = calls.ctl(*arguments, "--timeout", "3")
    return result, time.monotonic() - start


@pytest.mark.parametrize("verb", ["hangup", "abort", "status", "watch", "mute"])
def test_the_time_is_kept_and_the_bus_is_blamed(calls, verb):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    with stopped_bus(calls.user):
        result, seconds = timed(calls, verb, session.id)
        error = json.loads(calls.ctl(verb, session.id, "--timeout", "1", "--json").stderr)["error"]
    assert result.returncode == TIMED_OUT
    assert result.stderr.startswith("ongoingcallctl: the session bus did not answer within 3 s\n")
    assert "to end calls without it: systemctl --user stop 'app-ongoingcall-*'" in result.stderr
    assert 2.5 < seconds < 5
    assert error["name"] == "bus-timed-out" and error["exit-status"] == TIMED_OUT
    assert session["State"] == "joined"


def test_calls_are_ended_without_the_bus(calls):
    """As the error says."""
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    with stopped_bus(calls.user):
        result, _ = timed(calls, "hangup", session.id)
        calls.user.run("sh", "-c", result.stderr.split("without it: ")[1])
        assert calls.user.unit(f"app-ongoingcall-command@{session.id}.service", "ActiveState")["ActiveState"] == "inactive"
    calls.assert_nothing_runs()


def test_one_time_for_all_calls_that_do_not_end(calls):
    for _ in range(4):
        calls.launch(command=["/bin/sh", "-c", "trap '' TERM HUP; while :; do sleep 1; done"]).wait_until("joined")
    result, seconds = timed(calls, "hangup", "--all")
    assert result.returncode == TIMED_OUT and "ongoingcalld did not answer HangUp within 3 s" in result.stderr
    assert seconds < 5
    # All of them were told.
    calls.assert_nothing_runs()


def test_the_time_is_kept_while_the_journal_stands_still(calls):
    """A bus that has the daemon started waits for the journal itself; so does the user's service manager."""
    for _ in range(3):
        session = calls.launch(command=["/bin/sleep", "1000"])
        session.wait_until("joined")
        with stopped_journal(calls.user.bed):
            calls.user.bed.run("kill", "-KILL", str(calls.daemon()))
            result, seconds = timed(calls, "hangup", session.id)
        print(f"{seconds:.1f} s: {result.returncode} {result.stderr}")
        assert seconds < 6
        blamed = "your systemd user manager did not answer" in result.stderr
        assert result.returncode in (0, TIMED_OUT) or blamed
        assert "there is no session bus" not in result.stderr
        calls.ctl("abort", "--all", check=True)
