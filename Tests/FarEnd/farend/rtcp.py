# SPDX-License-Identifier: Apache-2.0
"""RTCP: reports out, and what comes checked."""

import struct
import time

EPOCH = 2208988800
SENDER, RECEIVER, DESCRIPTION, BYE = 200, 201, 202, 203


def ntp():
    now = time.time()
    return int(now) + EPOCH << 32 | int(now % 1 * (1 << 32))


class Heard:
    """What a report says of one stream."""

    def __init__(self, source):
        self.source = source
        self.base = self.highest = None
        self.packets = self.jitter = 0
        self.expected_before = self.packets_before = 0
        self.transit = None
        self.report_middle = self.report_at = 0

    def packet(self, sequence, stamp, at, rate):
        self.packets += 1
        if self.base is None:
            self.base = self.highest = sequence
        else:
            step = (sequence - self.highest) & 0xFFFF
            if step < 0x8000:
                self.highest += step
        transit = at * rate // 1_000_000_000 - stamp
        if self.transit is not None:
            change = (transit - self.transit + 0x80000000) % (1 << 32) - 0x80000000
            self.jitter += (abs(change) - self.jitter) / 16
        self.transit = transit

    def block(self):
        if self.base is None:
            return b""
        expected = self.highest - self.base + 1
        lost = max(-0x800000, min(expected - self.packets, 0x7FFFFF))
        span, came = expected - self.expected_before, self.packets - self.packets_before
        self.expected_before, self.packets_before = expected, self.packets
        fraction = max(0, min(255, (span - came) * 256 // span)) if span > 0 else 0
        since = int((time.monotonic() - self.report_at) * 65536) if self.report_middle else 0
        return struct.pack(
            "!IIIIII", self.source, fraction << 24 | lost & 0xFFFFFF, self.highest & 0xFFFFFFFF, int(self.jitter),
            self.report_middle, since & 0xFFFFFFFF)


def report(source, name, sent, heard):
    """A compound packet. `sent` is None, or the timestamp, the packets and the octets."""
    blocks = [block for block in (h.block() for h in heard[:31]) if block]
    body = struct.pack("!I", source)
    if sent:
        stamp, packets, octets = sent
        body += struct.pack("!QIII", ntp(), stamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    body += b"".join(blocks)
    head = struct.pack("!BBH", 0x80 | len(blocks), SENDER if sent else RECEIVER, len(body) // 4)
    cname = name.encode()[:255]
    chunk = struct.pack("!IBB", source, 1, len(cname)) + cname
    chunk += bytes(4 - len(chunk) % 4)
    return head + body + struct.pack("!BBH", 0x81, DESCRIPTION, len(chunk) // 4) + chunk


def farewell(source, name):
    return report(source, name, None, []) + struct.pack("!BBHI", 0x81, BYE, 1, source)


def parse(data):
    """The packets of a compound one as (type, count, body); ValueError says what is wrong with it."""
    packets, rest = [], data
    while rest:
        if len(rest) < 4 or rest[0] >> 6 != 2:
            raise ValueError("an RTCP packet is not of version 2")
        length = 4 + 4 * int.from_bytes(rest[2:4], "big")
        if length > len(rest):
            raise ValueError("an RTCP packet is longer than its datagram")
        packets.append((rest[1], rest[0] & 31, rest[4:length]))
        rest = rest[length:]
    if not packets or packets[0][0] not in (SENDER, RECEIVER):
        raise ValueError("a compound RTCP packet does not begin with a report")
    if not any(kind == DESCRIPTION and b"\x01" in body[4:5] for kind, _, body in packets):
        raise ValueError("a compound RTCP packet has no CNAME")
    return packets


def blocks_of(kind, count, body):
    """The report blocks: source, fraction lost, lost, jitter, last report, delay since."""
    start = 24 if kind == SENDER else 4
    for index in range(count):
        part = body[start + 24 * index:start + 24 * index + 24]
        if len(part) < 24:
            return
        source, losses, _, jitter, last, delay = struct.unpack("!IIIIII", part)
        yield source, losses >> 24, losses & 0xFFFFFF, jitter, last, delay
