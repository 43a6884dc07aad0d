# SPDX-License-Identifier: Apache-2.0
"""What servers do wrong, by sipp: the reason is told, and neither a call nor a program is left.

What is not here the far ends of Tests/Engines do: see the README.
"""

import contextlib

import pytest
from account_engine import PASSWORD, USER, AccountEngine
from sipp import SIP_PORT, SIPp, description, refusal
from wire import Wire
from world import ADDRESS, enter_new_network

OWN = f"sip:{USER}@{ADDRESS}"
CONTACT = f"sip:far@{ADDRESS}:{SIP_PORT}"


def challenge(nonce, realm="server", more=""):
    return f'WWW-Authenticate: Digest realm="{realm}", nonce="{nonce}", algorithm=MD5, qop="auth"{more}'


def accepted(body=None, contact=CONTACT, field="X-None: 0"):
    return "accept", {"BODY": (body or description(1, "sendrecv")).strip(), "CONTACT": contact, "FIELDS": field}


@contextlib.contextmanager
def calling(folder, *parts, transport="udp", **sipp):
    """A call to that sipp, by an account of its domain; its scenario has to come to its end."""
    enter_new_network()
    kind = {"udp": "u1", "tcp": "t1"}[transport]
    with Wire() as wire, SIPp(folder, *parts, transport=kind, **sipp) as far_end, AccountEngine(folder) as engine:
        far_end.wire = wire
        engine.call(f"{far_end.uri};transport={transport}", address=OWN)
        yield engine, far_end
        far_end.wait_for_success()


def refused(engine, reason, *said):
    ended = engine.wait_for_end(timeout=5)
    assert ended["reason"] == reason, ended
    for text in said:
        assert text in ended["detail"], ended


def leave(engine):
    engine.send({"type": "leave"})
    assert engine.wait_for_end()["reason"] == "hung-up"


@pytest.mark.parametrize("status, field, reason", [
    ("503 Overloaded", "Retry-After: 120", "unreachable"), ("503 Overloaded", "Retry-After: soon", "unreachable"),
    ("480 Later", "Retry-After: 18000;duration=3600", "refused"),
    ("423 Interval Too Brief", "Min-Expires: 3600", "refused"),
    ("439 First Hop Lacks Outbound Support", "Supported: outbound", "refused"),
    ("403 Not With This Contact", 'Warning: 399 server "it is not yours"', "not-permitted"),
    ("699 What Is That", "X-Filler: " + "x" * 60_000, "refused")],
    ids=lambda text: text[:30])  # fmt: skip
def test_refusal_in_the_servers_words(tmp_path, status, field, reason):
    with calling(tmp_path, begin=None, before=[refusal(status, field)], serves=False) as (engine, _):
        refused(engine, reason, status)


def test_wrong_nonce_again_and_again(tmp_path):
    """No stale, and so a wrong password, as far as can be known."""
    asked = [refusal("401 Unauthorized", challenge(nonce)) for nonce in ("one", "two")]
    with calling(tmp_path, begin=None, before=asked, serves=False) as (engine, _):
        refused(engine, "not-permitted", USER, "server")


@pytest.mark.parametrize("asked", [
    [challenge("one")], [challenge("one"), challenge("two", more=", stale=true")],
    [challenge("one"), challenge("two", more=', stale="TRUE"'), challenge("three", more=", stale=true")],
    [challenge("one", realm="a proxy").replace("WWW", "Proxy"), challenge("two")]],
    ids=["once", "stale", "stale twice", "two realms"])  # fmt: skip
def test_password_that_is_right(tmp_path, asked):
    """sipp's own arithmetic says so."""
    before = [refusal("407 Proxy" if text.startswith("Proxy") else "401 Server", text) for text in asked]
    with calling(tmp_path, "answer", before=before, user=(USER, PASSWORD)) as (engine, _):
        engine.wait_for_state("joined")
        engine.wait_for_media(10)
        leave(engine)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_both_of_a_fork_answer(tmp_path, transport):
    with calling(tmp_path, begin="fork", transport=transport) as (engine, _):
        engine.wait_for_state("joined")
        engine.wait_for_media(10)
        # It stays for a while for answers of further phones.
        engine.send({"type": "leave"})
        assert engine.wait_for_state("ended")["reason"] == "hung-up"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_header_of_sixty_kilobytes(tmp_path, transport):
    huge = accepted(field="X-Filler: " + "x" * 60_000)
    with calling(tmp_path, huge, transport=transport) as (engine, _):
        engine.wait_for_state("joined")
        engine.wait_for_media(10)
        leave(engine)


GOOD = description(1, "sendrecv")
MALFORMED = {
    "empty lines": GOOD.replace("\n", "\n\n"),
    "no version": GOOD.replace("v=0\n", ""),
    "no stream": GOOD.partition("m=")[0],
    "no address": GOOD.replace("c=IN IP4 [media_ip]\n", ""),
    "no port": GOOD.replace("[media_port] ", ""),
    "huge port": GOOD.replace("[media_port]", "99999"),
    "minus port": GOOD.replace("[media_port]", "-1"),
    "port 0": GOOD.replace("[media_port]", "0"),
    "another family": GOOD.replace("IP4 [media_ip]", "IP9 x"),
    "name of nobody": GOOD.replace("[media_ip]", "nobody.invalid"),
    "broadcast": GOOD.replace("[media_ip]", "255.255.255.255"),
    "no formats": GOOD.replace("RTP/AVP 0 101", "RTP/AVP"),
    "words for formats": GOOD.replace("AVP 0 101", "AVP x y"),
    "format 999": GOOD.replace("AVP 0 101", "AVP 999"),
    "many streams": GOOD + "m=audio 9 RTP/AVP 0\n" * 200,
    "long line": GOOD + "a=" + "x" * 50_000,
    "binary": "v=0\no=\x01\x02 \x7f\n" + GOOD,
    "none of it": "nonsense",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED)
def test_malformed_description(tmp_path, body):
    """It makes a call, or it is said why not, and the server gets its BYE."""
    with calling(tmp_path, accepted(body), "goodbye", serves=False) as (engine, _):
        state = engine.wait_for(lambda m: m.get("state") in ("joined", "ended"), what="end of it")
        if state["state"] == "joined":
            leave(engine)
        else:
            assert state["reason"] == "refused" and "answer" in state["detail"], state
            assert engine.wait_for_exit(5) == 0


def test_silence_after_the_first_word(tmp_path):
    """The user's patience ends it, and the server is told."""
    with calling(tmp_path, begin="trying", serves=False) as (engine, far_end):
        far_end.wire.wait_for_sip(lambda m: m.status == 100, what="the first word")
        leave(engine)


@pytest.mark.parametrize("contact", [
    f"sip:{ADDRESS}:{SIP_PORT}", f"sip:far@{ADDRESS}:{SIP_PORT};ob;alias=10.0.0.1~5060~1",
    f"sip:+4930-12%20@{ADDRESS}:{SIP_PORT};user=phone"])
def test_contact_that_is_rewritten(tmp_path, contact):
    """By a middlebox: what the caller says from then on is for what stands there now."""
    with calling(tmp_path, accepted(contact=contact)) as (engine, far_end):
        engine.wait_for_state("joined")
        engine.send({"type": "set-held", "held": True})
        engine.wait_for_state("joined", held=True)
        leave(engine)
        ack, hold = [m for m in far_end.wire.sip() if m.method in ("ACK", "INVITE") and m.tag("to")][:2]
        assert (ack.method, hold.method) == ("ACK", "INVITE")
        assert {m.first.split()[1] for m in (ack, hold)} == {contact}

