# SPDX-License-Identifier: Apache-2.0
"""The SIP engine, against real far ends on 127.0.0.1: a call's course, its end, and what the daemon says meanwhile."""

import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest
import sound
from booted import SOUND_AGAIN, UNDISTURBED
from engine_process import ADRIFT
from far_end import FarEnd
from sip_engine import LEFT_IN, SIPEngine, states

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
    assert reading["longest-gap-ms"] <= SOUND_AGAIN
    assert reading["kernel-times"]


@pytest.mark.alone
def test_sound_has_no_gaps(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    reading = far_end.wait_for_packets(250)
    assert reading["lost"] == 0 and reading["longest-gap-ms"] <= UNDISTURBED, reading


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


def wait_for_port(port, timeout=10):
    """Returns when somebody listens on a UDP port of 127.0.0.1; a call to one where nobody does has failed at once."""
    deadline = time.monotonic() + timeout
    while f"0100007F:{port:04X} " not in Path("/proc/net/udp").read_text():
        assert time.monotonic() < deadline, f"nobody listens on the UDP port {port}"
        time.sleep(0.01)


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
        wait_for_port(port)
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
    assert reading["lost"] == 0 and reading["longest-gap-ms"] <= SOUND_AGAIN


# Without a daemon


def test_call_that_is_not_answered_is_given_up_with_the_lease(engine):
    with FarEnd("--answer-after", 60_000) as far_end:
        engine.join(far_end.uri, lease=1)
        engine.wait_for_state("ringing")
        assert engine.wait_for_end(timeout=5)["reason"] == "lease-expired"
        far_end.wait_for("cancelled")


def test_far_end_that_is_heard_is_not_left_because_a_daemon_is_away(engine, far_end):
    engine.join(far_end.uri, lease=1)
    engine.wait_for_state("joined")
    engine.wait_for_log("lost contact with ongoingcalld")
    # For three times the lease.
    engine.wait_for_media(150)
    assert states(engine)[-1] == "joined"
    # It is no conversation any more.
    far_end.process.send_signal(signal.SIGSTOP)
    assert engine.wait_for_state("ended", timeout=5)["reason"] == "lease-expired"
    far_end.process.send_signal(signal.SIGCONT)
    far_end.wait_for("bye", by="caller")
    assert engine.wait_for_exit() == 0


def test_call_that_nobody_can_end_is_left_with_the_lease(tmp_path, far_end):
    with SIPEngine(tmp_path, prefix=ADRIFT) as engine:
        engine.join(far_end.uri, lease=2)
        engine.wait_for_state("joined")
        engine.process.kill()
        assert engine.wait_for_state("ended", timeout=5)["reason"] == "lease-expired"
        far_end.wait_for("bye", timeout=LEFT_IN, by="caller")
