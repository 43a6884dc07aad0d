# SPDX-License-Identifier: Apache-2.0
"""The example of an engine, packaging/examples/echo-engine, by itself: what the channel demands of every engine."""

import signal
import socket
import time
from pathlib import Path

import pytest
from engine_process import EngineProcess

ENGINE = Path(__file__).resolve().parents[2] / "packaging/examples/echo-engine"
LONGEST = 65536


def packet(number, payload=b"hello"):
    return bytes([0x80, 0]) + (number % 65536).to_bytes(2, "big") + bytes(8) + payload


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def engine():
    with EngineProcess([ENGINE]) as process:
        process.hello()
        yield process


@pytest.fixture
def caller(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.connect(("127.0.0.1", port))
        caller.settimeout(10)
        yield caller


def join(engine, port, **options):
    engine.send({"type": "join", "uri": f"echo:{port}", **options})
    return engine.wait_for_state("joined")


def test_packets_come_back_and_are_counted(engine, port, caller):
    assert join(engine, port)["alone"] is True
    # What is no RTP is left alone; two packets are lost, and one comes late.
    for data in [b"", b"no", b"\x00" * 20]:
        caller.send(data)
    for number in [65534, 65535, 2, 1, 3]:
        caller.send(packet(number))
        assert caller.recv(2048) == packet(number)
    engine.wait_for_state("joined", alone=False)
    engine.wait_for(lambda m: m.get("type") == "media" and m["received"] == 5 and m["sent"] == 5 and m["lost"] == 2)


def test_muted_it_sends_silence(engine, port, caller):
    join(engine, port, muted=True)
    for muted in [True, False, True]:
        engine.send({"type": "set-muted", "muted": muted})
        assert engine.wait_for_state("joined", muted=muted)
        caller.send(packet(1))
        assert caller.recv(2048) == packet(1, bytes(5) if muted else b"hello")


def test_nobody_else_is_in_a_call_that_is_silent(engine, port, caller):
    join(engine, port)
    caller.send(packet(1))
    engine.wait_for_state("joined", alone=False)
    engine.wait_for_state("joined", alone=True)


def test_another_process_takes_the_call_up(engine, port, caller):
    join(engine, port)
    caller.send(packet(1))
    resume = engine.wait_for_state("joined", alone=False)["resume"]
    engine.signal(signal.SIGKILL)
    engine.wait_for_exit()
    with EngineProcess([ENGINE]) as another:
        another.hello()
        join(another, port, resume=resume, muted=True)
        caller.send(packet(2))
        assert caller.recv(2048) == packet(1)
        assert caller.recv(2048) == packet(2, bytes(5))
        another.wait_for(lambda m: m.get("type") == "media" and m["received"] == 2)


@pytest.mark.parametrize("uri", ["echo:", "echo:x", "echo:70000", "echo:5004:5", None])
def test_an_address_that_cannot_be_is_refused(engine, uri):
    engine.send({"type": "join", "uri": uri})
    ended = engine.wait_for_state("ended", reason="refused")
    assert "echo:5004" in ended["detail"]
    assert engine.wait_for_exit() == 0


def test_a_port_that_is_taken_is_refused(engine, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port))
        engine.send({"type": "join", "uri": f"echo:{port}"})
        assert "in use" in engine.wait_for_state("ended", reason="refused")["detail"]


BROKEN = [b"{", b"[]", b"1", b"null", b'"x"', b"{}", b'{"type":"ping"}', b'{"type":"set-muted"}', b"\xff"]


@pytest.mark.parametrize("line", [*BROKEN, b"x" * (LONGEST + 1)], ids=range(len(BROKEN) + 1))
def test_what_is_no_request_is_answered_and_skipped(engine, port, line):
    join(engine, port)
    engine.send_bytes(line + b"\n\n")
    assert engine.wait_for_type("error")["code"] == "invalid"
    engine.ping()
    assert engine.process.poll() is None


def test_the_longest_line_is_read(engine):
    ping = b'{"type":"ping","serial":7,"x":"%s"}'
    engine.send_bytes(ping % (b"x" * (LONGEST - len(ping) + 2)) + b"\n")
    assert engine.wait_for_type("pong")["serial"] == 7


@pytest.mark.parametrize("kind", ["set-held", "send-dtmf", "attach", "of-a-later-version"])
def test_what_it_cannot_do_is_said(engine, kind):
    engine.send({"type": kind, "held": True, "digits": "1"})
    error = engine.wait_for_type("error")
    assert (error["code"], error["request"]) == ("unsupported", kind)


def test_a_new_daemon_hears_all_of_it_again(engine, port):
    join(engine, port)
    engine.send_bytes(b'{"type":"pi\n')
    engine.hello()
    engine.send({"type": "join", "uri": "echo:1"})
    engine.send({"type": "network", "reachable": True})
    engine.send({"type": "report"})
    assert engine.wait_for_type("error")["code"] == "invalid"
    engine.wait_for_state("joined", muted=False)
    engine.ping()
    assert not any(message.get("state") == "ended" for message in engine.messages)


def leave(engine):
    engine.send({"type": "leave"})
    engine.send({"type": "leave"})


@pytest.mark.parametrize("end", [leave, lambda engine: engine.signal(signal.SIGTERM)], ids=["leave", "SIGTERM"])
@pytest.mark.parametrize("is_joined", [True, False])
def test_it_leaves_once(engine, port, end, is_joined):
    if is_joined:
        join(engine, port)
    else:
        engine.ping()
    end(engine)
    engine.wait_for_state("ended", reason="hung-up")
    assert engine.wait_for_exit() == 0
    engine.reader.pump(5)
    assert engine.reader.at_end
    assert [message.get("state") for message in engine.messages].count("ended") == 1


def test_it_leaves_with_the_daemon(engine, port):
    join(engine, port)
    engine.close_channel()
    assert engine.wait_for_exit() == 0
    # The port is free.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as another:
        another.bind(("127.0.0.1", port))


def test_without_a_daemon_it_leaves_when_its_lease_has_expired(engine, port):
    engine.hello(lease=1)
    join(engine, port)
    engine.wait_for_state("ended", reason="lease-expired")
    assert engine.wait_for_exit() == 0


def test_without_a_daemon_it_stays_with_whom_it_hears(engine, port, caller):
    engine.hello(lease=1)
    join(engine, port)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        caller.send(packet(1))
        assert caller.recv(LONGEST)
        time.sleep(0.1)  # As a conversation goes on: what is tested is time itself.
    engine.wait_for_state("ended", reason="lease-expired")
    assert engine.wait_for_exit() == 0


def test_a_version_that_it_does_not_speak_is_refused():
    with EngineProcess([ENGINE]) as engine:
        engine.send({"type": "hello", "version": 2, "session": "0123abcd", "lease": 60})
        engine.wait_for_state("ended", reason="refused")
        assert engine.wait_for_exit() == 0
