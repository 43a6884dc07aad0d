# SPDX-License-Identifier: Apache-2.0
"""What the two sides of a call do in it: mute, digits, hold, silence, and a far end's new process."""

import signal
import struct
import time

import pytest
import sound
from far_end import BareFarEnd, FarEnd
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
        assert engine.wait_for_state("joined")["held"] is True
        far_end.wait_for("held-by-caller")
        engine.send({"type": "set-held", "held": False})
        assert engine.wait_for_state("joined")["held"] is False
        far_end.wait_for("running")
    engine.wait_for_media(50)


def test_hold_that_the_far_end_refuses_is_an_error(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        far_end.reply(far_end.receive("INVITE"), 200, "OK", body=far_end.sdp())
        engine.wait_for_state("joined")
        engine.send({"type": "set-held", "held": True})
        far_end.reply(far_end.receive("INVITE"), 488, "Not Acceptable Here")
        error = engine.wait_for_type("error")
        assert (error["code"], error["request"]) == ("failed", "set-held")
        engine.ping()
        assert states(engine)[-1] == "joined"


def test_far_end_that_holds_the_call_leaves_us_alone(engine, far_end):
    engine.join(far_end.uri)
    assert "alone" not in engine.wait_for_state("joined")
    far_end.command("hold")
    far_end.wait_for("held")
    assert engine.wait_for_state("joined")["alone"] is True
    far_end.command("unhold")
    far_end.wait_for("running")
    assert "alone" not in engine.wait_for_state("joined")
    engine.wait_for_media(50)
    assert states(engine) == ["connecting", "ringing", "joined", "joined", "joined"]


def test_far_end_that_is_held_does_not_leave_us_alone(engine, far_end):
    """A held far end sends nothing, for longer than one that is gone may."""
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.send({"type": "set-held", "held": True})
    assert engine.wait_for_state("joined")["held"] is True
    for _ in range(7):
        engine.wait_for_type("media")
    engine.send({"type": "set-held", "held": False})
    assert engine.wait_for_state("joined")["held"] is False
    engine.wait_for_media(25)
    assert not [m for m in engine.messages if m.get("alone")]


def test_far_end_that_sends_nothing_leaves_us_alone(engine):
    with BareFarEnd() as far_end:
        answer_barely(engine, far_end)
        start = time.monotonic()
        assert engine.wait_for(lambda m: m.get("alone"), timeout=8, what="alone")["state"] == "joined"
        assert 4.5 < time.monotonic() - start < 7


def test_far_end_that_only_listens_does_not_leave_us_alone(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        far_end.reply(far_end.receive("INVITE"), 200, "OK", body=far_end.sdp("recvonly"))
        engine.wait_for_state("joined")
        sent = [engine.wait_for_type("media")["sent"] for _ in range(8)]
        assert sent == sorted(set(sent)), "the counter of what is sent must grow from message to message"
        assert not [m for m in engine.messages if m.get("alone")]


def test_what_is_received_is_counted_where_nothing_is_sent(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 200, "OK", body=far_end.sdp("sendonly"))
        assert engine.wait_for(lambda m: m.get("alone"), what="alone")["state"] == "joined"
        line = next(line for line in invite.body.split("\r\n") if line.startswith("m=audio"))
        for number in range(200):
            packet = struct.pack("!BBHII", 0x80, 0, number, number * 160, 1) + b"\xff" * 160
            far_end.media.sendto(packet, ("127.0.0.1", int(line.split()[1])))
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


# The far end's new process


def answer_barely(engine, far_end):
    """A call to a bare far end, answered; returns the INVITE."""
    engine.join(far_end.uri)
    invite = far_end.receive("INVITE")
    far_end.reply(invite, 200, "OK", body=far_end.sdp())
    far_end.receive("ACK")
    engine.wait_for_state("joined")
    return invite


def test_far_end_may_replace_the_call_with_one_of_its_new_process(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        contact = invite.fields["contact"].partition("<")[2].partition(">")[0]
        replaces = f"Replaces: {invite.fields['call-id']};to-tag={invite.tag('from')};from-tag=far-tag"
        far_end.request(
            "INVITE", contact, invite.sender, "second-call", 1, f"{far_end.contact};tag=new-tag",
            f"<{contact}>", extra=[replaces, "Require: replaces"], body=far_end.sdp())
        answer = far_end.receive("INVITE", status=200)
        far_end.request(
            "ACK", contact, invite.sender, "second-call", 1, f"{far_end.contact};tag=new-tag",
            answer.fields["to"])
        bye = far_end.receive("BYE")
        assert bye.fields["call-id"] == invite.fields["call-id"]
        far_end.reply(bye, 200, "OK")
        renewed = engine.wait_for_state("joined")
        assert "resume" not in renewed
        engine.send({"type": "leave"})
        bye = far_end.receive("BYE")
        assert bye.fields["call-id"] == "second-call"
        far_end.reply(bye, 200, "OK")
        assert engine.wait_for_end()["reason"] == "hung-up"


def test_nobody_can_call_an_engine(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        contact = invite.fields["contact"].partition("<")[2].partition(">")[0]
        far_end.request(
            "INVITE", contact, invite.sender, "another-call", 1, f"{far_end.contact};tag=new-tag",
            f"<{contact}>", body=far_end.sdp())
        far_end.receive("INVITE", status=486)
        engine.ping()
        assert states(engine)[-1] == "joined"
