# SPDX-License-Identifier: Apache-2.0
"""Somebody else's engine, in another language: a real call of it, through everything that calls go through."""

import json

import echo
import pytest
from booted import wait_for

SILENCE = bytes(5)


@pytest.fixture
def caller(calls):
    echo.install(calls.user)
    with echo.Caller() as caller:
        yield caller


def launch(calls, caller, *options):
    answer = calls.ctl("launch", "--wait", "--json", *options, caller.uri, check=True)
    session = calls.session(json.loads(answer.stdout)["session"]["id"])
    assert session["Engine"] == "echo"
    return session


def process(calls, session):
    return calls.user.unit(session["Unit"], "MainPID")["MainPID"]


def names(session):
    return [event["name"] for event in session.events()]


def test_a_call_from_launch_to_hang_up(bed, calls, caller):
    session = launch(calls, caller, "--title", "Echo")
    engine = process(calls, session)
    for number in range(50):
        assert caller.talk(b"%05d" % number) == b"%05d" % number
    caller.skip(3)
    assert caller.talk() == b"hello"
    wait_for("the engine's counters", lambda: session["Media"] == {"sent": 51, "received": 51, "lost": 3})

    # The daemon is killed, and hears nothing of the packets that come back meanwhile.
    bed.run("kill", "-KILL", str(calls.daemon()))
    for _ in range(50):
        assert caller.talk() == b"hello"
    calls.user.systemctl("restart", "ongoingcalld")
    assert caller.talk() == b"hello"
    assert "State: joined" in calls.ctl("status", check=True).stdout
    assert process(calls, session) == engine and session["Title"] == "Echo"
    wait_for("the engine's counters", lambda: session["Media"] == {"sent": 102, "received": 102, "lost": 3})

    calls.ctl("mute", check=True)
    wait_for("it to be muted", lambda: session["Muted"])
    assert caller.talk() == SILENCE
    calls.ctl("unmute", check=True)
    wait_for("it to be unmuted", lambda: not session["Muted"])
    assert caller.talk() == b"hello"

    refused = calls.ctl("dtmf", "1")
    assert refused.returncode == 1 and "echo" in refused.stderr
    calls.ctl("hangup", check=True)
    assert session.wait_until("ended")["EndReason"] == "hung-up"
    assert names(session) == ["session-launched", "session-joined", "muted-changed", "muted-changed", "session-left"]
    assert caller.talk() is None
    calls.assert_nothing_runs()


def test_an_engine_that_is_killed_is_replaced(calls, caller):
    session = launch(calls, caller, "--muted")
    assert caller.talk() == SILENCE
    wait_for("the engine's counters", lambda: session["Media"].get("received") == 1)
    for times in (1, 2):
        engine = process(calls, session)
        calls.user.systemctl("kill", "--signal", "KILL", session["Unit"])
        wait_for("the call to be taken up", lambda: names(session).count("connection-restored") == times, 20)
        assert process(calls, session) not in (engine, "0")
        assert caller.talk() == SILENCE
    assert names(session) == ["session-launched", "session-joined", *["connection-lost", "connection-restored"] * 2]
    calls.ctl("abort", check=True)
    assert session.wait_until("ended")["EndReason"] == "aborted"


def test_a_call_that_nobody_else_is_in_ends(calls, caller):
    session = launch(calls, caller, "--alone-timeout", "1")
    assert session.wait_until("ended")["EndReason"] == "alone"
    assert names(session)[-1] == "session-timed-out"


def test_an_address_that_cannot_be_is_told(calls, caller):
    failed = calls.ctl("launch", "--wait", "echo:nowhere")
    assert failed.returncode == 2 and "with a UDP port that is free" in failed.stderr + failed.stdout
    other = launch(calls, caller)
    taken = calls.ctl("launch", "--wait", caller.uri)
    assert taken.returncode == 2 and "in use" in taken.stderr + taken.stdout
    assert caller.talk() == b"hello"
    calls.ctl("abort", other.id, check=True)
