# SPDX-License-Identifier: Apache-2.0
"""A far end that is silent, or that holds the call, is still there; one that is gone is asked first."""

import signal

import pytest
import sound
from bare_far_end import BareFarEnd, answer_barely
from far_end import FarEnd
from sip_engine import states

LONGEST_SILENCE = 8
"""Seconds after which a far end that could be gone is asked."""


def is_untroubled(engine):
    """The call was joined once, and nothing that anybody could take for its end was said since."""
    engine.ping()
    assert [s for s in states(engine) if s not in ("connecting", "ringing")] == ["joined"]
    assert not [m for m in engine.messages if m.get("alone")], "a far end that is there leaves nobody alone"
    return True


@pytest.mark.parametrize("way", ["hold", "hold inactive", "hold zero", "hold by=UPDATE"])
def test_far_end_that_holds_the_call_is_there(engine, far_end, way):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command(way)
    far_end.wait_for("held")
    for _ in range(5):
        engine.wait_for_type("media", timeout=3)
    far_end.command("unhold" + (" by=UPDATE" if "UPDATE" in way else ""))
    far_end.wait_for("running")
    engine.wait_for_media(50)
    assert is_untroubled(engine)


def test_music_of_a_far_end_that_holds_the_call_is_heard(engine, tmp_path):
    record = tmp_path / "music.wav"
    with FarEnd("--tone", 440) as far_end:
        engine.join(far_end.uri, record_file=record)
        engine.wait_for_state("joined")
        far_end.command("hold")
        far_end.wait_for("held")
        before = engine.wait_for_type("media")
        engine.wait_for(
            lambda m: m.get("type") == "media" and m["received"] > before["received"] + 400, timeout=15, what="music")
        assert is_untroubled(engine)
        assert engine.messages[-1].get("sending", False) is False
        engine.send({"type": "leave"})
        engine.wait_for_end()
    samples, rate = sound.loudest_second(record)
    assert sound.share_of_tone(samples, rate, 440) > 0.9
    assert len(sound.read(record)[0]) / rate > 5


def test_far_end_that_falls_silent_is_asked_and_is_there(engine, far_end):
    """Voice activity detection, and no RTCP."""
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.wait_for_media(25)
    far_end.command("mode nothing")
    far_end.command("rtcp off")
    far_end.wait_for("asked", method="OPTIONS", timeout=20)
    assert is_untroubled(engine)
    # Then by an offer that changes nothing, which only somebody can accept who has the call.
    far_end.wait_for("running", timeout=20)
    assert is_untroubled(engine)
    far_end.command("mode sound")
    engine.wait_for_media(50)
    assert is_untroubled(engine)


def test_comfort_noise_now_and_then_is_enough(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.wait_for_media(25)
    far_end.command("rtcp off")
    far_end.command("mode comfort")
    for _ in range(20):
        engine.wait_for_type("media", timeout=3)
    assert is_untroubled(engine)


def test_far_end_that_only_listens_after_early_media_is_there(engine):
    """Paging: it announces something, and from the answer on it listens."""
    options = ("--early-media", 183, "--answer-after", 1000, "--early-direction", "sendrecv", "--direction", "recvonly")
    with FarEnd(*options) as far_end:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        far_end.command("rtcp off")
        sent = [engine.wait_for_type("media", timeout=3)["sent"] for _ in range(15)]
        assert sent == sorted(set(sent)), "the counter of what is sent must grow from message to message"
        assert is_untroubled(engine)
        far_end.wait_for_packets(50)


def test_far_end_that_answers_without_having_the_call(engine, far_end):
    """Many answer OPTIONS whatever dialog it is in."""
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.wait_for_media(25)
    far_end.command("respond REINVITE=481")
    far_end.command("rtcp off")
    far_end.command("mode nothing")
    far_end.wait_for("asked", method="OPTIONS", timeout=20)
    assert engine.wait_for_state("ended", timeout=20)["reason"] == "removed"


def test_far_end_that_says_that_the_call_is_none_has_ended_it(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command("respond OPTIONS=481")
    far_end.command("rtcp off")
    far_end.command("mode nothing")
    assert engine.wait_for_end(timeout=15)["reason"] == "removed"


@pytest.mark.parametrize("status", [405, 501, 500, 486])
def test_any_other_answer_to_the_question_is_one(engine, far_end, status):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command(f"respond OPTIONS={status}")
    far_end.command("rtcp off")
    far_end.command("mode nothing")
    far_end.wait_for("ruled", method="OPTIONS", timeout=LONGEST_SILENCE + 4)
    for _ in range(8):
        engine.wait_for_type("media", timeout=3)
    assert is_untroubled(engine)


def test_far_end_that_is_gone_is_asked_before_it_is_called_lost(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        question = far_end.receive("OPTIONS", timeout=LONGEST_SILENCE)
        assert (question.fields["call-id"], question.tag("to")) == (invite.fields["call-id"], "far-tag")
        assert question.sequence > invite.sequence
        lost = engine.wait_for_state("reconnecting", timeout=LONGEST_SILENCE)
        assert lost["cause"] == "network"
        again = far_end.receive("INVITE", timeout=15)
        far_end.reply(again, 200, "OK", body=far_end.sdp())
        engine.wait_for_state("joined")


def test_far_end_whose_process_stands_still_is_lost_and_comes_back(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.wait_for_media(25)
    far_end.process.send_signal(signal.SIGSTOP)
    try:
        assert engine.wait_for_state("reconnecting", timeout=20)["cause"] == "network"
    finally:
        far_end.process.send_signal(signal.SIGCONT)
    engine.wait_for_state("joined", timeout=15)
    engine.wait_for_media(50)
    assert states(engine)[-1] == "joined"
