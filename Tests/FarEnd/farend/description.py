# SPDX-License-Identifier: Apache-2.0
"""Session descriptions (SDP) as they are on the wire, read strictly."""

import ipaddress

from .address import Malformed
from .codecs import STATIC, Format

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")


class MediaLine:
    def __init__(self, text):
        words = text.split(" ")
        if len(words) < 4 or not words[1].partition("/")[0].isdigit():
            raise Malformed(f"“m={text}” is no media description")
        self.kind, self.protocol, self.formats = words[0], words[2], words[3:]
        self.port = int(words[1].partition("/")[0])
        self.connection = None
        self.attributes = []
        self.bandwidth = []

    def values(self, name):
        return [value for key, value in self.attributes if key == name]


class Description:
    """Reads a description; what is wrong but can be read goes to `violate`."""

    def __init__(self, text, violate=lambda text: None):
        if isinstance(text, bytes):
            text = text.decode("utf-8", "replace")
        self.text = text
        if "\n" in text.replace("\r\n", ""):
            violate("lines of the SDP do not end with CRLF")
        self.connection, self.origin, self.media, self.attributes = None, None, [], []
        order = ""
        for line in text.replace("\r\n", "\n").split("\n"):
            if not line:
                continue
            kind, equals, value = line.partition("=")
            if len(kind) != 1 or not equals:
                raise Malformed(f"“{line[:80]}” is no line of SDP")
            self._line(kind, value)
            if not self.media:
                order += kind
        if not order.startswith("vos"):
            violate(f"the SDP begins with {','.join(order[:3])}, not with v, o, s")
        if "t" not in order:
            violate("the SDP has no t=")
        if self.origin is None:
            raise Malformed("the SDP has no o= of six words")

    def _line(self, kind, value):
        if kind == "m":
            self.media.append(MediaLine(value))
        elif kind == "c":
            words = value.split(" ")
            if len(words) != 3 or words[0] != "IN":
                raise Malformed(f"“c={value}” is no address")
            host = words[2].partition("/")[0]
            if self.media:
                self.media[-1].connection = host
            else:
                self.connection = host
        elif kind == "o":
            words = value.split(" ")
            if len(words) == 6 and words[1].isdigit() and words[2].isdigit():
                self.origin = words
        elif kind == "a":
            name, _, rest = value.partition(":")
            (self.media[-1].attributes if self.media else self.attributes).append((name, rest))

    @property
    def version(self):
        return int(self.origin[2])

    @property
    def without_version(self):
        """Everything by which two descriptions differ."""
        return "\n".join(line for line in self.text.splitlines() if not line.startswith("o="))

    @property
    def audio(self):
        """The place and the line of the first audio stream that is not refused; None where there is none."""
        return next(((i, m) for i, m in enumerate(self.media) if m.kind == "audio" and m.port), None)

    def address(self, line):
        return line.connection or self.connection

    def direction(self, line):
        """As written; c=0.0.0.0 counts as a hold of old (RFC 2543)."""
        said = [name for name, _ in line.attributes if name in DIRECTIONS] or [
            name for name, _ in self.attributes if name in DIRECTIONS] or ["sendrecv"]
        if self.address(line) in ("0.0.0.0", "::"):
            return {"sendrecv": "sendonly", "recvonly": "inactive"}.get(said[0], said[0])
        return said[0]

    def formats(self, line):
        """The codecs of a line in their order; unknown numbers are left out."""
        names, parameters = {}, {}
        for value in line.values("rtpmap"):
            number, _, rest = value.partition(" ")
            parts = rest.split("/")
            if number.isdigit() and len(parts) >= 2 and parts[1].isdigit():
                channels = int(parts[2]) if len(parts) > 2 and parts[2].isdigit() else 1
                names[int(number)] = (parts[0], int(parts[1]), channels)
        for value in line.values("fmtp"):
            number, _, rest = value.partition(" ")
            if number.isdigit():
                parameters[int(number)] = rest
        found = []
        for word in line.formats:
            number = int(word) if word.isdigit() else -1
            if number in names:
                found.append(Format(number, *names[number], parameters.get(number, "")))
            elif number in STATIC:
                found.append(STATIC[number])
        return found


def check(description, peer, violate):
    """`peer` is the address that the description came from."""
    for line in description.media:
        if not line.port:
            continue
        host = description.address(line)
        if host is None:
            violate("the SDP has no c= for a stream")
            continue
        try:
            address, from_ = ipaddress.ip_address(host), ipaddress.ip_address(peer)
        except ValueError:
            continue
        if address.is_unspecified:
            continue
        if address.version != from_.version:
            violate(f"the SDP names {host} for media, but comes from {peer}, of the other family")
        elif address.is_loopback and not from_.is_loopback:
            violate(f"the SDP names {host} for media, but comes from {peer}")
        directions = [name for name, _ in line.attributes if name in DIRECTIONS]
        if len(directions) > 1:
            violate(f"a stream has several directions: {', '.join(directions)}")
        known = {value.partition(" ")[0] for value in line.values("rtpmap")}
        for word in line.formats:
            if word.isdigit() and int(word) >= 96 and word not in known:
                violate(f"payload type {word} has no rtpmap")
        for number in known - set(line.formats):
            violate(f"rtpmap of payload type {number}, which the m= line does not have")
        if len(set(line.formats)) != len(line.formats):
            violate("a payload type is twice in the m= line")
        if "SAVP" in line.protocol and not line.values("crypto") and not line.values("fingerprint"):
            violate("a stream of RTP/SAVP has no key")
