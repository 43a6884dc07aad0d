# SPDX-License-Identifier: Apache-2.0
"""Transfers: the far end asks for one, and the user decides; the user asks for one, and the far end decides."""

import urllib.parse

import pytest
from bare_far_end import BareFarEnd, answer_barely
from far_end import FarEnd
from sip_engine import states
from succession import kill

THIRD = "sip:third@192.0.2.77"


def asked(engine, timeout=10):
    """What the user is asked, when that is so."""
    return engine.wait_for(lambda m: m.get("transfer-request"), timeout, "transfer request")["transfer-request"]


def notice(far_end, status, state):
    """The next notice, answered."""
    notify = far_end.receive("NOTIFY")
    far_end.reply(notify, 200, "OK")
    assert notify.body.startswith(f"SIP/2.0 {status}"), notify.body
    assert notify.fields["subscription-state"].startswith(state) and notify.fields["event"].startswith("refer")
    return notify


def answer(engine, *answers):
    for one in answers:
        engine.send({"type": "answer-transfer", "answer": one})


def test_user_declines_and_the_third_party_hears_nothing(engine, far_end):
    with FarEnd() as third:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        far_end.command(f"refer {third.uri}")
        assert far_end.wait_for("answer", method="REFER")["status"] == 202
        assert asked(engine).startswith(f"{third.uri}?Referred-By=")
        assert far_end.wait_for("notified")["body"] == "SIP/2.0 100 Trying\r\n"
        answer(engine, "declined")
        last = far_end.wait_for("notified")
        assert last["body"] == "SIP/2.0 603 Decline\r\n" and last["state"].startswith("terminated")
        engine.wait_for_media(50)
        assert states(engine)[-1] == "joined"
        engine.send({"type": "leave"})
        far_end.wait_for("bye", by="caller")
        engine.wait_for_end()
        third.stats()
        assert third.events() == ["listening"]


def test_transfer_with_replaces(engine, far_end):
    """An attended one: the far end talks to the third party already."""
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command("refer sip:third@192.0.2.77?Replaces=some-call%3Bto-tag%3Da%3Bfrom-tag%3Db")
    target = asked(engine)
    assert "Replaces=some-call%3Bto-tag%3Da%3Bfrom-tag%3Db" in target


def test_call_that_was_asked_for_is_up(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "REFER", [f"Refer-To: <{THIRD}>"])
        assert far_end.receive_response("REFER").status == 202
        notice(far_end, 100, "active")
        answer(engine, "accepted", "done")
        notice(far_end, 200, "terminated")
        far_end.ask(invite, "BYE")
        ended = engine.wait_for_end()
        assert (ended["reason"], ended["detail"]) == ("hung-up", f"transferred to {THIRD}")


def test_call_that_is_asked_for_names_what_it_replaces(engine):
    with BareFarEnd() as third:
        engine.join(third.uri + "?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc&Referred-By=%3Csip%3Afar%40example.org%3E")
        invite = third.receive("INVITE")
        assert invite.uri == third.uri and invite.fields["replaces"] == "a;to-tag=b;from-tag=c"
        assert invite.fields["referred-by"] == "<sip:far@example.org>" and invite.fields["require"] == "replaces"
        third.reply(invite, 481, "Gone")
        assert engine.wait_for_end()["reason"] == "refused"


def test_user_asks_for_one(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        engine.send({"type": "transfer", "target": THIRD})
        refer = far_end.receive("REFER")
        assert refer.fields["refer-to"] == f"<{THIRD}>" and refer.contact == invite.contact
        assert refer.fields["referred-by"] == invite.fields["from"].partition(";tag")[0]
        far_end.reply(refer, 202, "Accepted")
        notify(far_end, invite, "100 Trying", "active;expires=60")
        notify(far_end, invite, "200 OK", "terminated;reason=noresource")
        far_end.reply(far_end.receive("BYE"), 200, "OK")
        ended = engine.wait_for_end()
        assert (ended["reason"], ended["detail"]) == ("hung-up", f"transferred to {THIRD}")


def notify(far_end, invite, result, state):
    far_end.ask(invite, "NOTIFY", ["Event: refer", f"Subscription-State: {state}", "Content-Type: message/sipfrag"],
                body=f"SIP/2.0 {result}\r\n")
    assert far_end.receive_response("NOTIFY").status == 200


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_call_goes_on_after_one_that_fails(engine, how):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        engine.send({"type": "transfer", "target": THIRD})
        refer = far_end.receive("REFER")
        far_end.reply(refer, *((603, "Decline") if how == "refused" else (202, "Accepted")))
        if how == "failed":
            notify(far_end, invite, "486 Busy Here", "terminated;reason=noresource")
        error = engine.wait_for_type("error")
        assert (error["request"], error["code"]) == ("transfer", "failed") and THIRD in error["message"]
        assert ("603 Decline" if how == "refused" else "486 Busy Here") in error["message"]
        far_end.forget_sound()
        far_end.receive_sound(25)
        assert states(engine)[-1] == "joined"


@pytest.mark.parametrize("target", ["tel:+4930", "sip:", "nonsense", "sip:a b@h", "sip:a@h\r\nX: y", ""])
def test_user_asks_for_one_to_nobody(engine, target):
    with BareFarEnd() as far_end:
        answer_barely(engine, far_end)
        engine.send({"type": "transfer", "target": target})
        assert engine.wait_for_type("error")["code"] in ("failed", "invalid")
        engine.ping()
        assert states(engine)[-1] == "joined"


def test_two_calls_are_connected(tmp_path, engine):
    """What one engine says of its call is what the other one's far end needs."""
    with BareFarEnd() as one, BareFarEnd() as other:
        answer_barely(engine, one)
        target = [m for m in engine.messages if m.get("transfer-target")][-1]["transfer-target"]
        uri, _, replaces = target.partition("?Replaces=")
        call_id, to_tag, from_tag = urllib.parse.unquote(replaces).split(";")
        assert uri == one.uri and to_tag == "to-tag=far-tag" and call_id and from_tag.startswith("from-tag=")
        with type(engine)(tmp_path) as second:
            answer_barely(second, other)
            second.send({"type": "transfer", "target": target})
            assert other.receive("REFER").fields["refer-to"] == f"<{target}>"


def test_successor_asks_the_user_still(tmp_path, engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "REFER", [f"Refer-To: <{THIRD}>"])
        notice(far_end, 100, "active")
        target = asked(engine)
        resume = kill(engine)
        with type(engine)(tmp_path) as second:
            second.join(far_end.uri, resume=resume)
            offer = far_end.receive("INVITE")
            far_end.reply(offer, 200, "OK", body=far_end.sdp(version=2))
            assert asked(second) == target
            answer(second, "declined")
            notice(far_end, 603, "terminated")


@pytest.mark.parametrize("uri", ["tel:+49301", "<<<", "http://example.org/"])
def test_transfer_to_what_nobody_can_call_is_refused(engine, uri):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "REFER", [f"Refer-To: <{uri}>"])
        assert far_end.receive_response("REFER").status == 400
        engine.ping()
        assert states(engine)[-1] == "joined"


@pytest.mark.parametrize("extra", [["Event: refer", "Subscription-State: terminated;reason=noresource"], []])
def test_notice_that_nobody_asked_for_ends_nothing(engine, extra):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "NOTIFY", extra, body="SIP/2.0 200 OK")
        assert far_end.receive_response("NOTIFY").status in (400, 481, 489)
        far_end.forget_sound()
        far_end.receive_sound(25)
        engine.ping()
        assert states(engine)[-1] == "joined"
