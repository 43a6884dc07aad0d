# SPDX-License-Identifier: Apache-2.0
"""The far end asks for passwords in every way, and complains of answers that are against the rules."""

import hashlib
import re

import pytest
from bare_far_end import BareFarEnd
from engine_process import TimedOut
from far_end import FarEnd

PASSWORD = ("--password", "user:secret")
HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def challenges(response):
    """The parameters of each."""
    return [dict(re.findall(r'([\w-]+)="?([^",]+)"?', line.partition("Digest ")[2]))
            for line in response.lines if "-authenticate:" in line.lower()]  # fmt: skip


def digest(asked, method, request_uri, password="secret", count=1, changed=None):
    """The parameters of an answer; those that are changed to None are left out."""
    name = asked.get("algorithm", "MD5")

    def hashed(*parts):
        return hashlib.new(HASHES[name.removesuffix("-sess")], ":".join(parts).encode()).hexdigest()

    secret = hashed("user", asked["realm"], password)
    if name.endswith("-sess"):
        secret = hashed(secret, asked["nonce"], "mine")
    numbers = [f"{count:08x}", "mine", "auth"] if "qop" in asked else []
    response = hashed(secret, asked["nonce"], *numbers, hashed(method, request_uri))
    words = {"username": '"user"', "uri": f'"{request_uri}"', "response": f'"{response}"'}
    words |= {name: f'"{asked[name]}"' for name in ("realm", "nonce", "opaque") if name in asked}
    if "algorithm" in asked:
        words["algorithm"] = name
    if numbers:
        words |= {"nc": numbers[0], "cnonce": '"mine"', "qop": "auth"}
    words |= changed or {}
    return "Digest " + ", ".join(f"{name}={value}" for name, value in words.items() if value is not None)


class Caller(BareFarEnd):
    """Says its password as a test wants it said."""

    def __init__(self, far_end):
        super().__init__()
        self.far_end, self.place = far_end, ("127.0.0.1", far_end.port)
        self.number, self.count = 0, 0
        self.to = f"<{far_end.uri}>"

    def ask_for(self, method, *fields, body="", call_id="one-call"):
        """Its final response; a 2xx to INVITE is confirmed with the same fields."""
        self.number += 1
        self._say(method, fields, body or (self.sdp() if method == "INVITE" else ""), call_id)
        while (response := self.receive_response(method)).sequence != self.number:
            """One that was said again, as nothing confirms it."""
        if method == "INVITE" and response.status < 300:
            self.to = response.fields["to"]
            self._say("ACK", fields, "", call_id)
        return response

    def _say(self, method, fields, body, call_id):
        own = f"{self.contact};tag=caller"
        self.request(method, self.far_end.uri, self.place, call_id, self.number, own, self.to, fields, body)

    def send_bytes(self, data, destination):
        self.sent = data
        super().send_bytes(data, destination)

    def confirm_refusal(self, invite, refusal):
        """The ACK is of the INVITE's transaction."""
        lines = invite.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        fields = [line for line in lines if not line.startswith(("Content", "To:", "CSeq:"))]
        fields[0] = fields[0].replace("INVITE", "ACK")
        self._send([*fields, f"To: {refusal.fields['to']}", f"CSeq: {refusal.sequence} ACK"], "", self.place)

    def repeat(self, request):
        """The next response to it."""
        for _ in range(20):
            self.send_bytes(request, self.place)
            try:
                return self.receive_response("INVITE", 0.5)
            except TimedOut:
                """The transaction absorbs it."""
        raise AssertionError("no response to the INVITE that was repeated for ten seconds")

    def answer(self, response, method="INVITE", status=401, **changed):
        name = "Authorization" if status == 401 else "Proxy-Authorization"
        return f"{name}: {digest(challenges(response)[0], method, self.far_end.uri, **changed)}"


def complaint(far_end, part):
    return far_end.reader.wait_for(
        lambda m: m["event"] == "violation" and part in m["text"], 5, f"a complaint of “{part}”")


@pytest.mark.parametrize(
    "options",
    [(), ("--challenge", "407=a proxy"), ("--digest", "SHA-256"), ("--digest", "SHA-512-256"),
     ("--digest", "MD5-sess"), ("--digest", "SHA-256-sess"), ("--qop", "auth"), ("--qop", "none"),
     ("--qop", "none", "--digest", "SHA-256"), ("--digest", "SHA3-512,SHA-256,MD5")], ids=" ".join)  # fmt: skip
def test_right_password_is_let_in(options):
    with FarEnd(*PASSWORD, *options) as far_end, Caller(far_end) as caller:
        status = 407 if "--challenge" in options else 401
        asked = caller.ask_for("INVITE")
        assert asked.status == status
        known = [c for c in challenges(asked) if "SHA3" not in c.get("algorithm", "MD5")]
        field = "Proxy-Authorization" if status == 407 else "Authorization"
        answer = digest(known[0], "INVITE", far_end.uri)
        assert caller.ask_for("INVITE", f"{field}: {answer}").status == 200
        assert far_end.wait_for("challenged")["why"] == "nothing"
        assert far_end.wait_for("let-in")["realms"] == ["a proxy" if status == 407 else "far end"]


def test_wrong_password_is_told_and_is_not_to_be_tried_again():
    with FarEnd(*PASSWORD, strict=False) as far_end, Caller(far_end) as caller:
        asked = caller.ask_for("INVITE")
        again = caller.ask_for("INVITE", caller.answer(asked, password="other"))
        assert again.status == 401 and "stale" not in again.fields["www-authenticate"]
        assert [far_end.wait_for("challenged")["why"] for _ in range(2)] == ["nothing", "wrong"]
        assert far_end.violations() == []
        caller.ask_for("INVITE", caller.answer(again, password="other"))
        complaint(far_end, "tries a password again that was rejected")


@pytest.mark.parametrize("changed, part", [
    ({"nc": "00000000"}, "nc=00000000 after 00000000"), ({"nc": "1"}, "nc=1"),
    ({"nc": '"00000001"'}, "nc in quotation marks"), ({"cnonce": None}, "no cnonce"),
    ({"qop": None}, "has no qop"), ({"qop": "auth-conf"}, "qop=auth-conf"),
    ({"uri": '"sip:other@127.0.0.1"'}, "is for sip:other"), ({"uri": None}, "has no uri"),
    ({"algorithm": "SHA-256"}, "is of SHA-256"), ({"opaque": '"x"'}, "the opaque value x"),
    ({"opaque": None}, "the opaque value None"), ({"nonce": '"x"'}, "never given"),
    ({"realm": '"x"'}, "of “x”, who did not ask"), ({"username": "user"}, "username without"),
    ({"response": '"x", nonce="y"'}, "has nonce twice"), ({"response": '"x'}, "cannot be read")])
def test_answers_against_the_rules(changed, part):
    with FarEnd(*PASSWORD, strict=False) as far_end, Caller(far_end) as caller:
        caller.ask_for("INVITE", caller.answer(caller.ask_for("INVITE"), changed=changed))
        complaint(far_end, part)


def test_count_that_does_not_rise():
    with FarEnd(*PASSWORD, "--challenge-for", "ALL", strict=False) as far_end, Caller(far_end) as caller:
        asked = caller.ask_for("INVITE")
        caller.ask_for("INVITE", caller.answer(asked, count=2))
        assert caller.ask_for("OPTIONS", caller.answer(asked, "OPTIONS", count=3)).status == 200
        assert far_end.violations() == []
        caller.ask_for("BYE", caller.answer(asked, "BYE", count=3))
        complaint(far_end, "nc=00000003 after 00000003")


def test_same_request_after_its_transaction_is_stale():
    """To a server that has forgotten the transaction, the count was used before."""
    challenged = ("--challenge", "407=one", "--challenge", "407=other")
    with FarEnd(*PASSWORD, *challenged) as far_end, Caller(far_end) as caller:
        asked = caller.ask_for("INVITE")
        caller.confirm_refusal(caller.sent, asked)
        refusal = caller.ask_for("INVITE", caller.answer(asked, status=407))
        assert challenges(refusal)[0]["realm"] == "other"
        invite = caller.sent
        caller.confirm_refusal(invite, refusal)
        again = caller.repeat(invite)
        assert (challenges(again)[0]["realm"], challenges(again)[0]["stale"]) == ("one", "true")
        caller.confirm_refusal(invite, again)
        assert far_end.violations() == []


def test_nonce_of_another_call():
    with FarEnd(*PASSWORD, strict=False) as far_end, Caller(far_end) as caller:
        caller.ask_for("INVITE", caller.answer(caller.ask_for("INVITE")), call_id="other-call")
        complaint(far_end, "has the nonce of another call")


def test_confirmation_without_the_credentials():
    with FarEnd(*PASSWORD, strict=False) as far_end, Caller(far_end) as caller:
        answer = caller.answer(caller.ask_for("INVITE"))
        caller.number += 1
        caller._say("INVITE", [answer], caller.sdp(), "one-call")
        caller.to = caller.receive_response("INVITE").fields["to"]
        caller._say("ACK", [], "", "one-call")
        complaint(far_end, "ACK of a 2xx has not the credentials")


@pytest.mark.parametrize("together", [False, True])
def test_two_realms(together):
    options = ("--challenge", "407=one", "--challenge", "407=other", *(["--together"] if together else []))
    with FarEnd(*PASSWORD, *options) as far_end, Caller(far_end) as caller:
        known = []
        asked = caller.ask_for("INVITE")
        assert [c["realm"] for c in challenges(asked)] == ["one", "other"][:1 + together]
        while asked.status == 407:
            known += challenges(asked)
            count = caller.number
            asked = caller.ask_for(
                "INVITE", *(f"Proxy-Authorization: {digest(c, 'INVITE', far_end.uri, count=count)}" for c in known))
        assert asked.status == 200
        assert far_end.wait_for("let-in")["realms"] == ["one", "other"]


def test_nonce_that_becomes_too_old():
    with FarEnd(*PASSWORD, "--challenge-for", "ALL", "--stale-after", 1) as far_end, Caller(far_end) as caller:
        asked = caller.ask_for("INVITE")
        caller.ask_for("INVITE", caller.answer(asked))
        old = caller.ask_for("BYE", caller.answer(asked, "BYE", count=2))
        assert old.status == 401 and challenges(old)[0]["stale"] == "true"
        assert caller.ask_for("BYE", caller.answer(old, "BYE")).status == 200


def test_nonce_of_the_next_request():
    with FarEnd(*PASSWORD, "--challenge-for", "ALL", "--nextnonce") as far_end, Caller(far_end) as caller:
        asked = caller.ask_for("INVITE")
        accepted = caller.ask_for("INVITE", caller.answer(asked))
        following = accepted.fields["authentication-info"].split('"')[1]
        old = caller.ask_for("OPTIONS", caller.answer(asked, "OPTIONS", count=2))
        assert challenges(old)[0]["stale"] == "true"
        next_one = digest(challenges(asked)[0] | {"nonce": following}, "OPTIONS", far_end.uri)
        assert caller.ask_for("OPTIONS", f"Authorization: {next_one}").status == 200


def test_every_nonce_is_too_old():
    with FarEnd(*PASSWORD, "--challenge-for-ever") as far_end, Caller(far_end) as caller:
        asked = caller.ask_for("INVITE")
        for _ in range(3):
            asked = caller.ask_for("INVITE", caller.answer(asked))
            assert asked.status == 401 and challenges(asked)[0]["stale"] == "true"


def test_another_password_from_now_on():
    with FarEnd(*PASSWORD, "--challenge-for", "INVITE,OPTIONS") as far_end, Caller(far_end) as caller:
        asked = caller.ask_for("INVITE")
        caller.ask_for("INVITE", caller.answer(asked))
        far_end.command("set password user:other")
        far_end.stats()
        assert caller.ask_for("OPTIONS", caller.answer(asked, "OPTIONS", count=2)).status == 401
        assert caller.ask_for("BYE").status == 200
