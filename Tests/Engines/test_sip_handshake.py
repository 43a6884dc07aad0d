# SPDX-License-Identifier: Apache-2.0
"""Sound whose keys come from a handshake between the two ends (DTLS-SRTP, RFC 5763)."""

import pytest
from bare_far_end import BareFarEnd
from booted import SOUND_AGAIN
from far_end import FarEnd
from sip_engine import SIPEngine, states
from succession import call_and_kill, hold, kill, wait_for_calls

DTLS = {"encryption": "required", "key_exchange": "dtls"}
ROLES = ("active", "passive")


@pytest.fixture
def successor(tmp_path):
    with SIPEngine(tmp_path) as engine:
        yield engine


def lasting(far_end, engine, more=50):
    """Both hear each other by the same keys, and nothing was against the rules."""
    counters = engine.wait_for_media(more)
    stats = far_end.wait_for_packets(more)
    assert stats["secure"] and far_end.violations() == []
    return counters, stats


@pytest.mark.parametrize("role", ROLES)
def test_both_ends_agree_on_keys(engine, role):
    with FarEnd("--dtls-role", role) as far_end:
        engine.join(far_end.uri, **DTLS)
        engine.wait_for_state("joined")
        assert far_end.wait_for("secured")["role"] == role
        counters, stats = lasting(far_end, engine)
        assert counters["lost"] == 0 and stats["lost"] == 0 and stats["rtcp"] > 0
        engine.send({"type": "leave"})
        assert engine.wait_for_end()["reason"] == "hung-up"


@pytest.mark.parametrize("options, is_secure", [(["--dtls"], True), (["--dtls", "--no-sdes"], True), ([], False)])
def test_where_it_is_offered_the_far_end_decides(engine, options, is_secure):
    """RFC 8643: both keys and a handshake, beside nothing of either."""
    with FarEnd(*options) as far_end:
        engine.join(far_end.uri, encryption="offer")
        engine.wait_for_state("joined")
        if is_secure:
            far_end.wait_for("secured")
        counters, stats = engine.wait_for_media(50), far_end.wait_for_packets(50)
        assert counters["lost"] == 0 and stats["secure"] is is_secure
        assert counters["encryption"] == ("dtls" if is_secure else "")
        assert far_end.violations() == []


def test_far_end_that_refuses_keys_is_offered_a_handshake(engine):
    with FarEnd("--no-sdes") as far_end:
        engine.join(far_end.uri, encryption="required")
        engine.wait_for_state("joined")
        far_end.wait_for("secured")
        lasting(far_end, engine)


@pytest.mark.parametrize("exchange, offers, said", [
    ("auto", ["RTP/SAVP", "UDP/TLS/RTP/SAVP"], "keys from a handshake (DTLS)"),
    ("sdes", ["RTP/SAVP"], "“--key-exchange dtls” offers a handshake instead"),
    ("dtls", ["UDP/TLS/RTP/SAVP"], "keys from a handshake (DTLS)"),
])  # fmt: skip
def test_refusal_of_all_encryption_is_an_end(engine, exchange, offers, said):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri, encryption="required", key_exchange=exchange)
        for protocol in offers:
            invite = far_end.receive("INVITE")
            assert f" {protocol} " in invite.body
            far_end.reply(invite, 488, "Not Acceptable Here")
        ended = engine.wait_for_end()
        assert ended["reason"] == "refused" and ended["detail"].startswith("488 Not Acceptable Here")
        assert said in ended["detail"]


@pytest.mark.parametrize("role", ROLES)
def test_wrong_certificate_ends_the_call(engine, role):
    with FarEnd("--dtls-role", role, "--wrong-fingerprint") as far_end:
        engine.join(far_end.uri, **DTLS)
        ended = engine.wait_for_end()
        assert ended["reason"] == "refused"
        assert ended["detail"].startswith("the sound cannot be encrypted: the far end's certificate is not the one")
        far_end.wait_for("unsecured")
        assert far_end.stats()["packets"] == 0 and far_end.violations() == []
        wait_for_calls(far_end, 0)


def test_wrong_certificate_is_no_reason_to_go_unencrypted(engine):
    with FarEnd("--dtls", "--wrong-fingerprint") as far_end:
        engine.join(far_end.uri, encryption="offer")
        assert engine.wait_for_end()["reason"] == "refused"
        assert far_end.stats()["packets"] == 0


@pytest.mark.parametrize("role", ROLES)
def test_hold_and_back_keep_the_keys(engine, role):
    with FarEnd("--dtls-role", role) as far_end:
        engine.join(far_end.uri, **DTLS)
        engine.wait_for_state("joined")
        lasting(far_end, engine)
        hold(engine)
        far_end.wait_for("held-by-caller")
        hold(engine, False)
        lasting(far_end, engine)
        far_end.command("hold")
        far_end.wait_for("held")
        far_end.command("unhold")
        lasting(far_end, engine)
        assert far_end.events().count("secured") == 1


@pytest.mark.parametrize("role", ROLES)
def test_far_end_begins_another_handshake(engine, role):
    with FarEnd("--dtls-role", role) as far_end:
        engine.join(far_end.uri, **DTLS)
        engine.wait_for_state("joined")
        far_end.wait_for("secured")
        lasting(far_end, engine)
        far_end.command("reinvite handshake=new")
        far_end.wait_for("secured")
        lasting(far_end, engine)
        hold(engine)
        hold(engine, False)
        lasting(far_end, engine)
        assert far_end.events().count("secured") == 2


@pytest.mark.parametrize("role", ROLES)
def test_engine_killed_in_the_call(tmp_path, role):
    """The successor has the keys: there is no other handshake."""
    with FarEnd("--dtls-role", role) as far_end:
        resume = call_and_kill(tmp_path, far_end, **DTLS)
        for _ in range(3):
            with SIPEngine(tmp_path) as engine:
                engine.join(far_end.uri, resume=resume, **DTLS)
                engine.wait_for_state("joined")
                _, stats = lasting(far_end, engine)
                print(f"{stats['longest-gap-ms']} ms without sound at the far end")
                assert stats["longest-gap-ms"] <= SOUND_AGAIN and stats["streams"] == 1
                far_end.command("reset")
                far_end.wait_for("stats")
                resume = kill(engine)
        assert far_end.events().count("secured") == 1


@pytest.mark.parametrize("role", ROLES)
def test_engine_killed_during_the_handshake(tmp_path, successor, role):
    with FarEnd("--dtls-role", role, "--silent-handshake") as far_end:
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, **DTLS)
            engine.wait_for_state("joined")
            far_end.command("set silent-handshake no")
            resume = kill(engine)
        successor.join(far_end.uri, resume=resume, **DTLS)
        successor.wait_for_state("joined")
        far_end.wait_for("secured")
        lasting(far_end, successor)
        assert "ended" not in states(successor)


def test_early_sound_is_encrypted_and_goes_on(engine):
    with FarEnd("--dtls-role", "active", "--ring-only", "--early-media", 183) as far_end:
        engine.join(far_end.uri, **DTLS)
        engine.wait_for_state("ringing")
        far_end.wait_for("secured")
        far_end.wait_for_packets(25)
        far_end.command("answer")
        engine.wait_for_state("joined")
        lasting(far_end, engine)
        assert far_end.events().count("secured") == 1


def test_far_end_asks_for_an_offer(engine):
    """A re-INVITE without an offer is answered with one, of the same certificate."""
    with FarEnd() as far_end:
        engine.join(far_end.uri, **DTLS)
        engine.wait_for_state("joined")
        far_end.command("reinvite sdp=none")
        far_end.wait_for("answer", method="INVITE", status=200)
        lasting(far_end, engine)
        assert far_end.events().count("secured") == 1
