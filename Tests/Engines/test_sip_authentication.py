# SPDX-License-Identifier: Apache-2.0
"""Servers and proxies that ask for a password.

The far end verifies each answer, and that an ACK has its INVITE's; the engine's wrapper, that nothing of the engine's
has the password in it.
"""

import json

import pytest
from account_engine import ADDRESS, PASSWORD, USER, AccountEngine, asks
from bare_far_end import BareFarEnd
from far_end import FarEnd
from sip_engine import states
from succession import hold, wait_for_calls

# Seconds in which a refusal is told.
AT_ONCE = 2
CHALLENGE = 'WWW-Authenticate: Digest realm="far end", nonce="abc", algorithm=MD5, qop="auth"'
FIELDS = ("authorization", "proxy-authorization")


@pytest.fixture
def engine(tmp_path):
    with AccountEngine(tmp_path) as engine:
        yield engine


def challenged(far_end):
    """Why it asked, each time so far."""
    far_end.stats()
    return [m["why"] for m in far_end.reader.seen if m["event"] == "challenged"]


def leave(engine, far_end):
    engine.send({"type": "leave"})
    far_end.wait_for("bye", by="caller")
    assert engine.wait_for_end()["reason"] == "hung-up"


def refused(engine, *said, timeout=AT_ONCE):
    ended = engine.wait_for_end(timeout)
    assert ended["reason"] == "not-permitted"
    for text in said:
        assert text in ended["detail"]
    assert len(ended["detail"]) < 400
    return ended


# The ways to ask


@pytest.mark.parametrize(
    "options, rounds",
    [(("--challenge", "401"), 1), (("--challenge", "407"), 1), (("--digest", "SHA-256"), 1),
     (("--digest", "SHA-512-256"), 1), (("--digest", "MD5-sess"), 1), (("--digest", "SHA-256-sess"), 1),
     (("--digest", "SHA-256,MD5"), 1), (("--digest", "SHA3-512,MD5"), 1),
     (("--qop", "auth"), 1), (("--qop", "auth-int,auth"), 1), (("--qop", "none"), 1),
     (("--challenge", "407=a proxy", "--challenge", "401=server"), 2),
     (("--challenge", "407=a proxy", "--challenge", "407=other", "--challenge", "401=server"), 3),
     (("--challenge", "407=a proxy", "--challenge", "407=other", "--together"), 1),
     (("--challenge", "407=other", "--challenge", "401=other"), 2)], ids=lambda value: str(value))  # fmt: skip
def test_password_is_said(engine, options, rounds):
    with FarEnd(*asks(*options)) as far_end:
        engine.call(far_end.uri)
        engine.wait_for_state("joined")
        far_end.wait_for_packets(10)
        leave(engine, far_end)
        assert challenged(far_end) == ["nothing"] * rounds
        assert far_end.events().count("incoming") == 1
        assert states(engine) == ["connecting", "ringing", "joined", "ended"]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_user_of_the_address_is_who_says_it(engine, transport):
    with FarEnd(*asks()) as far_end:
        engine.call(f"{far_end.uri};transport={transport}", auth_user=None, display_name="Me, Myself")
        assert far_end.wait_for("incoming", transport=transport)["from"] == ADDRESS
        engine.wait_for_state("joined")
        leave(engine, far_end)


@pytest.mark.parametrize("password", ['a "quoted\\" word', "pässwörd ✓", "a:b:c", "%41", "x" * 500])
def test_password_of_any_signs(engine, password):
    with FarEnd(*asks(password=password)) as far_end:
        engine.call(far_end.uri, password=password)
        engine.wait_for_state("joined")
        leave(engine, far_end)


def test_server_that_asks_when_it_rings_already(engine):
    """Its realm is known only to the account."""
    with BareFarEnd() as far_end:
        engine.call(far_end.uri, realm="far end")
        first = far_end.receive("INVITE")
        far_end.reply(first, 180, "Ringing", tag="early")
        far_end.reply(first, 401, "Unauthorized", tag="asks", extra=[CHALLENGE])
        ack = far_end.receive("ACK")
        assert (ack.branch, ack.tag("to")) == (first.branch, "asks")
        second = far_end.receive("INVITE")
        assert (second.fields["call-id"], second.fields["from"]) == (first.fields["call-id"], first.fields["from"])
        assert (second.sequence, second.tag("to"), second.uri) == (first.sequence + 1, None, first.uri)
        assert second.branch != first.branch and f'username="{USER}"' in second.fields["authorization"]
        far_end.reply(second, 200, "OK", body=far_end.sdp())
        assert far_end.receive("ACK").fields["authorization"] == second.fields["authorization"]
        engine.wait_for_state("joined")


@pytest.mark.parametrize("realm", ["far end", "a proxy"])
@pytest.mark.parametrize("when", ["ringing", "joined"])
def test_callee_behind_the_server_who_asks(engine, realm, when):
    """The server has asked for another one. What the callee asks comes from the server's address, too."""
    with BareFarEnd() as far_end:
        engine.call(far_end.uri)
        proxy = CHALLENGE.replace("WWW", "Proxy").replace("far end", "a proxy")
        far_end.reply(far_end.receive("INVITE"), 407, "Password", extra=[proxy])
        invite = far_end.receive("INVITE")
        asked = CHALLENGE.replace("far end", realm)
        if when == "ringing":
            far_end.reply(invite, 180, "Ringing", tag="callee")
            engine.wait_for_state("ringing")
            far_end.reply(invite, 401, "Password", tag="callee", extra=[asked])
            refused(engine, realm, "far end may have asked", "set it as the account's realm")
        else:
            far_end.reply(invite, 200, "OK", tag="callee", body=far_end.sdp())
            engine.wait_for_state("joined")
            engine.send({"type": "set-held", "held": True})
            again = far_end.receive("INVITE")
            assert "authorization" not in again.fields and "proxy-authorization" in again.fields
            far_end.reply(again, 401, "Password", extra=[asked])
            assert "far end may have asked" in engine.wait_for_type("error")["message"]
        with pytest.raises(AssertionError):
            far_end.receive("INVITE", timeout=0.3)


@pytest.mark.parametrize("is_server", [True, False])
def test_whom_the_call_is_with_is_what_the_server_says(engine, is_server):
    with BareFarEnd() as far_end:
        engine.call(far_end.uri, address=ADDRESS if is_server else "sip:me@example.org")
        said = 'P-Asserted-Identity: "Front \u202edesk\x1b[31m" <sip:desk@example.org;user=phone>'
        far_end.reply(far_end.receive("INVITE"), 200, "OK", body=far_end.sdp(), extra=[said])
        joined = engine.wait_for_state("joined")
        assert joined.get("connected-to") == ("Front desk [31m sip:desk@example.org" if is_server else None)


# Within the call


@pytest.mark.parametrize(
    "options, reasons",
    [((), ["nothing"]), (("--nextnonce",), ["nothing"]), (("--qop", "none"), ["nothing"]),
     (("--challenge", "407"), ["nothing"]),
     (("--challenge", "407=a proxy", "--challenge", "401=server"), ["nothing"] * 2),
     # INVITE, PRACK, hold, unhold, BYE.
     (("--stale-after", 1), ["nothing", "stale", "stale", "stale", "stale"])], ids=str)  # fmt: skip
def test_everything_is_asked_for_it(engine, options, reasons):
    with FarEnd(*asks("--challenge-for", "ALL", "--reliable", *options)) as far_end:
        engine.call(far_end.uri)
        far_end.wait_for("prack")
        engine.wait_for_state("joined")
        hold(engine)
        far_end.wait_for("held-by-caller")
        hold(engine, False)
        leave(engine, far_end)
        assert challenged(far_end) == reasons


@pytest.mark.parametrize("method", ["PRACK", "REINVITE", "BYE"])
@pytest.mark.parametrize("status", [401, 407])
def test_only_what_comes_later_is_asked_for_it(engine, method, status):
    with FarEnd(*asks("--challenge-for", method, "--challenge", status, "--reliable")) as far_end:
        engine.call(far_end.uri, realm="far end")
        engine.wait_for_state("joined")
        hold(engine)
        leave(engine, far_end)
        assert challenged(far_end) == ["nothing"]


def test_password_that_is_changed_during_the_call(engine):
    # Each request tries the password once more: it may be that only the nonce is too old.
    with FarEnd(*asks("--challenge-for", "ALL"), strict=False) as far_end:
        engine.call(far_end.uri)
        engine.wait_for_state("joined")
        far_end.command(f"set password {USER}:another")
        engine.send({"type": "set-held", "held": True})
        error = engine.wait_for_type("error")
        assert error["request"] == "set-held" and "far end" in error["message"]
        far_end.wait_for_packets(25)
        assert states(engine)[-1] == "joined"
        # Its BYE is not taken either; that is no reason to stay.
        engine.send({"type": "leave"})
        assert engine.wait_for_end(timeout=4)["reason"] == "hung-up"
        assert challenged(far_end).count("wrong") <= 4


# Refusals


@pytest.mark.parametrize("options", [(), ("--challenge", "407=far end"), ("--digest", "SHA-256"), ("--qop", "none")])
def test_wrong_password_is_said_at_once(engine, options):
    with FarEnd(*asks(*options)) as far_end:
        engine.call(far_end.uri, password="wrong-as-it-is")
        refused(engine, USER, "far end")
        assert challenged(far_end) == ["nothing", "wrong"]


def test_wrong_password_of_one_of_two(engine):
    """The realm that is named is the one whose password is wrong."""
    with BareFarEnd() as far_end:
        engine.call(far_end.uri)
        proxy = CHALLENGE.replace("WWW", "Proxy").replace("far end", "right place")
        far_end.reply(far_end.receive("INVITE"), 407, "Password", extra=[proxy])
        far_end.reply(far_end.receive("INVITE"), 401, "Password", extra=[CHALLENGE])
        last = far_end.receive("INVITE")
        assert all(field in last.fields for field in FIELDS)
        far_end.reply(last, 401, "Password", extra=[CHALLENGE.replace("abc", "def")])
        assert "right place" not in refused(engine, USER, "far end")["detail"]


@pytest.mark.parametrize("changed", [{"password": None}, {"realm": "another realm"}], ids=str)
def test_account_without_a_password_for_it(engine, changed):
    with FarEnd(*asks()) as far_end:
        engine.call(far_end.uri, **changed)
        refused(engine, "far end")
        assert challenged(far_end) == ["nothing"]


def test_no_account(engine):
    with FarEnd(*asks()) as far_end:
        engine.join(far_end.uri)
        refused(engine, "far end", "password")
        assert challenged(far_end) == ["nothing"]


def test_realm_of_the_account(engine):
    with FarEnd(*asks()) as far_end:
        engine.call(far_end.uri, realm="far end")
        engine.wait_for_state("joined")
        leave(engine, far_end)


def test_server_that_asks_for_ever(engine):
    with FarEnd(*asks("--challenge-for-ever")) as far_end:
        engine.call(far_end.uri)
        refused(engine)
        assert 2 <= len(challenged(far_end)) <= 6


@pytest.mark.parametrize(
    "challenge, said",
    [('Digest realm="far end", nonce="abc", qop="auth-int"', "auth-int"), ('Bearer realm="far end"', "Bearer"),
     ('Digest realm="far end", nonce="abc", algorithm=AKAv1-MD5', "AKAv1-MD5"), ('Digest realm="far end"', "nonce"),
     ('Digest realm="far end, nonce="abc"', ""), (f'Digest realm="far end", nonce="{"x" * 30_000}"', ""),
     ('Digest realm="\x01\x02", nonce="\x7f", qop="auth"', None), ("", "")], ids=lambda value: str(value)[:40])
@pytest.mark.parametrize("status, name", [(401, "WWW-Authenticate"), (407, "Proxy-Authenticate")])
def test_challenge_that_cannot_be_answered(engine, challenge, said, status, name):
    """Or can be: then it is."""
    with BareFarEnd() as far_end:
        engine.call(far_end.uri)
        far_end.reply(far_end.receive("INVITE"), status, "Password", extra=[f"{name}: {challenge}"])
        if said is None:
            far_end.reply(far_end.receive("INVITE"), 486, "Busy Here")
            assert engine.wait_for_end()["reason"] == "busy"
        else:
            refused(engine, said)
            with pytest.raises(AssertionError):
                far_end.receive("INVITE", timeout=0.2)


@pytest.mark.parametrize("changed", [
    {"auth_user": 'm"\r\nX-Evil: 1\r\nX: "'}, {"auth_user": "m\\"},
    {"display_name": 'M"\r\nX-Evil: 1\r\nX: "'}], ids=str)  # fmt: skip
def test_account_adds_no_fields_of_its_own(engine, changed):
    with BareFarEnd() as far_end:
        engine.call(far_end.uri, **changed)
        try:
            first = far_end.receive("INVITE", timeout=1)
        except AssertionError:
            assert engine.wait_for_end()["reason"] == "engine-failed"
            return
        far_end.reply(first, 401, "Password", extra=[CHALLENGE])
        second = far_end.receive("INVITE")
        assert "x-evil" not in first.fields and "x-evil" not in second.fields
        far_end.reply(second, 486, "Busy Here")
        engine.wait_for_end()


@pytest.mark.parametrize("account", [
    {"password": PASSWORD}, {"address": 5, "password": PASSWORD}, {"address": ADDRESS, "password": [PASSWORD]},
    {"address": "nonsense", "password": PASSWORD}, {"address": "http://example.org", "password": PASSWORD}, PASSWORD,
    [PASSWORD]], ids=str)  # fmt: skip
def test_account_that_is_none_is_told_without_its_password(engine, account):
    engine.account = {"password": PASSWORD}
    engine.hello()
    engine.send({"type": "join", "uri": "sip:far@127.0.0.1:9", "muted": False, "settings": {}, "account": account})
    answer = engine.wait_for(lambda m: m.get("type") == "error" or m.get("state") == "ended", what="refusal")
    assert answer.get("code") == "invalid" or answer.get("reason") == "engine-failed", answer
    assert "account" in json.dumps(answer) or "address" in json.dumps(answer)


# Strangers get nothing


@pytest.mark.parametrize("asked_before", [False, True])
def test_redirect_to_a_stranger_who_asks(engine, asked_before):
    with BareFarEnd("127.0.0.2") as stranger:
        door = ["--reject", 302, "--header", f"302 Contact: {stranger.contact}"]
        with FarEnd(*(asks() if asked_before else []), *door) as far_end:
            engine.call(far_end.uri)
            invite = stranger.receive("INVITE")
            assert not [field for field in FIELDS if field in invite.fields]
            stranger.reply(invite, 401, "Password", extra=[CHALLENGE])
            refused(engine, "far end")
            with pytest.raises(AssertionError):
                stranger.receive("INVITE", timeout=0.2)


def test_callee_elsewhere_who_asks(engine):
    with BareFarEnd("127.0.0.2") as stranger:
        engine.call(stranger.uri)
        stranger.reply(stranger.receive("INVITE"), 407, "Password", extra=[CHALLENGE.replace("WWW", "Proxy")])
        refused(engine, "far end")
        with pytest.raises(AssertionError):
            stranger.receive("INVITE", timeout=0.2)


# Hanging up


@pytest.mark.parametrize("options", [(), ("--challenge", "407=a proxy", "--challenge", "401=server")], ids=str)
def test_cancel_after_a_challenge(engine, options):
    with FarEnd(*asks("--ring-only", "--challenge-for", "ALL", *options)) as far_end:
        engine.call(far_end.uri)
        engine.wait_for_state("ringing")
        engine.send({"type": "leave"})
        far_end.wait_for("cancelled", by="caller")
        assert engine.wait_for_end()["reason"] == "hung-up"
        assert far_end.stats()["calls"] == 0


def test_challenge_to_who_has_hung_up_is_not_answered(engine):
    with BareFarEnd() as far_end:
        engine.call(far_end.uri)
        invite = far_end.receive("INVITE")
        engine.send({"type": "leave"})
        engine.wait_for_state("ended")
        far_end.reply(invite, 401, "Password", extra=[CHALLENGE])
        assert far_end.receive("ACK").branch == invite.branch
        with pytest.raises(AssertionError):
            far_end.receive("INVITE", timeout=0.3)
        assert engine.wait_for_exit(3) == 0


def test_hanging_up_between_the_answer_and_the_first_word(engine):
    with BareFarEnd() as far_end:
        engine.call(far_end.uri)
        far_end.reply(far_end.receive("INVITE"), 401, "Password", extra=[CHALLENGE])
        second = far_end.receive("INVITE")
        engine.send({"type": "leave"})
        engine.wait_for_state("ended")
        far_end.reply(second, 180, "Ringing")
        cancel = far_end.receive("CANCEL")
        assert (cancel.branch, cancel.sequence) == (second.branch, second.sequence)
        far_end.reply(cancel, 200, "OK")
        far_end.reply(second, 487, "Request Terminated")
        assert far_end.receive("ACK").branch == second.branch
        assert engine.wait_for_exit(3) == 0


def test_goodbye_is_accepted_though_its_nonce_is_old(engine):
    with FarEnd(*asks("--challenge-for", "INVITE,BYE", "--stale-after", 1, "--drop", "BYE=1")) as far_end:
        engine.call(far_end.uri)
        engine.wait_for_state("joined")
        leave(engine, far_end)
        wait_for_calls(far_end, 0)
        assert challenged(far_end) == ["nothing", "stale"]
