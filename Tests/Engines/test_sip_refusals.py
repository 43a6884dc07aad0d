# SPDX-License-Identifier: Apache-2.0
"""Calls of the SIP engine that come to nothing: each end says why."""

import os
import socket
import time

import pytest
from far_end import BareFarEnd, FarEnd
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
