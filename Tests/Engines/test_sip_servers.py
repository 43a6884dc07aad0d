# SPDX-License-Identifier: Apache-2.0
"""What servers and what is between do wrong, and what becomes of the call; Tests/Interop/test_servers.py has more."""

import pytest
from bare_far_end import BareFarEnd, answer_barely
from engine_process import TimedOut
from far_end import FarEnd
from sip_engine import SIPEngine, states
from succession import call_and_kill, hold, wait_for_calls

# Seconds until a server that says nothing at all is given up: 64 times T1 of RFC 3261.
GIVEN_UP = 32


@pytest.mark.parametrize("lost", [1, 3])
def test_confirmation_of_a_hold_is_lost(engine, lost):
    with FarEnd("--trace") as far_end:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        far_end.wait_for_packets(10)
        far_end.command(f"drop ACK={lost}")
        far_end.stats()
        hold(engine)
        for _ in range(lost):
            far_end.wait_for("dropped")
        far_end.reader.wait_for(
            lambda m: m["event"] == "received" and m["first"].startswith("ACK"), 10, "ACK of the repeated 200")
        hold(engine, False)
        far_end.wait_for_packets(25)
        engine.send({"type": "leave"})
        assert engine.wait_for_end()["reason"] == "hung-up"


@pytest.mark.parametrize("dies", [False, True])
def test_three_phones_ring_and_all_answer(tmp_path, dies):
    """Two of them are ended; the third has the call, and its successor does not ask the others again."""
    with FarEnd("--fork", 3) as far_end:
        if dies:
            resume = call_and_kill(tmp_path, far_end)
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, resume=resume if dies else None)
            engine.wait_for_state("joined")
            engine.wait_for_media(10)
            wait_for_calls(far_end, 1)
            engine.send({"type": "leave"})
            assert engine.wait_for_state("ended")["reason"] == "hung-up"
            wait_for_calls(far_end, 0)


@pytest.mark.parametrize("statuses", [(180, 486, 486), (183, 180, 404, 486), (100, 181, 182, 199, 603)], ids=str)
def test_many_first_words_of_several_phones(engine, statuses):
    """Then a refusal, which a proxy says for all of them."""
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        for number, status in enumerate(statuses):
            far_end.reply(invite, status, "As It Is", tag=f"phone-{number}")
        ended = engine.wait_for_end()
        assert ended["detail"].startswith(f"{next(s for s in statuses if s >= 300)} As It Is")


GOOD = "v=0\r\no=far 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize(
    "body", ["nonsense", "v=0\r\n", GOOD.partition("m=")[0], GOOD.replace("{port}", "x"), GOOD.replace(" 0\r\nm", "m"),
             GOOD.replace("RTP/AVP 0", "RTP/AVP"), GOOD.replace("v=0", "v=1"), GOOD.replace("o=far 1 2", "o=far"),
             GOOD.replace("IN IP4 127.0.0.1", "IN IP4 nobody.invalid"), GOOD + "a=" + "x" * 50_000 + "\r\n",
             GOOD + "m=audio 9 RTP/AVP 0\r\n" * 500], ids=lambda body: body[-30:])  # fmt: skip
def test_malformed_offer_in_the_call(engine, method, body):
    """Refused or understood: the call stays as it is, and sound with it."""
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, method, body=body.replace("{port}", str(far_end.media.getsockname()[1])))
        answer = far_end.receive_response(method)
        assert answer.status in (200, 400, 488, 606)
        if method == "INVITE":
            far_end.ask(invite, "ACK", sequence=answer.sequence)
        far_end.ask(invite, "UPDATE", body=far_end.sdp(version=3))
        assert far_end.receive_response("UPDATE").status == 200
        far_end.forget_sound()
        far_end.receive_sound(10)
        assert states(engine)[-1] == "joined"


@pytest.mark.parametrize("target", ["sip:rewritten@{host}:{port}", "sip:{host}:{port};transport=udp;ob",
                                    "sip:{user}@10.255.255.1:5060", "sip:{user}@nat.invalid"])
def test_own_contact_that_a_middlebox_has_rewritten(engine, target):
    """What comes at this end's socket in its dialog, from the far end, is for it, whatever the request line says."""
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        host, port = invite.sender
        user = invite.contact.partition(":")[2].partition("@")[0]
        changed = target.format(host=host, port=port, user=user)
        own = [f"{invite.fields['to']};tag=far-tag", invite.fields["from"]]
        for number, method in enumerate(("OPTIONS", "BYE")):
            far_end.request(method, changed, invite.sender, invite.fields["call-id"], 10 + number, *own)
            assert far_end.receive_response(method).status == 200
        assert engine.wait_for_end()["reason"] == "removed"


def test_silence_from_the_first_word_on(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        far_end.receive("INVITE")
        with pytest.raises(TimedOut):
            engine.wait_for_state("ended", timeout=3)
        ended = engine.wait_for_end(timeout=GIVEN_UP + 3)
        assert (ended["reason"], ended["detail"]) == ("unreachable", "no reply")
