# SPDX-License-Identifier: Apache-2.0
"""Digest authentication (RFC 8760, 7616), as the side that asks for a password."""

import hashlib
import os
import re

ALGORITHMS = {
    "MD5": hashlib.md5, "SHA-256": hashlib.sha256, "SHA-512-256": lambda data: hashlib.new("sha512_256", data)}
REALM = "far end"


class Guard:
    """Asks for the password of one user. `asker` is 401 or 407."""

    def __init__(self, user, password, algorithms, asker, violate):
        self.user, self.password, self.algorithms, self.asker = user, password, algorithms, asker
        self.violate = violate
        self.nonce = os.urandom(12).hex()
        self.counts = set()
        self.answer_field = "Authorization" if asker == 401 else "Proxy-Authorization"

    def challenges(self):
        name = "WWW-Authenticate" if self.asker == 401 else "Proxy-Authenticate"
        return [(name, f'Digest realm="{REALM}", nonce="{self.nonce}", algorithm={algorithm}, qop="auth,auth-int"')
                for algorithm in self.algorithms]  # fmt: skip

    def lets_in(self, request):
        """Whether the request has the right answer; what is wrong with a wrong one is told."""
        for value in request.all(self.answer_field):
            scheme, _, rest = value.partition(" ")
            if scheme.lower() != "digest":
                continue
            words = {key.lower(): quoted or plain for key, quoted, plain in re.findall(
                r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', rest)}
            if words.get("realm") == REALM and words.get("nonce") == self.nonce:
                return self._is_right(request, words)
        return False

    def _is_right(self, request, words):
        algorithm = words.get("algorithm", "MD5").upper()
        if algorithm not in self.algorithms:
            self.violate(f"a digest of {algorithm}, which was not asked for")
            return False
        if words.get("uri") != request.uri:
            self.violate(f"the digest is for {words.get('uri')}, the request for {request.uri}")
        count = words.get("nc"), words.get("cnonce")
        if words.get("qop") != "auth" or not re.fullmatch("[0-9a-f]{8}", count[0] or "") or not count[1]:
            self.violate("the digest has no qop=auth with nc and cnonce")
            return False
        if count in self.counts:
            self.violate(f"the digest has nc={count[0]} again")
        self.counts.add(count)

        def digest(text):
            return ALGORITHMS[algorithm](text.encode()).hexdigest()

        secret = digest(f"{self.user}:{REALM}:{self.password}")
        what = digest(f"{request.method}:{words.get('uri')}")
        expected = digest(f"{secret}:{self.nonce}:{count[0]}:{count[1]}:auth:{what}")
        return words.get("username") == self.user and words.get("response") == expected
