# SPDX-License-Identifier: Apache-2.0
"""Calls of the SIP engine that come to nothing: each end says why."""

import os
import socket

import pytest
from bare_far_end import BareFarEnd
from far_end import FarEnd
from sip_engine import LEFT_IN, SIPEngine

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


@pytest.mark.parametrize("status, field", [(401, "WWW-Authenticate"), (407, "Proxy-Authenticate")])
@pytest.mark.parametrize(
    "challenges",
    [[], [""], ['Bearer realm="club"'], ['Basic realm="club"'], ["Frob a=b"], ["Digest"], ['Digest nonce="abc"'],
     ['Digest realm="club", nonce="abc", algorithm=FROB, qop=",,"'], ['Bearer realm="' + "x" * 30_000 + '"'],
     ['Bearer realm="club"', 'Digest realm="other club", nonce="abc"']])  # fmt: skip
def test_challenge_that_cannot_be_answered(engine, status, field, challenges):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 180, "Ringing")
        far_end.reply(invite, status, "Password", extra=[f"{field}: {challenge}" for challenge in challenges])
        ended = engine.wait_for_end(timeout=3)
        assert ended["reason"] == "not-permitted"
        assert ended["detail"].startswith(f"{status} the server asks for ")
        assert len(ended["detail"]) < 300


def test_password_for_what_is_asked_within_the_call(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        far_end.reply(far_end.receive("INVITE"), 200, "OK", body=far_end.sdp())
        engine.wait_for_state("joined")
        engine.send({"type": "set-held", "held": True})
        ack = far_end.receive("ACK")
        far_end.reply(far_end.receive("INVITE"), 401, "Password", extra=['WWW-Authenticate: Bearer realm="club"'])
        engine.wait_for_type("error")
        assert far_end.receive("ACK").fields["call-id"] == ack.fields["call-id"]
        engine.send({"type": "leave"})
        far_end.reply(far_end.receive("BYE"), 407, "Password", extra=['Proxy-Authenticate: Bearer realm="club"'])
        assert engine.wait_for_end(timeout=4)["reason"] == "hung-up"


@pytest.mark.parametrize("extra", [[], ["Min-SE:"], ["Min-SE: soon"]])
def test_interval_that_is_too_small_without_the_right_one(engine, extra):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        far_end.reply(far_end.receive("INVITE"), 422, "Session Interval Too Small", extra=extra)
        ended = engine.wait_for_end()
        assert (ended["reason"], ended["detail"]) == ("refused", "422 Session Interval Too Small")


@pytest.mark.parametrize(
    "body, said",
    [("", "no session description"), ("nonsense", "nonsense"),
     ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", "0 media lines")])
def test_answer_without_sound(engine, body, said):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        far_end.reply(far_end.receive("INVITE"), 200, "OK", body=body)
        far_end.reply(far_end.receive("BYE"), 200, "OK")
        ended = engine.wait_for_end()
        assert ended["reason"] == "refused"
        assert "answer is unusable" in ended["detail"] and said in ended["detail"]


@pytest.mark.parametrize("encoding", [[], ["Content-Encoding: deflate"]])
@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/mixed;boundary=", "multipart/related;x=y"])
def test_body_of_parts_whose_boundary_is_not_named(engine, kind, encoding):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        for status in (180, 486):
            far_end.reply(invite, status, "Busy", extra=[f"Content-Type: {kind}", *encoding], body="x" * 50)
        ended = engine.wait_for_end()
        assert (ended["reason"], ended["detail"]) == ("busy", "486 Busy")


# Redirects


def redirect_once(engine, far_end, contact):
    engine.join(far_end.uri)
    far_end.reply(far_end.receive("INVITE"), 302, "Moved", contact=contact)
    return engine.wait_for_end(timeout=3)


def test_redirect_to_the_same_address_ends_the_call(engine):
    with BareFarEnd() as far_end:
        ended = redirect_once(engine, far_end, far_end.contact)
        assert ended["reason"] == "refused"
        assert ended["detail"] == f"302 Moved: the far end redirects in a circle, to {far_end.uri} again"


@pytest.mark.parametrize("contact", ["*", "<tel:+4930123>", "<http://example.org/>", "<<<sip:"])
def test_redirect_to_what_is_no_sip_address(engine, contact):
    with BareFarEnd() as far_end:
        ended = redirect_once(engine, far_end, contact)
        assert ended["reason"] == "refused"
        assert ended["detail"] == "302 Moved, but the far end names no SIP address"


def test_redirects_without_end_are_not_followed(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        for number in range(6):
            invite = far_end.receive("INVITE")
            far_end.reply(invite, 302, "Moved", contact=f"<sip:far-{number}@127.0.0.1:{far_end.port}>")
        ended = engine.wait_for_end(timeout=3)
        assert (ended["reason"], ended["detail"]) == ("refused", "302 Moved: more than 5 redirects")


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
