# SPDX-License-Identifier: Apache-2.0
"""Packets that have crashed engines, or made them deaf: nothing comes of them."""

import pytest
from bare_far_end import BareFarEnd, answer_barely
from far_end import FarEnd
from sip_engine import SIPEngine, states
from succession import call_and_kill

TMMBR_WITHOUT_ENTRIES = "83cd00020000123400001234"


def hears(engine, far_end, invite):
    """SIP and sound from there still come through."""
    far_end.ask(invite, "OPTIONS")
    assert far_end.receive_response("OPTIONS").status == 200
    far_end.forget_sound()
    far_end.receive_sound(25)
    assert engine.process.poll() is None
    engine.ping()
    assert states(engine)[-1] == "joined"
    return True


def test_many_messages(engine):
    with BareFarEnd() as far_end, BareFarEnd() as other:
        invite = answer_barely(engine, far_end)
        for number in range(20):
            for sender, status in ((far_end, (405, 501, 415, 403)), (other, (403, 405, 481))):
                sender.request(
                    "MESSAGE", invite.contact, invite.sender, f"message-{number}", 1, f"{sender.contact};tag=m",
                    f"<{invite.contact}>", ["Content-Type: text/plain"], "hello")
                assert sender.receive_response("MESSAGE").status in status
            far_end.ask(invite, "MESSAGE", ["Content-Type: text/plain"], "hello")
            assert far_end.receive_response("MESSAGE").status in (405, 415, 501)
        assert hears(engine, far_end, invite)


@pytest.mark.parametrize(
    "packet",
    [TMMBR_WITHOUT_ENTRIES, "83cd0001" + "00001234", "80c80000", "80c8ffff", "81c80006" + "00" * 24, "9fc90001" + "00" * 4,
     "81ca0001" + "00000001", "81ca0002" + "00000001" + "01ff4141", "81cb0001" + "00000001" + "ff", "80cc0002" + "00" * 8,
     "8fcd0002" + "00" * 8, "81ce0002" + "00" * 8, "8fce0003" + "00" * 12, "a0c80001000000ff", "80cf0001" + "00" * 4,
     "81c90001" + "00000001" + TMMBR_WITHOUT_ENTRIES],
    ids=lambda packet: packet[:16])  # fmt: skip
def test_control_packet(engine, packet):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        host, port = invite.media
        data = bytes.fromhex(packet)
        for sender, where in ((far_end.control, port + 1), (far_end.media, port), (far_end.media, port + 1)):
            sender.sendto(data, (host, where))
        assert hears(engine, far_end, invite)


PART = "--{0}\r\nContent-Type: application/sdp\r\n\r\n{1}\r\n--{0}--\r\n"


@pytest.mark.parametrize(
    "kind, boundary", [('multipart/mixed;boundary="b o/u:n"', "b o/u:n"), ("multipart/mixed; boundary=b", "b"),
                       ('multipart/mixed;x=y;boundary="b";z=1', "b")])  # fmt: skip
def test_answer_that_is_a_part_of_several(engine, kind, boundary):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 200, "OK", extra=[f"Content-Type: {kind}"], body=PART.format(boundary, far_end.sdp()))
        far_end.receive("ACK")
        engine.wait_for_state("joined")
        assert hears(engine, far_end, invite)


@pytest.mark.parametrize(
    "kind, body",
    [('multipart/mixed;boundary="b"', ""), ('multipart/mixed;boundary="b"', "--b--\r\n"), ("multipart/mixed;boundary=", "x"),
     ('multipart/mixed;boundary="b', "--b\r\n\r\n"), ("multipart/mixed", "--\r\n\r\n----"), ("multipart/", "x"),
     ('multipart/mixed;boundary=""', "--\r\n\r\n----"), ("multipart/mixed;boundary=b", "--b\r\n" * 2000),
     ("multipart/mixed;boundary=b", "--b\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n" * 500 + "--b--")])
def test_body_without_a_part(engine, kind, body):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "INVITE", [f"Content-Type: {kind}"], body or " ")
        answer = far_end.receive_response("INVITE")
        assert answer.status in (400, 415, 488)
        far_end.ask(invite, "ACK", sequence=answer.sequence)
        far_end.ask(invite, "INFO", [f"Content-Type: {kind}"], body or " ")
        assert far_end.receive_response("INFO").status in (200, 400, 415)
        assert hears(engine, far_end, invite)


@pytest.mark.parametrize("length", ["9999", "0", "3", "-1", "99999999999999999999", "x", ""])
@pytest.mark.parametrize("method", ["INFO", "MESSAGE"])
def test_wrong_length(engine, length, method):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, method, ["Content-Type: text/plain", f"Content-Length: {length}"], "hello")
        assert hears(engine, far_end, invite)


def test_nul_in_the_reason(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 183, "Session\0Progress")
        far_end.reply(invite, 180, "Ring\0ing", extra=["X-Nul: \0\0"])
        far_end.reply(invite, 200, "OK", body=far_end.sdp())
        far_end.receive("ACK")
        engine.wait_for_state("joined")
        far_end.ask(invite, "INFO", ["Subject: a\0b"])
        assert hears(engine, far_end, invite)


@pytest.mark.parametrize(
    "data",
    [b"", b"\0", b"\r\n\r\n", b"SIP/2.0", b"SIP/2.0 200 OK\r\n\r\n", b"INVITE\r\n\r\n", b"BYE sip: SIP/2.0\r\n\r\n",
     b"OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP\r\n\r\n", b"A" * 65000, b"OPTIONS sip:a SIP/2.0\r\n" + b"Via: x\r\n" * 5000,
     b"\xff" * 2000, b"INVITE sip:a@b SIP/2.0\r\nTo: <" + b"(" * 4000 + b"\r\n\r\n"], ids=lambda data: repr(data[:24]))
def test_datagram(engine, data):
    with BareFarEnd() as far_end, BareFarEnd() as other:
        invite = answer_barely(engine, far_end)
        for sender in (other, far_end):
            sender.send_bytes(data, invite.sender)
        assert hears(engine, far_end, invite)


def test_mute_while_a_successor_gets_ready(tmp_path):
    with FarEnd() as far_end:
        resume = call_and_kill(tmp_path, far_end)
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, resume=resume)
            for number in range(21):
                engine.send({"type": "set-muted", "muted": number % 2 == 0})
            engine.wait_for_state("joined", muted=True)
            engine.wait_for_media(25)
            assert engine.process.poll() is None
