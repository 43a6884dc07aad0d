# SPDX-License-Identifier: Apache-2.0
"""Others than the far end: they cannot take a call, end it, be heard in it, or learn anything of it."""

import struct

import pytest
import sound
from bare_far_end import BareFarEnd, answer_barely
from far_end import FarEnd
from sip_engine import states

OTHER = "127.0.0.2"
"""A second address of this machine: from there, somebody else speaks who has read the call's ids."""
OUTSIDE = ["INVITE", "OPTIONS", "SUBSCRIBE", "NOTIFY", "MESSAGE", "REFER", "BYE", "CANCEL", "REGISTER", "INFO",
           "UPDATE", "PUBLISH", "PRACK", "FROB"]  # fmt: skip


def is_untroubled(engine, far_end):
    far_end.wait_for_packets(25)
    engine.wait_for_media(25)
    assert [s for s in states(engine) if s not in ("connecting", "ringing")] == ["joined"]
    return True


@pytest.fixture
def call(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    return far_end


def test_call_cannot_be_replaced_by_a_stranger(engine, call):
    call.command("stranger INVITE replaces=yes sdp=yes")
    got = call.wait_for("stranger")
    assert (got["status"], got["heard"]) == (403, 0)
    assert is_untroubled(engine, call)
    call.stats()
    assert "bye" not in call.events()


def test_not_even_the_far_end_may_replace_the_call_unasked(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        replaces = f"Replaces: {invite.fields['call-id']};to-tag={invite.tag('from')};from-tag=far-tag"
        far_end.request(
            "INVITE", invite.contact, invite.sender, "second-call", 1, f"{far_end.contact};tag=new-tag",
            f"<{invite.contact}>", extra=[replaces, "Require: replaces"], body=far_end.sdp())
        assert far_end.receive_response("INVITE").status == 403
        far_end.forget_sound()
        far_end.receive_sound(25)
        assert states(engine)[-1] == "joined"


@pytest.mark.parametrize("method", OUTSIDE)
def test_stranger_gets_nothing(engine, call, method):
    call.command(f"stranger {method} sdp={'yes' if method == 'INVITE' else 'no'} wait=300")
    got = call.wait_for("stranger")
    assert got["status"] in (0, 403, 481), got
    assert got["heard"] == 0
    assert is_untroubled(engine, call)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "BYE", "NOTIFY", "REFER", "OPTIONS", "INFO", "MESSAGE"])
def test_who_has_read_the_ids_is_not_therefore_in_the_call(engine, method):
    with BareFarEnd() as far_end, BareFarEnd(OTHER) as intruder:
        invite = answer_barely(engine, far_end)
        body = intruder.sdp(version=9) if method in ("INVITE", "UPDATE") else ""
        intruder.ask(invite, method, body=body, sequence=900)
        assert intruder.receive_response(method).status in (403, 481)
        far_end.forget_sound()
        far_end.receive_sound(25)
        # Nor does its number count: the next one of the far end is as good as ever.
        far_end.ask(invite, "OPTIONS", sequence=5)
        assert far_end.receive_response("OPTIONS").status == 200
        assert states(engine)[-1] == "joined"


# Media


def test_sound_of_strangers_is_neither_counted_nor_heard(engine, tmp_path):
    record = tmp_path / "record.wav"
    with FarEnd("--codecs", "pcmu") as far_end:
        engine.join(far_end.uri, record_file=record)
        engine.wait_for_state("joined")
        far_end.wait_for_packets(25)
        far_end.command("mode nothing")
        before = engine.wait_for_type("media")
        before = engine.wait_for_type("media")
        far_end.command("stranger rtp 100 payload=0")
        assert far_end.wait_for("stranger-sent")["packets"] == 100
        after = [engine.wait_for_type("media") for _ in range(2)][-1]
        assert after["received"] == before["received"]
        engine.send({"type": "leave"})
        engine.wait_for_end()
    # What they send is at the end of the scale: as loud as can be.
    assert max(sound.loudness_by_time(record), default=0) < 0.01


def test_sound_of_strangers_is_no_sign_of_life(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.wait_for_media(25)
    far_end.command("mode nothing")
    far_end.command("rtcp off")
    far_end.command("stranger rtp 500")
    far_end.wait_for("asked", timeout=9)


def test_far_end_that_names_another_of_its_addresses_is_heard_and_nobody_else(engine):
    """As baresip does, which names that of the default route for a call on loopback."""
    with BareFarEnd() as far_end, BareFarEnd(OTHER) as stranger:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 200, "OK", body=far_end.sdp(address="127.0.0.3"))
        far_end.receive("ACK")
        engine.wait_for_state("joined")
        for number in range(200):
            stranger.send_sound(invite, 1, source=2, first=number)
            engine.reader.pump(0.02)
        assert engine.wait_for_type("media")["received"] == 0
        far_end.send_sound(invite, 50)
        engine.wait_for(lambda m: m.get("received", 0) == 50, what="the far end's sound")
        stranger.send_sound(invite, 50, source=2, first=300)
        assert [engine.wait_for_type("media") for _ in range(2)][-1]["received"] == 50


def test_only_where_the_far_end_is_now_counts(engine):
    with BareFarEnd() as far_end, BareFarEnd() as other:
        invite = answer_barely(engine, far_end)
        far_end.send_sound(invite, 50)
        engine.wait_for(lambda m: m.get("received", 0) >= 50, what="sound")
        # A checked change: the far end itself moves its sound.
        moved = far_end.sdp(version=2, port=other.media.getsockname()[1])
        far_end.ask(invite, "INVITE", body=moved)
        answer = far_end.receive_response("INVITE")
        far_end.ask(invite, "ACK", sequence=answer.sequence)
        other.receive_sound(25)
        other.send_sound(answer, 50, first=50)
        moved_count = engine.wait_for(lambda m: m.get("received", 0) >= 100, what="sound")["received"]
        far_end.send_sound(answer, 50, first=200)
        assert [engine.wait_for_type("media") for _ in range(2)][-1]["received"] == moved_count


def test_control_packets_of_strangers_say_nothing(engine):
    with BareFarEnd() as far_end, BareFarEnd() as other:
        invite = answer_barely(engine, far_end)
        engine.wait_for_type("media")
        host, port = invite.media
        source = far_end.receive_sound()[0][8:12]
        report = b"\x81\xc9\x00\x07" + b"\0\0\0\1" + source + b"\xff\0\0\xff" + b"\0" * 16
        goodbye = b"\x81\xcb\x00\x01" + b"\0\0\0\1"
        for _ in range(20):
            other.control.sendto(report + goodbye, (host, port + 1))
            other.media.sendto(report + goodbye, (host, port))
        far_end.forget_sound()
        packets = far_end.receive_sound(50)
        assert {len(packet) for packet in packets} == {172}, "what is sent is as before"
        assert "round-trip-ms" not in [engine.wait_for_type("media") for _ in range(2)][-1]


def test_packets_with_another_payload_type_or_of_another_kind_are_nothing(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        other_type = struct.pack("!BBHII", 0x80, 77, 1, 160, 1) + b"x" * 160
        for packet in (b"", b"\x80", b"\x00" * 20, b"\xff" * 20, other_type,
                       b"\x9f\x00" + b"\xff" * 10, b"\xbf\x80" + b"\xff" * 200):
            far_end.media.sendto(packet, invite.media)
            far_end.control.sendto(packet, (invite.media[0], invite.media[1] + 1))
        far_end.forget_sound()
        far_end.receive_sound(25)
        assert [engine.wait_for_type("media") for _ in range(2)][-1]["received"] == 0
