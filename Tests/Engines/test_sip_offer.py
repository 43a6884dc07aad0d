# SPDX-License-Identifier: Apache-2.0
"""What the SIP engine says of itself, and over which transports."""

import socket
import ssl
import subprocess

import pytest
from far_end import FarEnd
from bare_far_end import BareFarEnd
from sip_engine import SIPEngine


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
    static = {"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000"}
    order = [names.get(number, static.get(number)) for number in media.split()[3:]]
    names = [name.split("/")[0].lower() for name in order]
    assert names[0] == "opus" and {"g722", "pcmu", "pcma"} <= set(names)
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
    return certificate_for(tmp_path, "IP:127.0.0.1,DNS:127.0.0.1")


def certificate_for(tmp_path, names):
    """A certificate and its key, signed by itself."""
    path, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=a far end",
         "-addext", f"subjectAltName={names}", "-keyout", key, "-out", path],
        check=True, capture_output=True)
    return path, key


def serve_tls(certificate, host="127.0.0.1"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    server = context.wrap_socket(socket.create_server((host, 0), family=family), server_side=True)
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
    assert invite.startswith(b"INVITE sips:") and b"SIP/2.0/TLS" in invite
    assert b"RTP/SAVP" in invite
    assert b"RTP/AVP " not in invite


def invite_of(engine, **settings):
    """The INVITE that a far end gets which says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far_end:
        far_end.bind(("127.0.0.1", 0))
        far_end.settimeout(10)
        engine.join(f"sip:far@127.0.0.1:{far_end.getsockname()[1]}", **settings)
        return far_end.recv(65536).decode()


@pytest.mark.parametrize(
    "encryption, transport, has_keys",
    [(None, "RTP/AVP", False), ("off", "RTP/AVP", False), ("offer", "RTP/AVP", True), ("required", "RTP/SAVP", True)])
def test_encryption_is_offered_as_it_is_wanted(engine, encryption, transport, has_keys):
    invite = invite_of(engine, **({"encryption": encryption} if encryption else {}))
    assert f" {transport} " in invite
    assert ("a=crypto" in invite) is has_keys


def test_call_with_required_encryption_is_heard(engine):
    with FarEnd() as far_end:
        engine.join(far_end.uri, encryption="required")
        engine.wait_for_state("joined")
        counters = engine.wait_for_media(50)
        assert counters["lost"] == 0 and counters["encryption"] == "sdes"
        assert far_end.wait_for_packets(50)["lost"] == 0
        engine.send({"type": "leave"})
        engine.wait_for_end()


def test_anonymous_call_does_not_say_who_calls(engine):
    invite = invite_of(engine, identity='"Alice" <sip:alice@example.org>', anonymous="yes")
    assert 'From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=' in invite
    assert "Privacy: id\r\n" in invite
    assert "alice" not in invite.lower() and "identity" not in invite.lower()


def test_far_end_with_a_certificate_of_nobody_is_not_called(engine, certificate):
    with serve_tls(certificate) as server:
        engine.join(f"sips:far@127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(ssl.SSLError):
            connection, _ = server.accept()
            connection.settimeout(10)
            while connection.recv(65536):
                pytest.fail("the engine said something")
            raise ssl.SSLError("closed without a word")
        ended = engine.wait_for_end(timeout=15)
        assert ended["reason"] == "unreachable"
        assert "certificate" in ended["detail"]


@pytest.mark.parametrize("names, is_right", [("DNS:other.example", False), ("IP:::1", True)])
@pytest.mark.parametrize("host", ["::1", "0:0::0:1", "::0001"])
def test_certificate_is_for_the_address_however_it_is_written(tmp_path, names, is_right, host):
    certificate = certificate_for(tmp_path, names)
    with serve_tls(certificate, "::1") as server, SIPEngine(tmp_path, env={"SSL_CERT_FILE": certificate[0]}) as engine:
        engine.join(f"sips:far@[{host}]:{server.getsockname()[1]}")
        if is_right:
            connection, _ = server.accept()
            connection.settimeout(10)
            assert connection.recv(65536).startswith(b"INVITE sips:far@[::1]")
            return
        with pytest.raises(ssl.SSLError):
            connection, _ = server.accept()
            connection.settimeout(10)
            while connection.recv(65536):
                pytest.fail("the engine said something")
            raise ssl.SSLError("closed without a word")
        ended = engine.wait_for_end(timeout=15)
        assert ended["reason"] == "unreachable" and "certificate is not for ::1" in ended["detail"]


@pytest.mark.parametrize(
    "join, said",
    [
        ({"uri": "tel:123"}, "sip:"),
        ({}, "no address"),
        ({"uri": "sip:a@127.0.0.1", "settings": {"transport": "pigeon"}}, "pigeon"),
        ({"uri": "sips:a@127.0.0.1", "settings": {"transport": "udp"}}, "tls"),
        ({"uri": "sip:a@127.0.0.1;transport=tcp", "settings": {"transport": "udp"}}, "tcp"),
        ({"uri": "sip:a@127.0.0.1", "settings": {"identity": "alice"}}, "identity"),
        ({"uri": "sip:a@127.0.0.1", "settings": {"encryption": "on"}}, "off, offer or required"),
        ({"uri": "sips:a@127.0.0.1", "settings": {"encryption": "offer"}}, "needs encrypted sound"),
        ({"uri": "sip:a@127.0.0.1", "settings": {"anonymous": "maybe"}}, "yes or no"),
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
