# SPDX-License-Identifier: Apache-2.0
"""An engine takes the call of a dead one up again: in the same dialog, at the same ports, with whatever far end."""

import os
import shutil
import subprocess

import pytest
import sound
from bare_far_end import BareFarEnd
from booted import SOUND_AGAIN
from far_end import FarEnd
from sip_engine import SIPEngine, states
from succession import bare_call_and_kill, call_and_kill, hold, kill, wait_for_calls


@pytest.fixture
def successor(tmp_path):
    with SIPEngine(tmp_path) as engine:
        yield engine


def measure(far_end, what):
    """Prints how long the far end heard nothing, and returns its counters, in which there must be one call."""
    far_end.wait_for_packets(50)
    stats = wait_for_calls(far_end, 1)
    print(f"{what}: {stats['longest-gap-ms']} ms without sound at the far end, {stats['lost']} packets missing")
    assert far_end.events().count("incoming") == 1, "it must not be called a second time"
    assert "replaced" not in far_end.events()
    return stats


def test_call_goes_on_in_the_same_place(tmp_path, successor):
    with FarEnd() as far_end:
        resume = call_and_kill(tmp_path, far_end)
        successor.join(far_end.uri, resume=resume)
        assert successor.wait_for_state("reconnecting")["cause"] == "engine-crash"
        joined = successor.wait_for_state("joined")
        far_end.wait_for("running")
        successor.wait_for_media(25)
        stats = measure(far_end, "taken up")
        assert states(successor) == ["reconnecting", "joined"]
        assert joined["resume"] != resume
        assert stats["streams"] == 1, "to the far end it is the same stream"
        assert stats["lost"] <= stats["longest-gap-ms"] / 20
        assert stats["longest-gap-ms"] <= SOUND_AGAIN
        successor.send({"type": "leave"})
        assert successor.wait_for_end()["reason"] == "hung-up"
        far_end.wait_for("bye", by="caller", call=1)
        wait_for_calls(far_end, 0)


@pytest.mark.parametrize(
    "options",
    [(), ("--supported", "timer", "--ignore-replaces"), ("--codecs", "pcmu"),
     ("--record-route", "<sip:127.0.0.1:{port};lr>", "--record-route", "<sip:127.0.0.1:{port};lr;second>")],
    ids=["all", "no-replaces", "pcmu", "two-proxies"])  # fmt: skip
def test_seven_deaths_one_after_the_other(tmp_path, options):
    with FarEnd(*options) as far_end:
        resume = call_and_kill(tmp_path, far_end)
        gaps = []
        for number in range(7):
            with SIPEngine(tmp_path) as engine:
                engine.join(far_end.uri, resume=resume)
                engine.wait_for_state("joined")
                gaps.append(measure(far_end, f"death {number + 1}")["longest-gap-ms"])
                far_end.command("reset")
                far_end.wait_for("stats")
                resume = kill(engine)
        assert max(gaps) <= SOUND_AGAIN, gaps


def test_muted_call_comes_back_muted(tmp_path, successor):
    tone, record = sound.write_tone(tmp_path / "tone.wav"), tmp_path / "record.wav"
    with FarEnd("--record", record) as far_end:
        resume = call_and_kill(tmp_path, far_end, muted=True, play_file=tone)
        successor.join(far_end.uri, muted=True, resume=resume, play_file=tone)
        assert successor.wait_for_state("joined")["muted"] is True
        measure(far_end, "muted")
        successor.send({"type": "leave"})
        successor.wait_for_end()
        far_end.wait_for("bye")
    assert max(sound.loudness_by_time(record)) < 0.01


def test_held_call_comes_back_held_and_was_not_heard_between(tmp_path, successor):
    tone, record = sound.write_tone(tmp_path / "tone.wav"), tmp_path / "record.wav"
    with FarEnd("--record", record) as far_end:
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, muted=True, play_file=tone)
            engine.wait_for_state("joined")
            far_end.wait_for_packets(25)
            hold(engine)
            far_end.wait_for("held-by-caller")
            resume = kill(engine)
        successor.join(far_end.uri, resume=resume, play_file=tone)
        assert successor.wait_for_state("reconnecting")["held"] is True
        assert successor.wait_for_state("joined")["held"] is True
        far_end.wait_for("held-by-caller")
        assert list(dict.fromkeys(states(successor))) == ["reconnecting", "joined"]
        wait_for_calls(far_end, 1)
        assert max(sound.loudness_by_time(record), default=0) < 0.01
        hold(successor, False)
        far_end.wait_for("running")
        far_end.wait_for_packets(100)
        successor.send({"type": "leave"})
        successor.wait_for_end()
        far_end.wait_for("bye")
    assert max(sound.loudness_by_time(record)) > 0.1, "the microphone must be open again after the hold"


def test_call_that_the_far_end_holds_is_taken_up(tmp_path, successor):
    def be_held(engine):
        far_end.command("hold")
        far_end.wait_for("held")

    with FarEnd() as far_end:
        resume = call_and_kill(tmp_path, far_end, before=be_held)
        successor.join(far_end.uri, resume=resume)
        successor.wait_for_state("joined")
        wait_for_calls(far_end, 1)
        far_end.command("unhold")
        far_end.wait_for("running")
        measure(far_end, "held by the far end")


def test_call_over_tcp_is_taken_up_over_a_new_connection(tmp_path, successor):
    with FarEnd() as far_end:
        uri = f"{far_end.uri};transport=tcp"
        resume = call_and_kill(tmp_path, far_end, uri=uri)
        successor.join(uri, resume=resume)
        successor.wait_for_state("joined")
        assert measure(far_end, "over TCP")["longest-gap-ms"] <= SOUND_AGAIN
        successor.send({"type": "leave"})
        far_end.wait_for("bye", by="caller")
        successor.wait_for_end()


def test_secure_call_is_taken_up(tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    trust = {"SSL_CERT_FILE": str(certificate)}
    with FarEnd("--certificate", certificate, "--key", key) as far_end:
        port = next(m["tls-port"] for m in far_end.reader.seen if m["event"] == "listening")
        uri = f"sips:far@127.0.0.1:{port}"
        resume = call_and_kill(tmp_path, far_end, uri=uri, env=trust)
        with SIPEngine(tmp_path, env=trust) as successor:
            successor.join(uri, resume=resume)
            successor.wait_for_state("joined")
            stats = measure(far_end, "over TLS")
            assert stats["secure"] is True
            successor.wait_for_media(25)
            successor.send({"type": "leave"})
            far_end.wait_for("bye", by="caller")
            successor.wait_for_end()


@pytest.mark.parametrize("spoil", [os.unlink, lambda path: path.write_text("nonsense")], ids=["gone", "spoiled"])
def test_authorities_that_are_gone_end_no_call(tmp_path, spoil):
    """A call that begins needs them; a call that is there goes on."""
    authorities = tmp_path / "authorities.pem"
    shutil.copy("/etc/ssl/certs/ca-certificates.crt", authorities)
    account = {"address": "sip:me@127.0.0.1", "ca-file": str(authorities)}
    with FarEnd() as far_end:
        resume = call_and_kill(tmp_path, far_end, account=account)
        spoil(authorities)
        with SIPEngine(tmp_path) as successor:
            successor.join(far_end.uri, resume=resume, account=account)
            successor.wait_for_state("joined")
            far_end.wait_for_packets(25)
            successor.send({"type": "leave"})
            far_end.wait_for("bye", by="caller")
            successor.wait_for_end()
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, account=account)
            ended = engine.wait_for_end()
            assert ended["reason"] == "engine-failed" and f"{authorities}, cannot be used: " in ended["detail"]
            assert (spoil is os.unlink) == ("No such file" in ended["detail"])


def test_call_that_rings_goes_on_and_is_answered_to_the_successor(tmp_path, successor):
    with FarEnd("--ring-only", "--early-media", 183) as far_end:
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri)
            engine.wait_for_state("ringing")
            far_end.wait_for_packets(25)
            resume = kill(engine)
        successor.join(far_end.uri, resume=resume)
        assert successor.wait_for_state("ringing")
        far_end.wait_for_packets(25)
        far_end.command("answer")
        successor.wait_for_state("joined")
        measure(far_end, "in early media")
        assert "reconnecting" not in states(successor)


def test_redirected_call_is_taken_up_where_it_was_answered(tmp_path):
    with BareFarEnd() as door, FarEnd() as far_end:
        with SIPEngine(tmp_path) as engine:
            engine.join(door.uri)
            door.reply(door.receive("INVITE"), 302, "Moved", contact=f"<{far_end.uri}>")
            engine.wait_for_state("joined")
            far_end.wait_for_packets(25)
            resume = kill(engine)
        for _ in range(2):
            with SIPEngine(tmp_path) as engine:
                engine.join(door.uri, resume=resume)
                engine.wait_for_state("joined")
                measure(far_end, "redirected")
                resume = kill(engine)
        with SIPEngine(tmp_path) as engine:
            engine.join(door.uri, resume=resume)
            engine.wait_for_state("joined")
            engine.send({"type": "leave"})
            assert engine.wait_for_end()["reason"] == "hung-up"
        wait_for_calls(far_end, 0)


@pytest.mark.parametrize("status", [403, 488, 491, 500])
def test_far_end_that_refuses_the_offer_of_a_successor_has_the_call_still(tmp_path, successor, status):
    """It answers in the dialog, and so it is there (RFC 3261, 14.1)."""
    with FarEnd("--respond", f"REINVITE={status}x1") as far_end:
        resume = call_and_kill(tmp_path, far_end)
        successor.join(far_end.uri, resume=resume)
        successor.wait_for_state("joined")
        successor.wait_for_media(25)
        measure(far_end, f"{status} to the offer")
        assert states(successor) == ["reconnecting", "joined"]


def test_ids_numbers_and_contact_of_the_dialog_stay(tmp_path, successor):
    with BareFarEnd() as far_end:
        resume, invite = bare_call_and_kill(tmp_path, far_end)
        successor.join(far_end.uri, resume=resume)
        again = far_end.receive("INVITE")
        assert "replaces" not in again.fields
        assert again.fields["call-id"] == invite.fields["call-id"]
        assert (again.tag("from"), again.tag("to")) == (invite.tag("from"), "far-tag")
        assert (again.contact, again.media) == (invite.contact, invite.media)
        assert again.sequence > invite.sequence
        assert again.branch != invite.branch
        (session, version), (old_session, old_version) = again.origin, invite.origin
        assert session == old_session and version - old_version in (0, 1)
        far_end.reply(again, 200, "OK", body=far_end.sdp())
        ack = far_end.receive("ACK")
        assert (ack.sequence, ack.tag("to")) == (again.sequence, "far-tag")
        successor.wait_for_state("joined")
        successor.send({"type": "leave"})
        bye = far_end.receive("BYE")
        assert bye.sequence > again.sequence
        far_end.reply(bye, 200, "OK")
        successor.wait_for_end()


def test_engine_that_dies_again_and_again_while_it_takes_up(tmp_path, successor):
    """No numbers twice, and no call lost, though no successor ever gets an answer."""
    with BareFarEnd() as far_end:
        resume, invite = bare_call_and_kill(tmp_path, far_end)
        sequences = [invite.sequence]
        for _ in range(3):
            with SIPEngine(tmp_path) as engine:
                engine.join(far_end.uri, resume=resume)
                sequences.append(far_end.receive("INVITE").sequence)
                resume = kill(engine)
        successor.join(far_end.uri, resume=resume)
        again = far_end.receive("INVITE")
        assert sequences == sorted(set(sequences)) and again.sequence > sequences[-1]
        far_end.reply(again, 200, "OK", body=far_end.sdp())
        successor.wait_for_state("joined")
