# SPDX-License-Identifier: Apache-2.0
"""The SIP engine, against real far ends on 127.0.0.1."""

import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import time

import pytest
import sound
from far_end import BareFarEnd, FarEnd
from sip_engine import SIPEngine, states

LEFT_IN = 1.0


@pytest.fixture
def engine(tmp_path):
    with SIPEngine(tmp_path) as engine:
        yield engine


@pytest.fixture
def far_end():
    with FarEnd() as far_end:
        yield far_end


# The course of a call


def test_call_rings_is_joined_and_is_left_with_bye(engine, tmp_path):
    with FarEnd("--answer-after", 300) as far_end:
        engine.join(far_end.uri)
        assert engine.wait_for_state("connecting")["muted"] is False
        engine.wait_for_state("ringing")
        joined = engine.wait_for_state("joined")
        assert joined["resume"]
        far_end.wait_for("running", tapped=True)
        engine.send({"type": "leave"})
        left_at = time.monotonic()
        bye = far_end.wait_for("bye", timeout=LEFT_IN)
        assert bye["by"] == "caller"
        assert engine.wait_for_end()["reason"] == "hung-up"
        assert time.monotonic() - left_at < LEFT_IN
        assert states(engine) == ["connecting", "ringing", "joined", "ended"]


def test_media_flows_both_ways_without_loss(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    counters = engine.wait_for_media(100)
    assert counters["lost"] == 0
    reading = far_end.wait_for_packets(100)
    assert reading["lost"] == 0
    assert reading["duplicates"] == 0
    assert reading["streams"] == 1
    assert reading["longest-gap-ms"] < 100
    assert reading["kernel-times"]


def test_media_counters_come_once_a_second(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.wait_for_type("media")
    start = time.monotonic()
    for _ in range(3):
        engine.wait_for_type("media", timeout=2)
    assert 2.5 < time.monotonic() - start < 3.5


def test_round_trip_is_known_after_some_rtcp(engine, far_end):
    engine.join(far_end.uri)
    known = engine.wait_for(lambda m: "round-trip-ms" in m, timeout=20, what="round trip")
    assert known["round-trip-ms"] < 200


def test_tone_arrives_as_the_same_tone_in_both_directions(engine, tmp_path):
    low = sound.write_tone(tmp_path / "440.wav", hertz=440)
    high = sound.write_tone(tmp_path / "660.wav", hertz=660)
    here, there = tmp_path / "here.wav", tmp_path / "there.wav"
    with FarEnd("--play", high, "--record", there) as far_end:
        engine.join(far_end.uri, play_file=low, record_file=here)
        engine.wait_for_state("joined")
        far_end.wait_for_packets(150)
        engine.send({"type": "leave"})
        engine.wait_for_end()
        far_end.wait_for("bye")
    for path, hertz in [(there, 440), (here, 660)]:
        samples, rate = sound.loudest_second(path)
        assert sound.loudness(samples) > 0.1
        assert sound.share_of_tone(samples, rate, hertz) > 0.9, f"{path.name} is not {hertz} Hz"


def test_far_end_hangs_up(engine):
    with FarEnd("--hang-up-after", 300) as far_end:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        assert engine.wait_for_end()["reason"] == "removed"
        far_end.wait_for("bye", by="far-end")


def test_call_to_sipp(engine, tmp_path):
    """Another implementation: plain RTP, PCMU only, media echoed."""
    if not shutil.which("sipp"):
        pytest.skip("sipp (package sip-tester) is not installed")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        media = probe.getsockname()[1] & ~1
    sipp = subprocess.Popen(
        ["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-mp", str(media), "-rtp_echo", "-m", "1",
         "-nostdin", "-timeout", "30"],
        cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        tone = sound.write_tone(tmp_path / "tone.wav")
        echo = tmp_path / "echo.wav"
        engine.join(f"sip:service@127.0.0.1:{port}", play_file=tone, record_file=echo)
        engine.wait_for_state("ringing")
        engine.wait_for_state("joined")
        engine.wait_for_media(100)
        engine.send({"type": "leave"})
        assert engine.wait_for_end()["reason"] == "hung-up"
        assert sipp.wait(10) == 0
        samples, rate = sound.loudest_second(echo)
        assert sound.share_of_tone(samples, rate, 440) > 0.9
    finally:
        if sipp.poll() is None:
            sipp.kill()
            sipp.wait(5)


# Refusals


@pytest.mark.parametrize(
    "status, reason, detail",
    [
        (486, "busy", "486 Busy here"),
        (600, "busy", "600"),
        (603, "declined", "603"),
        (404, "not-found", "404"),
        (410, "not-found", "410"),
        (403, "not-permitted", "403"),
        (480, "refused", "480"),
        (488, "refused", "488"),
        (503, "unreachable", "503"),
    ])
def test_refusal_is_told_by_its_reason(engine, status, reason, detail):
    with FarEnd("--reject", status) as far_end:
        engine.join(far_end.uri)
        ended = engine.wait_for_end()
        assert ended["reason"] == reason
        assert ended["detail"].startswith(detail)
        far_end.wait_for("rejected")


@pytest.mark.parametrize(
    "status, reason", [(604, "not-found"), (408, "unreachable"), (500, "refused"), (503, "unreachable")])
def test_bare_refusal(engine, status, reason):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        far_end.reply(far_end.receive("INVITE"), status, "As It Is")
        ended = engine.wait_for_end()
        assert (ended["reason"], ended["detail"]) == (reason, f"{status} As It Is")


@pytest.mark.parametrize("status, field", [(401, "WWW-Authenticate"), (407, "Proxy-Authenticate")])
def test_far_end_that_wants_a_password(engine, status, field):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        challenge = f'{field}: Digest realm="secret club", nonce="abc", algorithm=MD5'
        far_end.reply(far_end.receive("INVITE"), status, "Password", extra=[challenge])
        ended = engine.wait_for_end()
        assert ended["reason"] == "not-permitted"
        assert "secret club" in ended["detail"]


def test_closed_port_is_unreachable(engine):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    engine.join(f"sip:nobody@127.0.0.1:{port}")
    assert engine.wait_for_end(timeout=6)["reason"] == "unreachable"


def test_refused_tcp_connection_is_unreachable(engine):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    engine.join(f"sip:nobody@127.0.0.1:{port}", transport="tcp")
    assert engine.wait_for_end(timeout=10)["reason"] == "unreachable"


@pytest.mark.parametrize("uri", ["sip:nobody@198.51.100.1", "sip:nobody@no-such-host.invalid"])
def test_machine_without_a_network_reaches_nobody(tmp_path, uri):
    if os.geteuid() != 0:
        pytest.skip("an empty network namespace needs root")
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
    with SIPEngine(tmp_path, prefix=alone) as engine:
        engine.join(uri)
        assert engine.wait_for_end(timeout=15)["reason"] == "unreachable"


def test_leaving_while_it_rings_sends_cancel(engine):
    with FarEnd("--ring-only") as far_end:
        engine.join(far_end.uri)
        engine.wait_for_state("ringing")
        engine.send({"type": "leave"})
        far_end.wait_for("cancelled", timeout=LEFT_IN, by="caller")
        assert engine.wait_for_end(timeout=LEFT_IN)["reason"] == "hung-up"


def test_leaving_a_far_end_that_says_nothing_takes_two_seconds(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        far_end.receive("INVITE")
        start = time.monotonic()
        engine.send({"type": "leave"})
        assert engine.wait_for_end(timeout=4)["reason"] == "hung-up"
        assert time.monotonic() - start < 3


def test_leaving_a_far_end_that_does_not_confirm_bye_takes_two_seconds(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        far_end.reply(far_end.receive("INVITE"), 200, "OK", body=far_end.sdp())
        engine.wait_for_state("joined")
        start = time.monotonic()
        engine.send({"type": "leave"})
        far_end.receive("BYE", timeout=LEFT_IN)
        ended = engine.wait_for_end(timeout=4)
        assert ended["reason"] == "hung-up"
        assert "did not confirm" in ended["detail"]
        assert 1.5 < time.monotonic() - start < 3


# What the caller is, and offers


def test_offer_has_opus_first_and_the_given_identity(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri, identity="sip:alice@caller.example")
        invite = far_end.receive("INVITE")
    assert "sip:alice@caller.example" in invite.fields["from"]
    media = next(line for line in invite.body.split("\r\n") if line.startswith("m=audio"))
    assert "RTP/AVP" in media and "SAVP" not in media
    names = dict(
        line.removeprefix("a=rtpmap:").split(" ", 1) for line in invite.body.split("\r\n")
        if line.startswith("a=rtpmap:"))
    order = [names.get(number, {"0": "PCMU/8000", "8": "PCMA/8000"}.get(number)) for number in media.split()[3:]]
    assert [name.split("/")[0].lower() for name in order[:3]] == ["opus", "pcmu", "pcma"]
    assert "c=IN IP4 127.0.0.1" in invite.body
    assert "m=video" not in invite.body


def test_default_identity_is_the_user(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    assert f"sip:{user}@" in invite.fields["from"]


def test_call_over_tcp(engine):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        engine.join(f"sip:far@127.0.0.1:{server.getsockname()[1]};transport=tcp")
        connection, _ = server.accept()
        with connection:
            connection.settimeout(10)
            assert connection.recv(65536).startswith(b"INVITE sip:far@127.0.0.1")


@pytest.fixture
def certificate(tmp_path):
    """A certificate for 127.0.0.1 and its key, signed by itself."""
    path, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:127.0.0.1", "-keyout", key, "-out", path],
        check=True, capture_output=True)
    return path, key


def serve_tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    server = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
    server.settimeout(10)
    return server


def test_secure_address_is_called_over_tls_with_srtp(tmp_path, certificate):
    with serve_tls(certificate) as server:
        with SIPEngine(tmp_path, env={"SSL_CERT_FILE": str(certificate[0])}) as engine:
            engine.join(f"sips:far@127.0.0.1:{server.getsockname()[1]}")
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                invite = b""
                while b"a=crypto" not in invite:
                    invite += connection.recv(65536)
    # liblinphone writes sip: where the connection itself is secure.
    assert invite.startswith(b"INVITE sip") and b"SIP/2.0/TLS" in invite
    assert b"RTP/SAVP" in invite
    assert b"RTP/AVP " not in invite


def test_far_end_with_a_certificate_of_nobody_is_not_called(engine, certificate):
    with serve_tls(certificate) as server:
        engine.join(f"sips:far@127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(ssl.SSLError):
            connection, _ = server.accept()
            connection.settimeout(10)
            while connection.recv(65536):
                pytest.fail("the engine said something")
            raise ssl.SSLError("closed without a word")
        assert engine.wait_for_end(timeout=15)["reason"] == "unreachable"


def test_call_of_a_dead_engine_is_ended_over_tls(tmp_path, certificate):
    with serve_tls(certificate) as server:
        with SIPEngine(tmp_path, env={"SSL_CERT_FILE": str(certificate[0])}) as engine:
            address = f"127.0.0.1:{server.getsockname()[1]}"
            ticket = f"dialog-1 some-call here there sip:me@127.0.0.1 sip:far@127.0.0.1 sip:far@{address} tls live"
            engine.join(f"sips:far@{address}", resume=ticket)
            engine.send({"type": "leave"})
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                seen = b""
                while b"BYE sip:" not in seen or not seen.endswith(b"\r\n\r\n"):
                    seen += connection.recv(65536)
    assert b"SIP/2.0/TLS" in seen and b"Call-ID: some-call\r\n" in seen


@pytest.mark.parametrize(
    "join, said",
    [
        ({"uri": "tel:123"}, "sip:"),
        ({}, "no address"),
        ({"uri": "sip:a@127.0.0.1", "settings": {"transport": "pigeon"}}, "pigeon"),
        ({"uri": "sips:a@127.0.0.1", "settings": {"transport": "udp"}}, "tls"),
        ({"uri": "sip:a@127.0.0.1;transport=tcp", "settings": {"transport": "udp"}}, "tcp"),
        ({"uri": "sip:a@127.0.0.1", "settings": {"identity": "alice"}}, "identity"),
        ({"uri": "sip:a@127.0.0.1", "settings": {"play-file": "/no/such/file.wav"}}, "/no/such/file.wav"),
        ({"uri": "sip:a@127.0.0.1", "settings": {"play-file": "/etc/passwd"}}, "WAV"),
        ({"uri": "sip:a@127.0.0.1", "settings": {"record-file": "/no/such/folder/a.wav"}}, "/no/such/folder"),
        ({"uri": "sip:a@127.0.0.1", "settings": {"record-file": "/tmp/a.mp3"}}, ".wav"),
        ({"uri": "sip:a@127.0.0.1", "resume": "nonsense"}, "resume"),
    ])
def test_call_that_cannot_be_is_an_end_that_says_why(engine, join, said):
    engine.hello()
    engine.send({"type": "join"} | join)
    ended = engine.wait_for_end()
    assert ended["reason"] == "engine-failed"
    assert said in ended["detail"]


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


# Ways to stop


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stop_signal_sends_bye(engine, far_end, number):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.signal(number)
    far_end.wait_for("bye", timeout=LEFT_IN, by="caller")
    assert engine.wait_for_end(timeout=LEFT_IN)["reason"] == "hung-up"


def test_closed_channel_sends_bye(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.close_channel()
    far_end.wait_for("bye", timeout=LEFT_IN, by="caller")
    assert engine.wait_for_exit() == 0


def test_expired_lease_sends_bye(engine, far_end):
    engine.join(far_end.uri, lease=1)
    engine.wait_for_state("joined")
    assert engine.wait_for_end(timeout=5)["reason"] == "lease-expired"
    far_end.wait_for("bye", timeout=LEFT_IN, by="caller")


def test_hangup_of_a_terminal_is_nothing_to_a_call(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.signal(signal.SIGHUP)
    far_end.wait_for_packets(25)
    engine.ping()
    assert states(engine)[-1] == "joined"


@pytest.mark.parametrize("before", ["nothing", "hello"])
def test_leave_without_a_call(engine, before):
    if before == "hello":
        engine.hello()
    engine.send({"type": "leave"})
    assert engine.wait_for_end(timeout=2)["reason"] == "hung-up"


# The channel


def test_report_repeats_the_state(engine, far_end):
    engine.join(far_end.uri)
    joined = engine.wait_for_state("joined")
    engine.send({"type": "report"})
    assert engine.wait_for_state("joined") == joined


def test_unknown_and_broken_requests_are_answered_and_change_nothing(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    engine.send({"type": "make-coffee"})
    error = engine.wait_for_type("error")
    assert (error["code"], error["request"]) == ("unsupported", "make-coffee")
    for line in [b"garbage\n", b"{}\n", b"[1]\n", b"\xff\xfe\n", b'{"type":"set-muted"}\n']:
        engine.send_bytes(line)
        assert engine.wait_for_type("error")["code"] == "invalid"
    engine.send({"type": "join", "uri": far_end.uri, "muted": False})
    error = engine.wait_for_type("error")
    assert (error["code"], error["request"]) == ("invalid", "join")
    engine.ping()
    assert states(engine) == ["connecting", "ringing", "joined"]


def test_requests_before_the_call_are_errors(engine):
    engine.hello()
    for request in [{"type": "set-held", "held": True}, {"type": "send-dtmf", "digits": "1"}]:
        engine.send(request)
        error = engine.wait_for_type("error")
        assert (error["code"], error["request"]) == ("failed", request["type"])


def test_other_protocol_version_is_an_error(engine):
    engine.send({"type": "hello", "version": 2, "session": "0123abcd", "lease": 60})
    error = engine.wait_for_type("error")
    assert (error["code"], error["request"]) == ("invalid", "hello")


def test_call_goes_on_while_nobody_reads_the_channel(engine, far_end):
    engine.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    for serial in range(5000):
        try:
            engine.socket.setblocking(False)
            engine.send({"type": "report"})
        except BlockingIOError:
            break
        finally:
            engine.socket.setblocking(True)
    reading = far_end.wait_for_packets(150)
    assert reading["lost"] == 0 and reading["longest-gap-ms"] < 100


# The machine


def test_two_calls_at_once(tmp_path, far_end):
    with SIPEngine(tmp_path) as one, SIPEngine(tmp_path) as other:
        for engine in (one, other):
            engine.join(far_end.uri)
        for engine in (one, other):
            engine.wait_for_state("joined")
        for engine in (one, other):
            assert engine.wait_for_media(50)["lost"] == 0
        reading = far_end.stats()
        assert (reading["streams"], reading["lost"]) == (2, 0)
        one.send({"type": "leave"})
        one.wait_for_end()
        other.wait_for_media(50)


@pytest.mark.parametrize("home", [None, "/proc", "/no/such/home"])
def test_call_without_a_home(tmp_path, far_end, home):
    with SIPEngine(tmp_path, env={"HOME": home} if home else {}) as engine:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        engine.wait_for_media(25)


def test_everything_written_is_in_the_runtime_folder_and_is_gone_after(tmp_path, far_end):
    home, run_user = tmp_path / "home", tmp_path / "run-user"
    for folder in (home, run_user):
        folder.mkdir(mode=0o700)
    with SIPEngine(tmp_path, env={"HOME": str(home), "XDG_RUNTIME_DIR": str(run_user)}) as engine:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        engine.wait_for_media(25)
        (folder,) = engine.runtime.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        engine.send({"type": "leave"})
        engine.wait_for_end()
        assert list(engine.runtime.iterdir()) == []
    assert list(home.rglob("*")) == []
    assert [p for p in run_user.rglob("*") if p.is_file()] == []
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["engine.log"]


def test_without_a_runtime_folder_the_users_is_used(tmp_path, far_end):
    run_user = tmp_path / "run-user"
    run_user.mkdir(mode=0o700)
    environment = {"RUNTIME_DIRECTORY": "", "XDG_RUNTIME_DIR": str(run_user)}
    with SIPEngine(tmp_path, env=environment) as engine:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        assert any(path.is_dir() for path in run_user.iterdir())
        engine.send({"type": "leave"})
        engine.wait_for_end()
    assert [p for p in run_user.rglob("*") if p.is_file()] == []
