# SPDX-License-Identifier: Apache-2.0
"""A far end that does not let itself be put on hold, or be taken back: the user hears of it at once, and the call goes on."""

import json
import time

import pytest
from booted import wait_for
from farend import FarEnd

AT_ONCE = 5
"""Seconds; a client waits for an engine for 10."""


@pytest.fixture
def stubborn():
    with FarEnd("--respond", "REINVITE=488") as far_end:
        yield far_end


def refused(calls, verb, session):
    """What the tool says."""
    began = time.monotonic()
    result = calls.ctl(verb, session.id)
    assert result.returncode == 1, result
    assert time.monotonic() - began < AT_ONCE
    return result.stderr


def events(session, name):
    return [event for event in session.events() if event["name"] == name]


def test_a_call_that_rings_cannot_be_put_on_hold(calls):
    with FarEnd("--ring-only") as far_end:
        session = calls.launch(uri=far_end.address)
        far_end.wait("ringing")
        assert "is not joined yet; hold it once it is" in refused(calls, "hold", session)
        calls.ctl("hangup", session.id, check=True)


@pytest.mark.alone
def test_a_hold_that_is_refused_is_told_at_once(calls, stubborn, melody):
    session = calls.launch(uri=stubborn.address, engine_settings={"play-file": melody})
    session.wait_until("joined")
    stubborn.hear(packets=50)
    stubborn.reset()
    said = refused(calls, "hold", session)
    assert f"the call {session.id} is not on hold: the far end refused to be put on hold: 488" in said
    (event,) = events(session, "hold-refused")
    assert event["details"]["detail"].startswith("the far end refused to be put on hold: 488")
    assert not session["OnHold"] and session["State"] == "joined"
    heard = stubborn.hear(packets=50)
    assert heard["lost"] == 0 and heard["longest-gap-ms"] <= 100, heard

    # It is what that time was asked for; another time is another.
    stubborn.tell("respond none")
    assert json.loads(calls.ctl("hold", session.id, "--json", check=True).stdout)["session"]["on-hold"]
    stubborn.tell("respond REINVITE=488")
    said = refused(calls, "resume", session)
    assert f"the call {session.id} is still on hold: the far end refused to be resumed: 488" in said
    assert session["OnHold"]

    # Neither the next daemon nor the next engine tries again.
    stubborn.tell("respond none")
    calls.user.systemctl("restart", "ongoingcalld")
    calls.user.systemctl("kill", "--signal", "KILL", session["Unit"])
    wait_for("another engine", lambda: events(session, "connection-restored"))
    stubborn.hear(packets=50)
    assert session["OnHold"] and len(events(session, "hold-refused")) == 2
    assert calls.said("hold-refused (the far end refused to be put on hold: 488")
    calls.ctl("resume", session.id, check=True)
    assert not session["OnHold"]
    calls.ctl("abort", session.id, check=True)
    assert stubborn.wait("bye")["by"] == "caller"
    assert stubborn.violations() == []
