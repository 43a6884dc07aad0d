# SPDX-License-Identifier: Apache-2.0
"""After the user has hung up: they are told at once, and the engine goes on until the far end knows, or cannot."""

import time

import pytest
from bare_far_end import BareFarEnd, answer_barely
from far_end import FarEnd
from sip_engine import LEFT_IN, SIPEngine
from succession import kill, last_resume, wait_for_calls

T = 0.5
"""Seconds; T1 of RFC 3261."""
GIVEN_UP = 64 * T


def leave(engine):
    """Returns the `ended` that says that the far end does not know yet."""
    start = time.monotonic()
    engine.send({"type": "leave"})
    ended = engine.wait_for_state("ended", timeout=LEFT_IN)
    assert ended["reason"] == "hung-up"
    assert time.monotonic() - start < LEFT_IN
    return ended


def wait_for_the_last_word(engine, timeout=5):
    """`ended` without `resume`, and the exit."""
    last = engine.wait_for(lambda m: m.get("state") == "ended" and "resume" not in m, timeout, "the last `ended`")
    assert last["reason"] == "hung-up"
    assert engine.wait_for_exit(3) == 0


def test_far_end_that_was_not_heard_yet_is_cancelled_when_it_is(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        assert "resume" in leave(engine)
        # Nothing may be cancelled before there is a first word of it (RFC 3261, 9.1).
        again = [far_end.receive("INVITE", timeout=5) for _ in range(2)]
        assert {m.branch for m in again} == {invite.branch}
        far_end.reply(again[-1], 180, "Ringing")
        cancel = far_end.receive("CANCEL")
        assert (cancel.branch, cancel.sequence, cancel.uri) == (invite.branch, invite.sequence, invite.uri)
        far_end.reply(cancel, 200, "OK")
        far_end.reply(invite, 487, "Request Terminated")
        assert far_end.receive("ACK").branch == invite.branch
        wait_for_the_last_word(engine)


@pytest.mark.parametrize("when", ["unheard", "cancelled"])
def test_late_answer_is_confirmed_and_ended(engine, when):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        if when == "cancelled":
            far_end.reply(invite, 180, "Ringing")
            engine.wait_for_state("ringing")
        assert "resume" in leave(engine)
        if when == "cancelled":
            far_end.reply(far_end.receive("CANCEL"), 200, "OK")
        far_end.reply(invite, 200, "OK", body=far_end.sdp())
        ack = far_end.receive("ACK")
        assert (ack.sequence, ack.tag("to")) == (invite.sequence, "far-tag")
        bye = far_end.receive("BYE")
        assert (bye.tag("to"), bye.sequence) == ("far-tag", invite.sequence + 1)
        with pytest.raises(AssertionError):
            far_end.receive_sound(1, timeout=0.3)
        far_end.reply(bye, 200, "OK")
        wait_for_the_last_word(engine)


def test_every_late_answer_of_a_fork_is_confirmed_and_ended(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 180, "Ringing", tag="one")
        engine.wait_for_state("ringing")
        leave(engine)
        far_end.reply(far_end.receive("CANCEL"), 200, "OK", tag="one")
        for tag in ("one", "two", "three"):
            far_end.reply(invite, 200, "OK", tag=tag, body=far_end.sdp())
            assert far_end.receive("ACK").tag("to") == tag
        byes = {}
        while len(byes) < 3:
            bye = far_end.receive("BYE")
            byes[bye.tag("to")] = bye
            far_end.reply(bye, 200, "OK")
        assert sorted(byes) == ["one", "three", "two"]


def test_answer_again_because_its_ack_was_lost_is_confirmed_again(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        for _ in range(3):
            far_end.reply(invite, 200, "OK", body=far_end.sdp())
            assert far_end.receive("ACK").sequence == invite.sequence
        engine.wait_for_state("joined")
        leave(engine)
        far_end.reply(invite, 200, "OK", body=far_end.sdp())
        assert far_end.receive("ACK").tag("to") == "far-tag"
        far_end.reply(far_end.receive("BYE"), 200, "OK")
        wait_for_the_last_word(engine)


def test_three_byes_that_are_lost_are_followed_by_another(engine):
    with FarEnd("--drop", "BYE=3") as far_end:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        assert "resume" in leave(engine)
        for _ in range(3):
            far_end.wait_for("dropped")
        far_end.wait_for("bye", by="caller")
        wait_for_the_last_word(engine)


def test_bye_that_nobody_confirms_is_repeated_for_as_long_as_it_may_be(engine):
    with BareFarEnd() as far_end:
        answer_barely(engine, far_end)
        start = time.monotonic()
        assert "resume" in leave(engine)
        times = []
        for _ in range(11):
            bye = far_end.receive("BYE", timeout=6)
            times.append(time.monotonic() - start)
        assert times[-1] > GIVEN_UP - 8
        assert bye.sequence
        assert engine.process.poll() is None
        wait_for_the_last_word(engine, timeout=12)
        assert GIVEN_UP - 1 < time.monotonic() - start < 40


def test_far_end_that_never_says_anything_is_given_up_after_a_while(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        far_end.receive("INVITE")
        start = time.monotonic()
        leave(engine)
        wait_for_the_last_word(engine, timeout=40)
        assert GIVEN_UP - 2 < time.monotonic() - start < 40


def test_cancel_that_the_far_end_does_not_heed_is_followed_by_bye(engine):
    with FarEnd("--ring-only", "--answer-after-cancel", 500) as far_end:
        engine.join(far_end.uri)
        engine.wait_for_state("ringing")
        leave(engine)
        far_end.wait_for("cancel-ignored")
        far_end.wait_for("answered")
        far_end.wait_for("bye", by="caller")
        wait_for_the_last_word(engine)
        wait_for_calls(far_end, 0)


def test_two_byes_that_cross(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        leave(engine)
        bye = far_end.receive("BYE")
        far_end.ask(invite, "BYE")
        assert far_end.receive_response("BYE").status == 200
        far_end.reply(bye, 481, "Call Does Not Exist")
        wait_for_the_last_word(engine)


# The engine dies meanwhile


def test_successor_says_the_goodbye_that_is_not_said(tmp_path):
    with FarEnd() as far_end:
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri)
            engine.wait_for_state("joined")
            far_end.command("ignore")
            assert "resume" in leave(engine)
            resume = kill(engine)
        far_end.command("heed")
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, resume=resume)
            assert engine.wait_for_state("ended")["reason"] == "hung-up"
            wait_for_calls(far_end, 0)
            wait_for_the_last_word(engine)
        assert far_end.events().count("bye") == 1


def test_successor_cancels_what_still_rings(tmp_path):
    with BareFarEnd() as far_end:
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri)
            invite = far_end.receive("INVITE")
            far_end.reply(invite, 180, "Ringing")
            engine.wait_for_state("ringing")
            leave(engine)
            far_end.receive("CANCEL")
            resume = kill(engine)
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, resume=resume)
            assert engine.wait_for_state("ended")["reason"] == "hung-up"
            cancel = far_end.receive("CANCEL")
            assert (cancel.branch, cancel.sequence) == (invite.branch, invite.sequence)
            far_end.reply(cancel, 200, "OK")
            far_end.reply(invite, 487, "Request Terminated")
            far_end.receive("ACK")
            wait_for_the_last_word(engine)
            assert last_resume(engine)
