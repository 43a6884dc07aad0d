# SPDX-License-Identifier: Apache-2.0
"""Hold, and far ends that refuse it: the session is as before (RFC 3261, 14.1), and the user hears of it at once."""

import time

import pytest
from bare_far_end import BareFarEnd, answer_barely
from sip_engine import states
from succession import hold


def refused(engine, timeout=5):
    error = engine.wait_for_type("error", timeout)
    assert (error["code"], error["request"]) == ("failed", "set-held")
    return error["message"]


def goes_on(engine, far_end, held=False):
    """Sound both ways, and the same state as before."""
    far_end.wait_for_packets(50)
    engine.wait_for_media(50)
    engine.ping()
    said = [m for m in engine.messages if m.get("type") == "state"]
    assert (said[-1]["state"], said[-1]["held"]) == ("joined", held)
    assert "reconnecting" not in states(engine)
    return True


@pytest.mark.parametrize("status", [400, 403, 408, 415, 488, 500, 503, 603])
def test_refused_hold_leaves_the_call_as_it_was(engine, far_end, status):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command(f"respond HOLD={status}x1")
    start = time.monotonic()
    engine.send({"type": "set-held", "held": True})
    assert str(status) in refused(engine)
    assert time.monotonic() - start < 1.5
    far_end.command("reset")
    assert goes_on(engine, far_end)
    assert far_end.stats()["lost"] == 0
    # The far end is asked again when the user wants it again.
    hold(engine)
    far_end.wait_for("held-by-caller")


@pytest.mark.parametrize("status", [488, 500])
def test_refused_return_from_hold_leaves_the_call_held(engine, far_end, status):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    hold(engine)
    far_end.wait_for("held-by-caller")
    far_end.command(f"respond REINVITE={status}x1")
    engine.send({"type": "set-held", "held": False})
    assert str(status) in refused(engine)
    engine.ping()
    said = [m for m in engine.messages if m.get("type") == "state"]
    assert (said[-1]["state"], said[-1]["held"]) == ("joined", True)
    hold(engine, False)
    assert goes_on(engine, far_end)


def test_two_requests_that_cross_are_tried_again_after_a_while(engine, far_end):
    """RFC 3261, 14.1: 2.1 to 4 seconds for the one that has made the Call-ID."""
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command("respond HOLD=491x1")
    engine.send({"type": "set-held", "held": True})
    first = far_end.wait_for("ruled", status=491)["at"]
    again = far_end.wait_for("held-by-caller")["at"]
    assert 2100 - 50 <= again - first <= 4000 + 500
    engine.wait_for_state("joined", held=True)
    assert "error" not in [m["type"] for m in engine.messages]


@pytest.mark.parametrize("turn", range(3))
def test_both_hold_at_the_same_time(engine, far_end, turn):
    """Whoever is first, and whether the requests cross or not: in the end both have what they want."""
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command("hold")
    engine.send({"type": "set-held", "held": True})
    engine.wait_for_state("joined", held=True)
    far_end.wait_for("held")
    engine.send({"type": "set-held", "held": False})
    far_end.command("unhold")
    engine.wait_for_state("joined", held=False)
    far_end.wait_for("running")
    assert goes_on(engine, far_end)


def test_own_offer_that_is_under_way_refuses_that_of_the_far_end(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        engine.send({"type": "set-held", "held": True})
        own = far_end.receive("INVITE")
        far_end.ask(invite, "INVITE", body=far_end.sdp(version=2))
        assert far_end.receive_response("INVITE").status == 491
        far_end.reply(own, 200, "OK", body=far_end.sdp("recvonly", version=2))
        engine.wait_for_state("joined", held=True)


def test_hold_that_nobody_answers_is_told_and_the_call_goes_on(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command("respond HOLD=silencex1")
    engine.send({"type": "set-held", "held": True})
    refused(engine, timeout=40)
    assert goes_on(engine, far_end)


def test_last_wish_counts(engine, far_end):
    """Faster than the far end answers."""
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command("respond REINVITE=normalx1@500")
    for held in (True, False, True, False):
        engine.send({"type": "set-held", "held": held})
    far_end.wait_for("held-by-caller")
    far_end.wait_for("running")
    engine.wait_for_state("joined", held=False)
    assert goes_on(engine, far_end)


def test_hold_of_both_and_back(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command("hold")
    far_end.wait_for("held")
    hold(engine)
    far_end.command("unhold")
    far_end.wait_for("held-by-caller")
    hold(engine, False)
    far_end.wait_for("running")
    assert goes_on(engine, far_end)
