# SPDX-License-Identifier: Apache-2.0
"""Codecs and session descriptions: what is offered, what is agreed, and that sound is of just that."""

import struct

import pytest
import sound
from bare_far_end import BareFarEnd, answer_barely
from far_end import FarEnd
from sip_engine import states


def offered(invite):
    """The names of what is offered, by their numbers."""
    return {line.split()[0].removeprefix("a=rtpmap:"): line.split()[1].lower()
            for line in invite.body.split("\r\n") if line.startswith("a=rtpmap:")}  # fmt: skip


def number_of(invite, name):
    return next(number for number, of in offered(invite).items() if of.startswith(name))


def test_offer_has_what_far_ends_know(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
    names = list(offered(invite).values())
    assert {"opus/48000/2", "g722/8000", "pcmu/8000", "pcma/8000"} <= set(names)
    assert {"telephone-event/8000", "telephone-event/48000"} <= set(names)


@pytest.mark.parametrize(
    "codec, name",
    [("opus", "opus/48000/2"), ("g722", "G722/8000"), ("pcmu", "PCMU/8000"), ("pcma", "PCMA/8000")])
def test_tone_by_each_codec(engine, tmp_path, codec, name):
    tone = sound.write_tone(tmp_path / "tone.wav", hertz=440)
    here, there = tmp_path / "here.wav", tmp_path / "there.wav"
    with FarEnd("--codecs", f"{codec},telephone-event", "--tone", 660, "--record", there) as far_end:
        engine.join(far_end.uri, play_file=tone, record_file=here)
        engine.wait_for_state("joined")
        far_end.wait_for_packets(100)
        assert engine.wait_for_type("media")["codec"] == name
        engine.send({"type": "leave"})
        engine.wait_for_end()
        far_end.wait_for("bye")
    for path, hertz in [(there, 440), (here, 660)]:
        samples, rate = sound.loudest_second(path)
        assert sound.loudness(samples) > 0.1
        assert sound.share_of_tone(samples, rate, hertz) > 0.8, f"{path.name} is not {hertz} Hz"


@pytest.mark.parametrize(
    "options",
    [("--renumber", "opus=111,telephone-event=126"), ("--own-order", "--codecs", "pcma,opus"), ("--multipart",),
     ("--packet-ms", 40, "--codecs", "pcmu")])
def test_answer_of_its_own_kind(engine, options):
    with FarEnd(*options) as far_end:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        far_end.wait_for_packets(50)
        assert engine.wait_for_media(25)["lost"] == 0


@pytest.mark.parametrize("codec", ["18 G729/8000", "111 AMR-WB/16000", "0 L16/44100"])
def test_answer_with_what_was_not_offered_is_none(engine, codec):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 200, "OK", body=far_end.sdp(codecs=[codec]))
        far_end.receive("ACK")
        far_end.reply(far_end.receive("BYE"), 200, "OK")
        assert engine.wait_for_end()["reason"] == "refused"
        assert "joined" not in states(engine)
        with pytest.raises(AssertionError):
            far_end.receive_sound(1, timeout=0.2)


def test_address_of_zeros_is_a_hold(engine):
    """As RFC 2543 had it, and as RFC 3264 says that it is to be understood."""
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.receive_sound(10)
        far_end.ask(invite, "INVITE", body=far_end.sdp(version=2, address="0.0.0.0"))
        answer = far_end.receive_response("INVITE")
        assert answer.status == 200 and answer.direction in ("recvonly", "inactive")
        far_end.ask(invite, "ACK", sequence=answer.sequence)
        engine.ping()
        far_end.forget_sound()
        with pytest.raises(AssertionError):
            far_end.receive_sound(10, timeout=1)
        far_end.ask(invite, "INVITE", body=far_end.sdp(version=3))
        answer = far_end.receive_response("INVITE")
        assert answer.direction == "sendrecv"
        far_end.ask(invite, "ACK", sequence=answer.sequence)
        far_end.receive_sound(10)
        assert states(engine)[-1] == "joined"


def test_control_is_a_port_above_sound_for_who_does_not_read_where(engine):
    """Far ends without RFC 3605 and RFC 5761."""
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        host, port = invite.media
        assert port % 2 == 0
        far_end.control.settimeout(8)
        report, sender = far_end.control.recvfrom(2048)
        assert sender == (host, port + 1)
        assert report[1] in (200, 201)


def report(source, fraction, last=0):
    """A receiver report about that stream."""
    block = struct.pack("!IBBHIIII", source, fraction, 0, 256, 100, 1000, last, 0)
    return struct.pack("!BBHI", 0x81, 201, 7, 1) + block


@pytest.mark.parametrize("codec", ["opus", "pcmu"])
def test_packets_stay_as_long_as_they_are_under_reports_of_loss(engine, codec):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        number = number_of(invite, codec)
        rate = "48000/2" if codec == "opus" else "8000"
        answer = far_end.sdp(codecs=[f"{number} {codec}/{rate}"], lines=["a=ptime:20"])
        far_end.reply(invite, 200, "OK", body=answer)
        far_end.receive("ACK")
        source = struct.unpack_from("!I", far_end.receive_sound()[0], 8)[0]
        stamps = []
        for _ in range(10):
            far_end.control.sendto(report(source, 200), (invite.media[0], invite.media[1] + 1))
            stamps += [struct.unpack_from("!HI", packet, 2) for packet in far_end.receive_sound(10)]
        step = 960 if codec == "opus" else 160
        steps = {(later - earlier) & 0xFFFFFFFF for (_, earlier), (_, later) in zip(stamps, stamps[1:])}
        assert steps == {step}


def test_interval_that_is_too_small_is_asked_for_as_long_as_it_must_be(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 422, "Session Interval Too Small", extra=["Min-SE: 1800"])
        again = far_end.receive("INVITE")
        while again.branch == invite.branch:
            again = far_end.receive("INVITE")
        assert again.fields["min-se"] == "1800"
        assert int(again.fields["session-expires"].split(";")[0]) >= 1800
        assert "timer" in again.fields["supported"]
        assert again.sequence == invite.sequence + 1
        far_end.reply(again, 200, "OK", body=far_end.sdp(), extra=["Session-Expires: 1800;refresher=uas"])
        engine.wait_for_state("joined")


def test_late_offer_is_answered_with_the_ack(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command("reinvite sdp=none")
    assert far_end.wait_for("answer", method="INVITE")["status"] == 200
    far_end.wait_for("running")
    far_end.wait_for_packets(50)
    engine.wait_for_media(25)
