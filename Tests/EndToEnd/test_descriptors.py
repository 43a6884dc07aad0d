# SPDX-License-Identifier: Apache-2.0
"""Descriptors that come along with messages are closed, whatever they are and wherever they were meant to go."""

from pathlib import Path

from booted import wait_for

PASSING = Path(__file__).with_name("passing.py")
CALLS = 400


def descriptors(calls):
    return len(calls.user.bed.run("ls", f"/proc/{calls.daemon()}/fd").stdout.split())


def test_none_is_kept(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    daemon, before = calls.daemon(), descriptors(calls)
    calls.user.install(PASSING.read_bytes(), "passing.py")
    said = calls.user.run("python3", "passing.py", CALLS, timeout=180).stdout
    assert said.startswith(f"{CALLS} "), said
    wait_for("what came to be closed", lambda: descriptors(calls) <= before)
    assert calls.daemon() == daemon and session["State"] == "joined"
    assert calls.live() == [session.id]
    session.call("HangUp")
