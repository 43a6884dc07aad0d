# SPDX-License-Identifier: Apache-2.0
"""Digest authentication (RFC 3261, 22; RFC 7616; RFC 8760), as the side that asks for a password."""

import hashlib
import os
import re

HASHES = {
    "MD5": hashlib.md5, "SHA-256": hashlib.sha256, "SHA-512-256": lambda data: hashlib.new("sha512_256", data)}
REALM = "far end"
FIELDS = ("authorization", "proxy-authorization")
WORD = re.compile(r'\s*([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)')
QUOTED = ("username", "realm", "nonce", "uri", "response", "cnonce", "opaque")
"""The others have no quotation marks (RFC 7616, 3.4)."""
NEEDED = ("username", "realm", "nonce", "uri", "response")


def hexadecimal(algorithm, text):
    data = text if isinstance(text, bytes) else text.encode()
    return HASHES[algorithm.removesuffix("-SESS")](data).hexdigest()


def read(value, complain):
    """The parameters of an answer by their names; None where it is no digest."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    words, place = {}, 0
    while match := WORD.match(rest, place):
        name, place = match[1].lower(), match.end()
        if name in words:
            complain(f"has {name} twice")
        if (match[2] is not None) != (name in QUOTED):
            complain(f"has {name} {'without' if name in QUOTED else 'in'} quotation marks")
        words[name] = match[3] if match[2] is None else match[2]
    if rest[place:].strip():
        complain(f"cannot be read from “{rest[place:][:40]}” on")
    return words


class Nonce:
    def __init__(self, call_id):
        self.text = os.urandom(12).hex()
        self.call_id = call_id
        self.count = self.uses = 0
        self.is_over = False
        self.first_cnonce = None
        self.taken = set()


class Asker:
    """A proxy on the way (407), or the server itself (401), with a realm of its own."""

    def __init__(self, status, realm, settings):
        self.status, self.realm, self.settings = status, realm, settings
        self.question = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
        self.answer = "Authorization" if status == 401 else "Proxy-Authorization"
        self.info = "Authentication-Info" if status == 401 else "Proxy-Authentication-Info"
        self.opaque = os.urandom(6).hex()
        self.nonces = {}
        self.rejected = set()

    @property
    def quality(self):
        return None if self.settings.qop == "none" else self.settings.qop

    def new_nonce(self, call_id):
        nonce = Nonce(call_id)
        self.nonces[nonce.text] = nonce
        return nonce

    def challenges(self, call_id, is_stale):
        """A field for each algorithm, in the order of preference (RFC 8760, 2.4)."""
        nonce = self.new_nonce(call_id).text
        rest = (f', qop="{self.quality}"' if self.quality else "") + (", stale=true" if is_stale else "")
        for algorithm in self.settings.digest:
            # Servers of RFC 2069 know neither.
            name = algorithm.replace("-SESS", "-sess")
            more = f', opaque="{self.opaque}", algorithm={name}' if self.quality or algorithm != "MD5" else ""
            yield self.question, f'Digest realm="{self.realm}", nonce="{nonce}"{more}{rest}'

    def judge(self, request, complain):
        """Why the request may not pass: nothing, wrong or stale. None where it may; then its nonce is returned, too."""
        answers = [read(value, complain) for value in request.all(self.answer)]
        answers = [words for words in answers if words and words.get("realm") == self.realm]
        if len(answers) > 1:
            complain(f"answers the realm “{self.realm}” {len(answers)} times")
        if not answers:
            return "nothing", None
        words = answers[0]
        if missing := [name for name in NEEDED if name not in words]:
            complain(f"has no {', '.join(missing)}")
            return "wrong", None
        nonce = self.nonces.get(words["nonce"])
        if nonce is None:
            complain("has a nonce that was never given")
            return "wrong", None
        if nonce.call_id != request.call_id:
            complain("has the nonce of another call")
        # A retransmission that comes after its transaction: servers count its nc as one that was used.
        same = request.via.branch, request.sequence, words["response"]
        is_same = same in nonce.taken
        if not self._is_right(request, words, nonce, (lambda text: None) if is_same else complain):
            # A nonce that was good once may be too old: that was worth another try.
            if not nonce.uses:
                who = request.call_id, request.method, words["username"]
                if who in self.rejected:
                    complain("tries a password again that was rejected")
                self.rejected.add(who)
            return "wrong", None
        nonce.uses += 1
        nonce.taken.add(same)
        if is_same or nonce.is_over or (self.settings.stale_after and nonce.uses > self.settings.stale_after):
            return "stale", None
        return None, nonce

    def _is_right(self, request, words, nonce, complain):
        known = self.settings.digest
        algorithm = words.get("algorithm", "MD5").upper()
        if algorithm not in known or algorithm.removesuffix("-SESS") not in HASHES:
            complain(f"is of {algorithm}, asked was for {', '.join(known)}")
            return False
        if algorithm != next(a for a in known if a.removesuffix("-SESS") in HASHES):
            complain(f"is of {algorithm}, though {', '.join(known)} is the order of preference")
        if words["uri"] != request.uri:
            complain(f"is for {words['uri']}, the request for {request.uri}")
        is_bare = not self.quality and algorithm == "MD5"
        if words.get("opaque") != (None if is_bare else self.opaque):
            complain(f"has the opaque value {words.get('opaque')}")
        quality, cnonce = words.get("qop"), words.get("cnonce")
        if not self._is_counted(words, nonce, complain):
            return False
        user, _, password = self.settings.password.partition(":")
        secrets = [hexadecimal(algorithm, f"{user}:{self.realm}:{password}")]
        if algorithm.endswith("-SESS"):
            nonce.first_cnonce = nonce.first_cnonce or cnonce
            # The key is of the first answer's cnonce (RFC 7616, 3.4.2); many servers take that of each.
            secrets = [hexadecimal(algorithm, f"{secrets[0]}:{nonce.text}:{own}")
                       for own in (nonce.first_cnonce, cnonce)]  # fmt: skip
        what = f"{request.method}:{words['uri']}"
        if quality == "auth-int":
            what += f":{hexadecimal(algorithm, request.body)}"
        middle = f"{words['nc']}:{cnonce}:{quality}:" if quality else ""
        right = [hexadecimal(algorithm, f"{secret}:{nonce.text}:{middle}{hexadecimal(algorithm, what)}")
                 for secret in secrets]  # fmt: skip
        if words["response"] != right[0] and words["response"] in right:
            complain(f"of {algorithm} has a key that is not of the first cnonce")
        return words["username"] == user and words["response"] in right

    def _is_counted(self, words, nonce, complain):
        """nc and cnonce, which there are where there is a qop."""
        quality = words.get("qop")
        if quality is None:
            if self.quality:
                complain("has no qop")
            if "nc" in words:
                complain("has nc without qop")
            return not self.quality
        if quality not in [name.strip() for name in (self.quality or "").split(",")]:
            complain(f"has qop={quality}, asked was for {self.quality}")
            return False
        if not words.get("cnonce"):
            complain("has no cnonce")
            return False
        if not re.fullmatch("[0-9a-f]{8}", words.get("nc", "")):
            complain(f"has nc={words.get('nc')}")
            return False
        count = int(words["nc"], 16)
        if count <= nonce.count:
            complain(f"has nc={words['nc']} after {nonce.count:08x}")
        nonce.count = max(nonce.count, count)
        return True


class Guard:
    """Asks for the password of one user, by one or more who ask. `line` is what the calls are on."""

    def __init__(self, line):
        self.line, self.settings = line, line.settings
        self.askers = [Asker(*challenge, line.settings) for challenge in line.settings.challenges or [(401, REALM)]]

    def lets_in(self, transaction, name, number=None):
        """Whether the request may pass. One that may not has got its challenge. `name` is REINVITE within a call."""
        request = transaction.request

        def complain(text):
            self.line.violate(f"{request.method}: the digest {text}", number)

        self._look_for_others(request, complain)
        asked = [what.upper() for what in self.settings.challenge_for]
        if not {name, "ALL"} & set(asked):
            return True
        lacking, nonces = [], []
        for asker in self.askers:
            why, nonce = asker.judge(request, complain)
            if why is None:
                nonces.append((asker, nonce))
                continue
            lacking.append((asker, why))
            if not self.settings.together:
                break
        if self.settings.challenge_for_ever and not lacking:
            lacking = [(self.askers[0], "stale")]
        if lacking:
            self._challenge(transaction, lacking, number)
            return False
        self.line.events("let-in", call=number, method=request.method, realms=[a.realm for a, _ in nonces])
        if self.settings.nextnonce:
            transaction.success_fields = lambda: [self._next(*pair) for pair in nonces]
        return True

    def _challenge(self, transaction, lacking, number):
        request, status = transaction.request, lacking[0][0].status
        fields = [field for asker, why in lacking if asker.status == status
                  for field in asker.challenges(request.call_id, why == "stale")]  # fmt: skip
        self.line.events("challenged", call=number, method=request.method, status=status,
                         realms=[asker.realm for asker, _ in lacking], why=lacking[0][1])  # fmt: skip
        transaction.respond(status, fields=fields)

    def _look_for_others(self, request, complain):
        realms = {(asker.answer.lower(), asker.realm) for asker in self.askers}
        for field in FIELDS:
            for value in request.all(field):
                words = read(value, lambda text: None)
                if words is None or (field, words.get("realm")) not in realms:
                    complain(f"is for {field} of “{(words or {}).get('realm')}”, who did not ask")

    @staticmethod
    def _next(asker, nonce):
        """What the next request is to have; the nonce of this one is not good any more."""
        nonce.is_over = True
        return asker.info, f'nextnonce="{asker.new_nonce(nonce.call_id).text}"'
