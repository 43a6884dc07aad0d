# SPDX-License-Identifier: Apache-2.0
"""What goes over the loopback of the test's own network namespace, by the kernel's clock.

The programs' own word for what they sent is not taken: every packet is read from an AF_PACKET socket.
"""

import dataclasses
import re
import socket
import struct
import threading
import time

from engine_process import TimedOut

# Linux: not among Python's constants.
SO_TIMESTAMPNS = 35
ETH_P_ALL = 3
TCP, UDP = 6, 17
# Packets that are kept; a call of a minute has 6000.
MOST = 200_000


@dataclasses.dataclass(frozen=True)
class Packet:
    """One UDP datagram or one TCP segment with something in it; `at` is seconds of the wall clock."""

    at: float
    protocol: int
    source: tuple
    target: tuple
    payload: bytes

    @property
    def is_rtp(self):
        """Version 2, and not one of RTCP's packet types (RFC 5761)."""
        return (self.protocol == UDP and len(self.payload) >= 12 and self.payload[0] >> 6 == 2
                and not 64 <= self.payload[1] & 0x7F <= 95)

    @property
    def ssrc(self):
        return struct.unpack_from("!I", self.payload, 8)[0]

    @property
    def sequence(self):
        return struct.unpack_from("!H", self.payload, 2)[0]

    @property
    def sip(self):
        """Its SIP message, or None."""
        head = self.payload[:200]
        if b"SIP/2.0" not in head.split(b"\r\n", 1)[0]:
            return None
        return SIPText(self.payload.decode("utf-8", "replace"), self)


class SIPText:
    """A SIP message as it was on the wire: the first line, and the header fields by name in lower case."""

    compact = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length",
               "c": "content-type", "k": "supported", "r": "refer-to"}

    def __init__(self, text, packet):
        self.packet = packet
        head, _, self.body = text.partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.fields = {}
        for line in lines:
            name, _, value = line.partition(":")
            name = self.compact.get(name.strip().lower(), name.strip().lower())
            self.fields.setdefault(name, []).append(value.strip())

    def __getitem__(self, name):
        return self.fields.get(name, [""])[0]

    @property
    def method(self):
        """The method of a request; None for a response."""
        return None if self.first.startswith("SIP/2.0") else self.first.split()[0]

    @property
    def status(self):
        """The status of a response; None for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else None

    @property
    def answered_method(self):
        return self["cseq"].split()[-1]

    @property
    def sequence(self):
        return int(self["cseq"].split()[0])

    @property
    def call_id(self):
        return self["call-id"]

    def tag(self, field):
        match = re.search(r";\s*tag=([^;>\s]+)", self[field])
        return match.group(1) if match else None

    @property
    def starts_a_call(self):
        return self.method == "INVITE" and self.tag("to") is None

    @property
    def media_port(self):
        match = re.search(r"^m=audio (\d+)", self.body, re.M)
        return int(match.group(1)) if match else None

    @property
    def direction(self):
        """Of the media, as RFC 3264 reads it; an address of zeros is the old way to hold."""
        match = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)", self.body, re.M)
        direction = match.group(1) if match else "sendrecv"
        return "sendonly" if "c=IN IP4 0.0.0.0" in self.body and direction == "sendrecv" else direction

    def __repr__(self):
        return f"<{self.first} {self['cseq']} {self.direction if self.body else ''}>"


def _endpoints(data):
    """Of an IPv4 packet: protocol, source, target, payload; or None."""
    if len(data) < 28 or data[0] >> 4 != 4:
        return None
    header = (data[0] & 15) * 4
    total, protocol = struct.unpack_from("!H", data, 2)[0], data[9]
    hosts = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])
    if protocol == UDP:
        start = header + 8
    elif protocol == TCP and len(data) >= header + 20:
        start = header + (data[header + 12] >> 4) * 4
    else:
        return None
    ports = struct.unpack_from("!HH", data, header)
    # Segmentation offload leaves the total length zero where it does not fit.
    end = total or len(data)
    return protocol, (hosts[0], ports[0]), (hosts[1], ports[1]), data[start:end]


class Wire:
    """A reader of everything on `lo`, or on all links, in a thread of its own. A context manager."""

    def __init__(self, all_links=False):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        if not all_links:
            self.socket.bind(("lo", ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.settimeout(0.2)
        self.packets = []
        self.news = threading.Condition()
        self.ended = False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self):
        while not self.ended:
            try:
                data, ancillary, _, address = self.socket.recvmsg(65536, 64)
            except TimeoutError:
                continue
            # Everything on the loopback passes twice: when it is sent, and when it is received.
            if address[2] != socket.PACKET_HOST and address[0] == "lo":
                continue
            parts = _endpoints(data)
            if parts is None or not parts[3]:
                continue
            at = time.time()
            for level, kind, value in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                    seconds, nanoseconds = struct.unpack("qq", value)
                    at = seconds + nanoseconds / 1e9
            with self.news:
                if len(self.packets) < MOST:
                    self.packets.append(Packet(at, *parts))
                self.news.notify_all()

    def select(self, predicate, since=0.0):
        with self.news:
            packets = list(self.packets)
        return [p for p in packets if p.at >= since and predicate(p)]

    def wait_for(self, predicate, timeout=10, since=0.0, what="packet", count=1):
        """The `count`-th packet since then for which the predicate holds."""
        deadline = time.monotonic() + timeout
        looked, found = 0, []
        with self.news:
            while True:
                while looked < len(self.packets):
                    packet = self.packets[looked]
                    looked += 1
                    if packet.at >= since and predicate(packet):
                        found.append(packet)
                        if len(found) == count:
                            return packet
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimedOut(
                        f"no {what} ({len(found)} of {count}) within {timeout} s; SIP so far: "
                        f"{[m for m in map(lambda p: p.sip, self.packets) if m]}")
                self.news.wait(left)

    # SIP

    def sip(self, since=0.0):
        """All SIP messages that can be read (not those within TLS)."""
        return [m for m in (p.sip for p in self.select(lambda p: b"SIP/2.0" in p.payload[:400], since)) if m]

    def wait_for_sip(self, predicate, timeout=10, since=0.0, what="SIP message", count=1):
        return self.wait_for(
            lambda p: (m := p.sip) is not None and predicate(m), timeout, since, what, count).sip

    # Media

    def rtp_to(self, ports, since=0.0, source=None):
        """RTP packets to one of those ports, from one of those of `source`."""
        return self.select(
            lambda p: p.is_rtp and p.target[1] in ports and (source is None or p.source[1] in source), since)

    def wait_for_rtp_to(self, ports, count=1, timeout=10, since=None):
        """The `count`-th RTP packet to one of those ports from now on."""
        since = time.time() if since is None else since
        return self.wait_for(
            lambda p: p.is_rtp and p.target[1] in ports, timeout, since, f"RTP to {ports}", count)

    def digits_to(self, ports, since=0.0, payload_type=101):
        """Digits of RFC 4733 in the order in which they began, each event once."""
        names, seen, digits = "0123456789*#ABCD", set(), ""
        for packet in self.rtp_to(ports, since):
            if packet.payload[1] & 0x7F == payload_type and len(packet.payload) >= 16:
                stamp = packet.payload[4:8]
                if stamp not in seen:
                    seen.add(stamp)
                    digits += names[packet.payload[12] & 15]
        return digits

    def close(self):
        self.ended = True
        self.thread.join(5)
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def gaps(packets):
    """Seconds between one packet and the next."""
    return [after.at - before.at for before, after in zip(packets, packets[1:])]
