# SPDX-License-Identifier: Apache-2.0
"""Offer and answer (RFC 3264) of one dialog, and the plan for its media that follows from them."""

import random

from .address import Malformed
from .codecs import BESIDE, KNOWN, STATIC, Format
from .description import Description, check
from .dtls import Association
from .media import Plan
from .srtp import SUITES, Cryptography

MIRROR = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}


def flags(direction):
    return direction in ("sendrecv", "sendonly"), direction in ("sendrecv", "recvonly")


def named(sends, hears):
    kinds = {(True, True): "sendrecv", (True, False): "sendonly", (False, True): "recvonly"}
    return kinds.get((sends, hears), "inactive")


class Unacceptable(Exception):
    """An offer or answer without a stream that can be had."""


class Session:
    def __init__(self, settings, media, violate):
        self.settings, self.media, self.violate = settings, media, violate
        self.wanted = settings.direction
        """What the far end itself allows: its own hold."""
        self.zero_address = False
        self.number, self.version = random.getrandbits(40), random.getrandbits(10)
        self.local = self.remote = None
        self.numbers = {}
        self.key = None
        self.only = None
        self.association = None
        self._before = None
        self.unread = 0
        """Offers that were refused unread since the last one that was not: each had a version of its own, or none."""
        self.peer = settings.address

    @property
    def is_held_by_peer(self):
        if not self.remote or not self.remote.audio:
            return False
        return self.remote.direction(self.remote.audio[1]) in ("sendonly", "inactive")

    # Reading

    def _read(self, body):
        try:
            read = Description(body, self.violate)
        except Malformed as error:
            self.violate(str(error))
            raise Unacceptable from None
        check(read, self.peer, self.violate)
        if self.remote:
            old, new = self.remote.origin, read.origin
            if (old[0], old[1]) != (new[0], new[1]):
                self.violate(f"o= was “{' '.join(old)}” and is “{' '.join(new)}” in the same dialog")
            elif (self.remote.without_version != read.without_version
                  and not 1 <= int(new[2]) - int(old[2]) <= 1 + self.unread):
                self.violate(f"the SDP changed, but its version went from {old[2]} to {new[2]}")
            elif self.remote.text == read.text:
                pass
            elif int(new[2]) < int(old[2]):
                self.violate(f"the version of the SDP fell from {old[2]} to {new[2]}")
            if len(read.media) < len(self.remote.media):
                self.violate("a stream of the earlier SDP is missing")
        self.unread = 0
        return read

    # Answering

    def answer(self, body):
        """The answer to that offer, which is in force at once."""
        offer = self._read(body)
        if not offer.audio:
            raise Unacceptable
        place, line = offer.audio
        common = self._common(offer.formats(line))
        if not any(f.name.lower() not in BESIDE for f, _ in common):
            raise Unacceptable
        key = None
        lock = unlock = None
        secret = []
        if self._is_by_handshake(offer, line):
            secret = self._associated().answer(offer, line)
        elif "SAVP" in line.protocol:
            tag, unlock = self._their_key(line)
            if unlock is None or self.settings.no_sdes:
                raise Unacceptable
            lock = self._own_key(unlock.suite)
            key = f"{tag} {lock.attribute}"
        sends, hears = flags(MIRROR[offer.direction(line)])
        may_send, may_hear = flags(self.wanted)
        direction = named(sends and may_send, hears and may_hear)
        self.remote = offer
        text = self._write(
            [f for _, f in common], direction, line.protocol, key, secret,
            refused=[m if i != place else None for i, m in enumerate(offer.media)])
        self._follow(line, direction, [f for f, _ in common], [f for _, f in common], lock, unlock)
        return text

    def _is_by_handshake(self, description, line):
        """Where it could be plain, too, it depends (RFC 8643)."""
        has = line.values("fingerprint") or [name for name, _ in description.attributes if name == "fingerprint"]
        return "TLS" in line.protocol or bool(has and (self.association or self.settings.dtls))

    def _associated(self):
        if self.association is None:
            self.association = self.media.association = Association(self.settings, self.media, self.violate)
        return self.association

    def renew_handshake(self):
        self._associated().renew()

    def _common(self, offered):
        """Pairs of the format as offered and as answered."""
        names = [name.strip().lower() for name in (self.only or self.settings.codecs)]
        found = []
        for theirs in offered:
            if theirs.name.lower() in names:
                number = self.settings.renumber.get(theirs.name.lower(), theirs.number)
                found.append((theirs, Format(number, theirs.name, theirs.rate, theirs.channels, theirs.parameters)))
        if self.settings.own_order:
            found.sort(key=lambda pair: names.index(pair[0].name.lower()))
        for name in self.settings.force_codecs:
            known = KNOWN[name]
            if not any(f.key == known.key for f, _ in found):
                found.insert(0, (known, known))
        return found

    def _their_key(self, line):
        for value in line.values("crypto"):
            tag, _, rest = value.partition(" ")
            key = Cryptography.of_attribute(rest)
            if key:
                return tag, key
        return None, None

    def _own_key(self, suite):
        if self.key is None or self.key.suite != suite:
            self.key = Cryptography.new(suite)
        return self.key

    # Offering

    def offer(self):
        """Not in force before `accept`."""
        self._before = (self.local, self.version, self.wanted, self.zero_address, self.only)
        names = self.only or self.settings.codecs
        formats = [self._numbered(KNOWN[name]) for name in names]
        # The other side may send as it answers before its answer is here.
        self.media.before = self.media.before | {f.number: f for f in formats}
        if self.settings.dtls or self.association:
            return self._write(formats, self.wanted, self._handshaking(), None, self._associated().offer(),
                               self._refused_before())  # fmt: skip
        secure = self.settings.srtp or (self.key is not None)
        key = f"1 {self._own_key(next(iter(SUITES))).attribute}" if secure else None
        return self._write(formats, self.wanted, "RTP/SAVP" if secure else "RTP/AVP", key, [], self._refused_before())

    def _handshaking(self):
        before = self.remote.audio[1].protocol if self.remote and self.remote.audio else ""
        return before if "AVP" in before else "UDP/TLS/RTP/SAVP"

    def _refused_before(self):
        if not self.remote:
            return [None]
        place = self.remote.audio[0] if self.remote.audio else 0
        return [m if i != place else None for i, m in enumerate(self.remote.media)] or [None]

    def _numbered(self, known):
        number = self.settings.renumber.get(known.name.lower(), self.numbers.get(known.key, known.number))
        return Format(number, known.name, known.rate, known.channels, known.parameters)

    def roll_back(self):
        """The offer was refused: all is as before."""
        if self._before:
            _, _, self.wanted, self.zero_address, self.only = self._before

    def accept(self, body):
        """The answer to the last offer."""
        offered = Description(self.local)
        answer = self._read(body)
        if len(answer.media) != len(offered.media):
            self.violate(f"the answer has {len(answer.media)} streams, the offer had {len(offered.media)}")
        self.remote = answer
        if not answer.audio:
            raise Unacceptable
        line, ours = answer.audio[1], offered.audio[1]
        mine = offered.formats(ours)
        keys = {f.key for f in mine}
        theirs = answer.formats(line)
        for form in theirs:
            if form.key not in keys:
                self.violate(f"the answer has {form.rtpmap}, which was not offered")
        common = [f for f in theirs if f.key in keys]
        if not any(f.name.lower() not in BESIDE for f in common):
            raise Unacceptable
        asked, said = offered.direction(ours), answer.direction(line)
        sends, hears = flags(MIRROR[said])
        allowed_sends, allowed_hears = flags(asked)
        if (sends and not allowed_sends) or (hears and not allowed_hears):
            self.violate(f"{asked} was answered by {said}")
        lock = unlock = None
        if self.association and self._is_by_handshake(answer, line):
            self.association.accept(answer, line)
        elif self.association and self.association.handshake:
            self.violate("what was encrypted by a handshake is not any more")
        elif "SAVP" in line.protocol:
            _, unlock = self._their_key(line)
            lock = self.key
        if line.protocol != ours.protocol:
            self.violate(f"{ours.protocol} was answered by {line.protocol}")
        direction = named(sends and allowed_sends, hears and allowed_hears)
        self._follow(line, direction, common, mine, lock, unlock)

    # Both

    def _write(self, formats, direction, protocol, key, secret, refused):
        own = self.settings.media_address or self.media.address
        address = ("::" if ":" in own else "0.0.0.0") if self.zero_address else own
        family = "IP6" if ":" in address else "IP4"
        lines = ["s=-", f"c=IN {family} {address}", "t=0 0"]
        for stream in refused:
            if stream is not None:
                lines.append(f"m={stream.kind} 0 {stream.protocol} {' '.join(stream.formats)}")
                continue
            lines.append(f"m=audio {self.media.port} {protocol} {' '.join(str(f.number) for f in formats)}")
            for form in formats:
                lines.append(f"a=rtpmap:{form.number} {form.rtpmap}")
                if form.name == "telephone-event":
                    lines.append(f"a=fmtp:{form.number} 0-15")
                self.numbers[form.key] = form.number
            if key:
                lines.append(f"a=crypto:{key}")
            lines += [f"a={attribute}" for attribute in secret]
            if self.settings.packet_ms:
                lines.append(f"a=ptime:{self.settings.packet_ms}")
            lines += [f"a={attribute}" for attribute in self.settings.sdp_attributes]
            lines.append(f"a={direction}")
        body = "\r\n".join(lines) + "\r\n"
        if self.local is None or self.local.split("\r\n", 2)[2] != body:
            self.version += 1
        family = "IP6" if ":" in self.media.address else "IP4"
        self.local = f"v=0\r\no=far {self.number} {self.version} IN {family} {self.media.address}\r\n{body}"
        return self.local

    def _follow(self, line, direction, theirs, ours, lock, unlock):
        host = self.remote.address(line)
        send = next(f for f in theirs if f.name.lower() not in BESIDE)
        event = next((f for f in theirs if f.name.lower() == "telephone-event" and f.rate == send.rate), None) or next(
            (f for f in theirs if f.name.lower() == "telephone-event"), None)
        control = (host, line.port + 1)
        for value in line.values("rtcp"):
            words = value.split(" ")
            control = (words[3] if len(words) == 4 else host, int(words[0]))
        shares = self.association is not None and bool(line.values("rtcp-mux"))
        if shares:
            control = (host, line.port)
        packet_ms = next((int(v) for v in line.values("ptime") if v.isdigit() and 10 <= int(v) <= 120), 20)
        sends, hears = flags(direction)
        old = self.media.plan
        codec = old.codec if old and old.send.key == send.key else self.settings.codec(send.name)
        receive = {f.number: f for f in ours}
        receive.setdefault(13, STATIC[13])
        unlock_old = old and old.unlock
        if unlock and unlock_old and unlock_old.master == unlock.master and unlock_old.suite == unlock.suite:
            unlock = unlock_old
        self.media.follow(Plan(
            send=send, codec=codec, receive=receive, remote=(host, line.port), remote_control=control,
            can_send=sends and host not in ("0.0.0.0", "::"), can_receive=hears, packet_ms=packet_ms,
            event_number=event and event.number, event_rate=event.rate if event else 8000, lock=lock, unlock=unlock,
            association=self.association, shares=shares))
