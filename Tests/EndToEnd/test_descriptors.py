# SPDX-License-Identifier: Apache-2.0
"""Descriptors that come along with messages are closed, whatever they are and wherever they were meant to go. Where there
is no room for them, the message is refused, and nothing else happens."""

import itertools
from pathlib import Path

import pytest
from booted import wait_for

PASSING = Path(__file__).with_name("passing.py")
CROWDING = Path(__file__).with_name("crowding.py")
CALLS = 400


def descriptors(calls):
    """How many the daemon has, but for its spare ones, of which some are lent at times."""
    lines = calls.user.bed.run("ls", "-l", f"/proc/{calls.daemon()}/fd").stdout.splitlines()
    return len([line for line in lines if " -> " in line and not line.endswith("/dev/null")])


def test_none_is_kept(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    calls.user.install(PASSING.read_bytes(), "passing.py")

    def pass_some(number):
        said = calls.user.run("python3", "passing.py", number, timeout=180).stdout
        assert said.startswith(f"{number} "), said

    # What the call needs of the daemon is open after these.
    pass_some(100)
    daemon, before = calls.daemon(), descriptors(calls)
    pass_some(CALLS)
    wait_for("what came to be closed", lambda: descriptors(calls) <= before)
    assert calls.daemon() == daemon and session["State"] == "joined"
    assert calls.live() == [session.id]
    session.call("HangUp")


@pytest.fixture
def session(calls):
    """A call that is there before and after, and a daemon that is the same."""
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    daemon = calls.daemon()
    calls.user.install(CROWDING.read_bytes(), "crowding.py")
    yield session
    assert calls.daemon() == daemon and session["State"] == "joined"
    assert calls.live() == [session.id]
    session.call("HangUp")


def limit(calls, descriptors):
    calls.user.run("prlimit", f"--pid={calls.daemon()}", f"--nofile={descriptors}:")


def crowd(calls, *arguments):
    return calls.user.run("python3", "crowding.py", calls.daemon(), *arguments, timeout=60).stdout.split()


def test_a_call_whose_descriptor_does_not_fit_is_refused(calls, session):
    other = calls.launch(command=["/bin/sleep", "1000"])
    other.wait_until("joined")
    used = set(map(int, calls.user.bed.run("ls", f"/proc/{calls.daemon()}/fd").stdout.split()))
    limit(calls, next(number for number in itertools.count() if number not in used))
    assert crowd(calls, 3, 1, 0, 3) == ["3", "LimitReached"]
    # Who calls is found out by one, where the bus gives it.
    other.call("Abort")
    other.wait_until("ended")
    limit(calls, 1024)
    assert crowd(calls, 3, 1, 0, 3) == ["3", "InvalidOption"]


def test_calls_whose_descriptors_do_not_fit_together_are_refused(calls, session):
    limit(calls, 100)
    assert crowd(calls, 10, 16, 0, 10) == ["10", "InvalidOption", "LimitReached"]


def test_a_header_too_large_to_say_how_many_there_are(calls, session):
    """Such calls are not even answered."""
    limit(calls, 100)
    assert crowd(calls, 10, 16, 60_000, 0) == ["0"]
