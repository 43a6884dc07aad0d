# SPDX-License-Identifier: Apache-2.0
"""What the two sides of a call do in it: mute, digits, hold, silence."""

import signal

import pytest
import sound
from bare_far_end import BareFarEnd, answer_barely
from far_end import FarEnd
from sip_engine import states


# In the call


def test_muted_microphone_sends_silence(engine, tmp_path):
    tone = sound.write_tone(tmp_path / "tone.wav")
    record = tmp_path / "record.wav"
    with FarEnd("--record", record) as far_end:
        engine.join(far_end.uri, play_file=tone)
        engine.wait_for_state("joined")
        far_end.wait_for_packets(75)
        for muted in (True, False):
            engine.send({"type": "set-muted", "muted": muted})
            engine.wait_for(lambda m: m.get("state") == "joined" and m["muted"] is muted, what=f"muted {muted}")
            far_end.wait_for_packets(75)
        engine.send({"type": "leave"})
        engine.wait_for_end()
        far_end.wait_for("bye")
    # The tone has half a second of silence at its end; the muted part is longer.
    course = "".join("#" if level > 0.1 else "." if level < 0.01 else "?" for level in sound.loudness_by_time(record))
    silent = max((part for part in course.replace("?", "#").split("#")), key=len)
    assert len(silent) >= 9, course
    before, after = course.split(silent, 1)
    assert "#####" in before and "#####" in after, course


def test_call_joined_muted_is_silent_from_the_start(engine, tmp_path):
    tone = sound.write_tone(tmp_path / "tone.wav")
    record = tmp_path / "record.wav"
    with FarEnd("--record", record) as far_end:
        engine.join(far_end.uri, muted=True, play_file=tone)
        assert engine.wait_for_state("connecting")["muted"] is True
        assert engine.wait_for_state("joined")["muted"] is True
        far_end.wait_for_packets(75)
        engine.send({"type": "leave"})
        engine.wait_for_end()
        far_end.wait_for("bye")
    assert max(sound.loudness_by_time(record)) < 0.01


def test_digits_arrive_in_order(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.wait_for_packets(25)
    engine.send({"type": "send-dtmf", "digits": "159"})
    engine.send({"type": "send-dtmf", "digits": "#*D"})
    assert [far_end.wait_for("dtmf")["digit"] for _ in range(6)] == list("159#*D")


def test_digits_that_are_said_to_be_sent_are(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.send({"type": "send-dtmf", "digits": "159"})
    engine.wait_for(lambda m: m == {"type": "digits", "taken": 3, "sent": 3}, what="the end of the digits")
    engine.send({"type": "leave"})
    engine.wait_for_end()
    far_end.wait_for("bye")
    assert [m["digit"] for m in far_end.reader.seen if m["event"] == "dtmf"] == list("159")


def test_end_of_a_call_ends_its_digit(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.wait_for_packets(25)
    before = len(far_end.stats()["payloads"])
    engine.send({"type": "send-dtmf", "digits": "1"})
    while len(far_end.stats()["payloads"]) == before:
        pass
    engine.send({"type": "leave"})
    engine.wait_for_end()
    far_end.wait_for("bye")
    assert [m["digit"] for m in far_end.reader.seen if m["event"] == "dtmf"] == ["1"]
    assert far_end.violations() == []


def test_digits_that_no_longer_fit(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.send({"type": "send-dtmf", "digits": "1" * 60})
    engine.send({"type": "send-dtmf", "digits": "2" * 20})
    error = engine.wait_for_type("error")
    assert (error["code"], error["request"]) == ("failed", "send-dtmf") and "64 can wait" in error["message"]
    engine.send({"type": "leave"})
    engine.wait_for_end()


@pytest.mark.parametrize("digits", ["", "12x", "1" * 65, "1\n2"])
def test_digits_that_are_none(engine, far_end, digits):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.send({"type": "send-dtmf", "digits": digits})
    error = engine.wait_for_type("error")
    assert (error["code"], error["request"]) == ("invalid", "send-dtmf")


def test_hold_and_unhold(engine, far_end):
    engine.join(far_end.uri)
    assert engine.wait_for_state("joined")["held"] is False
    for _ in range(2):
        engine.send({"type": "set-held", "held": True})
        engine.wait_for_state("joined", held=True)
        far_end.wait_for("held-by-caller")
        engine.send({"type": "set-held", "held": False})
        engine.wait_for_state("joined", held=False)
        far_end.wait_for("running")
    engine.wait_for_media(50)


def test_far_end_that_is_held_may_be_silent(engine, far_end):
    """A held far end sends nothing, for longer than one that is gone may."""
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.send({"type": "set-held", "held": True})
    engine.wait_for_state("joined", held=True)
    for _ in range(7):
        engine.wait_for_type("media")
    engine.send({"type": "set-held", "held": False})
    engine.wait_for_state("joined", held=False)
    engine.wait_for_media(25)
    assert states(engine)[-1] == "joined"


def test_what_is_received_is_counted_where_nothing_is_sent(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end, "sendonly")
        for number in range(200):
            far_end.send_sound(invite, 1, first=number)
            engine.reader.pump(0.02)
        received = [m["received"] for m in engine.messages if m["type"] == "media"][-3:]
        assert received == sorted(set(received)) and received[0] > 0, received


def test_far_end_that_falls_silent_is_a_lost_connection(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.wait_for_media(25)
    far_end.process.send_signal(signal.SIGSTOP)
    try:
        assert engine.wait_for_state("reconnecting", timeout=20)["cause"] == "network"
    finally:
        far_end.process.send_signal(signal.SIGCONT)
    engine.wait_for_state("joined")


def test_device_that_is_away_is_told_until_another_one_is_chosen(engine, far_end, tmp_path):
    engine.join(far_end.uri, speaker="no-such-speaker", microphone="no-such-microphone")
    engine.wait_for_state("joined")
    engine.wait_for(lambda m: m.get("fallback") == ["microphone", "speaker"], what="both devices away")
    engine.send({"type": "set-audio", "speaker": ""})
    engine.wait_for(lambda m: m.get("fallback") == ["microphone"], what="the microphone away")
    # Asked for again, it is as far away as before.
    engine.send({"type": "set-audio", "microphone": "no-such-microphone", "speaker": ""})
    engine.ping()
    for _ in range(2):
        assert engine.wait_for_type("media").get("fallback") == ["microphone"]
    said = (tmp_path / "engine.log").read_text().splitlines()
    assert "<4>ongoingcall-sip: the speaker “no-such-speaker” is not connected" in said, said
