# SPDX-License-Identifier: Apache-2.0
"""What one call sends: packets in time, of sound, comfort noise, digits, or nothing."""

import random
import struct
import time

from . import digits, rtcp

MOST_LATE = 5
REPORT_EVERY = 4.0
"""Seconds."""
HEAD_START = 0.005


class Player:
    """Works on the plan of a `Media`; `send` and `send_control` are that one's."""

    def __init__(self, loop, settings, media):
        self.loop, self.settings, self.media = loop, settings, media
        self.source = settings.source()
        self.mode = settings.mode
        self.rtcp = not settings.no_rtcp
        self.ssrc = random.getrandbits(32)
        self.sequence = random.getrandbits(15)
        self.stamp = random.getrandbits(31)
        self.sent = self.octets = 0
        self.loss = 0.0
        self._marker = True
        self._events = []
        self._timer = self._due = None
        self._next_comfort = self._next_report = 0.0

    def start(self):
        if self._timer is None:
            # Behind the message that says where it goes.
            self._due = self.loop.time() + HEAD_START
            self._next_report = time.monotonic() + 1
            self._timer = self.loop.call_at(self._due, self._tick)

    def stop(self):
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def new_ssrc(self):
        self.ssrc, self.sequence = random.getrandbits(32), random.getrandbits(15)
        self.sent = self.octets = 0

    def set_mode(self, mode):
        self.mode, self._next_comfort, self._marker = mode, 0.0, True

    def play(self, source):
        self.source = source

    def dial(self, text, milliseconds):
        for digit in text:
            if digit.upper() not in digits.NAMES:
                raise ValueError(f"“{digit}” is no digit")
            self._events.append((digit, milliseconds))

    def _tick(self):
        plan = self.media.plan
        step = (plan.packet_ms if plan else 20) / 1000
        self._due += step
        now = self.loop.time()
        if now - self._due > MOST_LATE * step:
            self._due = now
        self._timer = self.loop.call_at(self._due, self._tick)
        if plan is None:
            return
        if plan.can_send and plan.remote and plan.remote[1]:
            self._send_sound(plan, round(plan.send.rate * step))
        self.media.look_after(plan)
        if self.rtcp and time.monotonic() >= self._next_report:
            self._next_report = time.monotonic() + REPORT_EVERY
            self.report()

    def _send_sound(self, plan, ticks):
        stamp = self.stamp
        self.stamp = (self.stamp + ticks) & 0xFFFFFFFF
        if self._events and plan.event_number is not None:
            self._send_event(plan, stamp)
        elif self.mode == "sound":
            samples = self.source.next(plan.codec.rate * plan.packet_ms // 1000, plan.codec.rate)
            self.packet(plan.send.number, stamp, plan.codec.encode(samples), self._marker)
            self._marker = False
        elif self.mode == "comfort" and time.monotonic() >= self._next_comfort:
            self._next_comfort = time.monotonic() + self.settings.comfort_every
            self.packet(13, stamp, b"\x4e", False)

    def _send_event(self, plan, stamp):
        head = self._events[0]
        if not isinstance(head, dict):
            head = self._events[0] = {
                "stamp": stamp, "packets": digits.event_packets(*head, plan.event_rate, plan.packet_ms), "first": True}
        payload = head["packets"].pop(0)
        self.packet(plan.event_number, head["stamp"], payload, head["first"])
        head["first"] = False
        if not head["packets"]:
            self._events.pop(0)
            self._marker = True

    def packet(self, number, stamp, payload, marker=False):
        sequence = self.sequence
        self.sequence = (sequence + 1) & 0xFFFF
        self.sent += 1
        self.octets += len(payload)
        if self.loss and random.random() < self.loss:
            return
        self.media.send(
            struct.pack("!BBHII", 0x80, number | (0x80 if marker else 0), sequence, stamp, self.ssrc) + payload)

    def echo(self, payload, marker):
        plan = self.media.plan
        if plan.can_send and plan.remote and self.mode == "echo":
            self.packet(plan.send.number, self.stamp, payload, marker)

    def report(self):
        sent = (self.stamp, self.sent, self.octets) if self.sent else None
        heard = list(self.media.heard.values())
        self.media.send_control(rtcp.report(self.ssrc, self._name, sent, heard))

    @property
    def _name(self):
        return f"far@{self.media.address}"

    def say_farewell(self):
        if self.rtcp:
            self.media.send_control(rtcp.farewell(self.ssrc, self._name))


