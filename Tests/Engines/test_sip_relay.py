# SPDX-License-Identifier: Apache-2.0
"""Calls whose sound may only go by a relay, which there is not."""

import socket
import struct
import threading

import pytest
from account_engine import AccountEngine
from bare_far_end import BareFarEnd
from engine_process import TimedOut

FORBIDDEN = struct.pack("!HHBBBB", 0x0009, 14, 0, 0, 4, 3) + b"Forbidden!\0\0"


@pytest.fixture
def engine(tmp_path):
    with AccountEngine(tmp_path) as engine:
        yield engine


@pytest.fixture
def far_end():
    with BareFarEnd() as far_end:
        yield far_end


@pytest.fixture
def turn():
    """A socket at which nobody answers yet."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as turn:
        turn.bind(("127.0.0.1", 0))
        yield turn


def refuse(turn):
    """Every request, until the socket is closed."""
    while True:
        try:
            data, sender = turn.recvfrom(2048)
        except OSError:
            return
        kind = struct.unpack_from("!H", data)[0]
        if kind in (0x0001, 0x0003):
            turn.sendto(struct.pack("!HH", kind | 0x0110, len(FORBIDDEN)) + data[4:20] + FORBIDDEN, sender)


def expect_failure(engine, far_end, server, words):
    engine.call(far_end.uri, ice="relay", turn_server=server)
    ended = engine.wait_for_end()
    assert ended["reason"] == "unreachable" and words in ended["detail"], ended
    assert ended["detail"].startswith("the call may only use a relay, but ")
    with pytest.raises(TimedOut):
        far_end.receive_request(timeout=0.2)


def test_silent_turn_server(engine, far_end, turn):
    server = f"127.0.0.1:{turn.getsockname()[1]}"
    expect_failure(engine, far_end, server, f"the TURN server {server} does not answer")


def test_turn_server_that_refuses(engine, far_end, turn):
    threading.Thread(target=refuse, args=[turn], daemon=True).start()
    server = f"127.0.0.1:{turn.getsockname()[1]}"
    expect_failure(engine, far_end, server, f"the TURN server {server} refuses the request: 403 Forbidden!")


def test_turn_server_without_address(engine, far_end):
    expect_failure(engine, far_end, "turn.invalid", "TURN server")


def test_turn_server_of_another_family(engine, far_end):
    expect_failure(engine, far_end, "[::1]:3478", "the TURN server ::1 has no IPv4 address")
