# SPDX-License-Identifier: Apache-2.0
"""Counts RTP packets by sequence number and by the time of their arrival."""

from . import clock

# A jump further than this is a sender that started anew, not a loss (RFC 3550, MAX_DROPOUT); at 50 packets a second it
# is a minute.
LARGEST_JUMP = 3000
# How far back a late packet is told from a duplicate.
WINDOW = 4096


class Meter:
    """Loss is counted for each stream (an SSRC at one socket) by extended sequence number, in the manner of RFC 3550,
    A.1; the longest gap is between any two packets that arrived one after the other, whatever their streams, so that a
    sender that is replaced by another shows as the silence between the two."""

    def __init__(self):
        self.streams = {}
        self.packets = self.octets = self.longest_gap = 0
        self.unstamped = 0
        self.last = None
        self.payloads = {}

    def add(self, stream, sequence, at, payload=0, octets=0):
        """`at` is nanoseconds of the monotonic clock."""
        self.packets += 1
        self.octets += octets
        self.payloads[payload] = self.payloads.get(payload, 0) + 1
        counter = self.streams.get(stream)
        if counter is None:
            counter = self.streams[stream] = Counter()
        counter.add(sequence)
        if self.last is None:
            self.last = at
            return
        gap = at - self.last
        if gap > 0:
            self.last = at
            if gap > self.longest_gap:
                self.longest_gap = gap

    def reset(self):
        """Starts anew from here; a packet that is missing between the last one before and the first one after is lost
        after, and the gap between the two is one after, too."""
        self.packets = self.octets = self.longest_gap = 0
        self.payloads = {}
        for counter in self.streams.values():
            counter.reset()

    def reading(self):
        counters = self.streams.values()
        return {
            "packets": self.packets, "lost": sum(c.lost for c in counters),
            "duplicates": sum(c.duplicates for c in counters), "streams": len(self.streams),
            "longest_gap_ms": self.longest_gap // 1_000_000,
            "since_last_ms": None if self.last is None else max(0, clock.now() - self.last) // 1_000_000,
            "kernel_times": self.unstamped == 0, "octets": self.octets,
            "payloads": {str(number): count for number, count in self.payloads.items()}}  # fmt: skip


class Counter:
    """The sequence numbers of one stream."""

    def __init__(self):
        self.first = None
        self.highest = self.distinct = self.lost_before = self.duplicates = 0
        self.seen = bytearray(WINDOW)
        # A packet out of the order, and the number that would confirm that the sender started anew.
        self.suspect = None

    @property
    def expected(self):
        return 0 if self.first is None else self.highest - self.first + 1

    @property
    def lost(self):
        return self.lost_before + self.expected - self.distinct

    def add(self, sequence):
        if self.first is None:
            self._start(sequence)
            return
        step = (sequence - self.highest) & 0xFFFF
        if step > 0x7FFF:
            step -= 0x10000
        if abs(step) > LARGEST_JUMP:
            if self.suspect == sequence:
                self.lost_before += self.expected - self.distinct
                self._start(sequence - 1)
                self._record(sequence)
            self.suspect = (sequence + 1) & 0xFFFF
            return
        self.suspect = None
        self._record(self.highest + step)

    def reset(self):
        if self.first is not None:
            self.first = self.highest + 1
            self.distinct = self.lost_before = self.duplicates = 0

    def _start(self, number):
        self.seen = bytearray(WINDOW)
        self.first = self.highest = number
        self.distinct, self.suspect = 1, None
        self.seen[number % WINDOW] = 1

    def _record(self, number):
        if number > self.highest:
            for passed in range(self.highest + 1, number):
                self.seen[passed % WINDOW] = 0
            self.highest = number
        elif number <= self.highest - WINDOW or self.seen[number % WINDOW]:
            self.duplicates += 1
            return
        self.seen[number % WINDOW] = 1
        if number >= self.first:
            self.distinct += 1
