# SPDX-License-Identifier: Apache-2.0
"""Codecs: their names in SDP, and what is needed to send and to hear them."""

from dataclasses import dataclass

from . import opus
from .g722 import G722


@dataclass(frozen=True)
class Format:
    """A codec under its number in one description."""

    number: int
    name: str
    rate: int
    channels: int = 1
    parameters: str = ""

    @property
    def key(self):
        return self.name.lower(), self.rate, self.channels

    @property
    def rtpmap(self):
        return f"{self.name}/{self.rate}" + (f"/{self.channels}" if self.channels > 1 else "")


KNOWN = {
    "opus": Format(96, "opus", 48000, 2), "pcmu": Format(0, "PCMU", 8000), "pcma": Format(8, "PCMA", 8000),
    "g722": Format(9, "G722", 8000), "gsm": Format(3, "GSM", 8000), "cn": Format(13, "CN", 8000),
    "g729": Format(18, "G729", 8000), "speex": Format(98, "speex", 8000), "speex16": Format(99, "speex", 16000),
    "ilbc": Format(100, "iLBC", 8000), "telephone-event": Format(101, "telephone-event", 8000),
    "telephone-event48": Format(102, "telephone-event", 48000)}  # fmt: skip
STATIC = {f.number: f for f in KNOWN.values() if f.number < 96}
BESIDE = ("telephone-event", "cn")
"""Not sound by themselves."""


def _mu_to_linear(code):
    code = ~code & 0xFF
    value = ((((code & 15) << 3) + 132) << (code >> 4 & 7)) - 132
    return -value if code & 128 else value


def _a_to_linear(code):
    code ^= 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    value = (mantissa << 4) + 8 if exponent == 0 else ((mantissa << 4) + 264) << (exponent - 1)
    return value if code & 128 else -value


def _encoder(decoder):
    """For every 16-bit sample the code whose value is the nearest. A negative sample is an index from the end."""
    codes = sorted(range(256), key=lambda code: decoder[code])
    table, position = bytearray(65536), 0
    for sample in range(-32768, 32768):
        while position < 255 and abs(decoder[codes[position + 1]] - sample) <= abs(decoder[codes[position]] - sample):
            position += 1
        table[sample & 0xFFFF] = codes[position]
    return bytes(table)


class Companded:
    """G.711: a byte a sample."""

    rate = 8000
    _encoders = {}

    def __init__(self, name):
        self.decoder = [(_mu_to_linear if name == "PCMU" else _a_to_linear)(code) for code in range(256)]
        if name not in self._encoders:
            self._encoders[name] = _encoder(self.decoder)
        self.encoder = self._encoders[name]

    def encode(self, samples):
        encoder = self.encoder
        return bytes([encoder[sample] for sample in samples])

    def decode(self, payload):
        decoder = self.decoder
        return [decoder[code] for code in payload]


class Filler:
    """A codec of which only the size of a packet is known: it can be counted and echoed, but not heard."""

    rate = 8000

    def __init__(self, frame, frame_ms=20):
        self.frame, self.frame_ms = frame, frame_ms

    def encode(self, samples):
        count = max(1, round(len(samples) * 1000 / self.rate / self.frame_ms))
        return self.frame * count

    def decode(self, payload):
        return None


FILLERS = {
    "gsm": Filler(b"\xd8\x20\xa2\xe1\x5a" + b"\x50\x00\x49\x24\x92\x49\x24" * 4),
    "g729": Filler(bytes(10), 10), "ilbc": Filler(bytes(50), 30), "speex": Filler(bytes(20))}  # fmt: skip


def codec_for(name):
    """Encodes and decodes 16-bit samples at its `rate`."""
    name = name.lower()
    if name in ("pcmu", "pcma"):
        return Companded(name.upper())
    if name == "opus":
        return opus.codec() or Filler(opus.SILENCE)
    if name == "g722":
        return G722()
    return FILLERS.get(name) or Filler(bytes(20))
