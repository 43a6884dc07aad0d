# SPDX-License-Identifier: Apache-2.0
"""The media of one call: two sockets, a plan of what may flow, and a measure of what does."""

import itertools
import struct
import time
from dataclasses import dataclass, field

from . import clock, rtcp, wire
from .codecs import BESIDE, Format
from .digits import DigitListener
from .player import Player
from .srtp import Unauthentic

_numbers = itertools.count(1)


@dataclass
class Plan:
    """What was negotiated, from here."""

    send: Format
    codec: object
    receive: dict
    """Formats by the number that they come under."""
    remote: tuple
    remote_control: tuple
    can_send: bool
    can_receive: bool
    packet_ms: int = 20
    event_number: int | None = None
    event_rate: int = 8000
    lock: object = None
    unlock: object = None
    association: object = None
    """Where the keys come from, when there are any."""
    shares: bool = False
    since: int = field(default_factory=clock.now)


class Media:
    def __init__(self, loop, address, settings, meter, tell, violate):
        self.loop, self.address, self.settings, self.meter = loop, address, settings, meter
        self.number = next(_numbers)
        self.tell, self.violate = tell, violate
        self.recording = None
        self.plan = None
        self.association = None
        self.before = {}
        self.heard = {}
        self.control_packets = self.wrong_source = self.unauthentic = 0
        self.reported = None
        self._hearing = {}
        self._listener = DigitListener(lambda **details: tell("dtmf", **details), violate)
        self._open()
        self.player = Player(loop, settings, self)

    def _open(self):
        self.sound, self.control = wire.pair(self.address)
        self.port = self.sound.getsockname()[1]
        self.loop.add_reader(self.sound.fileno(), self._on_sound, self.sound)
        self.loop.add_reader(self.control.fileno(), self._on_control, self.control)

    def _shut(self, *sockets):
        for sock in sockets:
            if sock.fileno() >= 0:
                self.loop.remove_reader(sock.fileno())
                sock.close()

    def move(self):
        """To new ports; the old ones hear for a second more."""
        old = self.sound, self.control
        self._open()
        self.loop.call_later(1, self._shut, *old)

    def close(self):
        self.player.stop()
        if self.plan:
            self._listener.expire(clock.now(), True)
            self.player.say_farewell()
        self.plan = None
        if self.association:
            self.association.close()
        self._shut(self.sound, self.control)

    def follow(self, plan):
        """From now on as in `plan`."""
        if self.plan:
            # What was sent before the change was known is no fault.
            self.before = self.before | self.plan.receive
            if self.plan.can_receive == plan.can_receive:
                plan.since = self.plan.since
        self.plan = plan
        self.player.start()

    def _keys(self, plan):
        """Of what goes, and of what comes; None: nothing may."""
        if plan is None:
            return None
        keys = plan.association or plan
        return None if plan.association and not keys.lock else (keys.lock, keys.unlock)

    def send_handshake(self, datagram):
        if self.plan is None:
            # The answer is on its way.
            self.loop.call_later(0.02, lambda: self.plan and self.send_handshake(datagram))
            return
        try:
            self.sound.sendto(datagram, self.plan.remote)
        except OSError:
            pass  # It is repeated.

    def send(self, packet):
        plan, keys = self.plan, self._keys(self.plan)
        if keys is None:
            return
        try:
            self.sound.sendto(keys[0].protect(packet) if keys[0] else packet, plan.remote)
        except OSError:
            pass  # There is no way there at the moment; RTP is not repeated.

    def send_control(self, packet):
        plan, keys = self.plan, self._keys(self.plan)
        if keys is None or not plan.remote_control or not plan.remote_control[1]:
            return
        try:
            sock = self.sound if plan.shares else self.control
            sock.sendto(keys[0].protect_control(packet) if keys[0] else packet, plan.remote_control)
        except OSError:
            pass

    def look_after(self, plan):
        self._listener.expire(clock.now())

    def _on_sound(self, sock):
        for data, sender, at, is_kernels in wire.receive(sock):
            if data and 20 <= data[0] <= 63 and self.association and self.association.handshake:
                self.association.handshake.take(data)
                continue
            if len(data) < 12 or data[0] >> 6 != 2:
                self.violate("a packet that is no RTP came to the RTP port")
                continue
            if 192 <= data[1] <= 223:
                self._take_control(data, at)
                continue
            self._take(data, sender, at, is_kernels)

    def _take(self, data, sender, at, is_kernels):
        plan = self.plan
        if not is_kernels:
            self.meter.unstamped += 1
        keys = self._keys(plan)
        if plan and keys is None:
            if not plan.association.is_of_before(data):
                self.violate("media before the handshake was over")
            return
        if keys and keys[1]:
            try:
                data = keys[1].unprotect(data)
            except Unauthentic:
                self.unauthentic += 1
                self.violate("an SRTP packet is not authentic")
                return
        second, sequence, stamp, source = struct.unpack_from("!xBHII", data)
        number = second & 0x7F
        self.meter.add((self.number, source), sequence, at, number, len(data))
        if plan is None:
            # The answer to an offer may be slower than the media (RFC 3264, 5.1).
            if not self.before:
                self.violate("media before there was anything negotiated")
            return
        self._judge(plan, sender, at, number)
        heard = self.heard.get(source)
        if heard is None:
            heard = self.heard[source] = rtcp.Heard(source)
        form = plan.receive.get(number)
        heard.packet(sequence, stamp, at, form.rate if form else 8000)
        if form is None:
            return
        length = 12 + 4 * (data[0] & 15)
        if data[0] & 16:
            length += 4 + 4 * int.from_bytes(data[length + 2:length + 4], "big")
        payload = data[length:-data[-1]] if data[0] & 32 and data[-1] else data[length:]
        if form.name.lower() == "telephone-event":
            self._listener.packet(stamp, bool(second & 0x80), payload, form.rate, at)
        elif form.name.lower() not in BESIDE:
            self._hear(form, source, sequence, stamp, payload)
            if self.player.mode == "echo":
                self.player.echo(payload, bool(second & 0x80))

    def _judge(self, plan, sender, at, number):
        if not plan.can_receive and at - plan.since > self.settings.grace * 1_000_000:
            self.violate("media although the direction that was negotiated has none")
        if number not in plan.receive and number not in self.before:
            self.violate(f"media of payload type {number}, which was not negotiated")
        if plan.remote and sender[:2] != plan.remote[:2] and at - plan.since > self.settings.grace * 1_000_000:
            self.wrong_source += 1
            if plan.remote[1]:
                self.violate(f"media from {sender[0]}:{sender[1]}, while {plan.remote[0]}:{plan.remote[1]} was said")

    def _hear(self, form, source, sequence, stamp, payload):
        if self.recording is None:
            return
        last = self._hearing.get(source)
        if last is None:
            last = self._hearing[source] = [self.plan.codec, sequence, stamp, 0]
            last[0] = self.settings.codec(form.name)
        elif (sequence - last[1]) & 0xFFFF > 0x7FFF:
            return  # Late: what follows it is in the file.
        else:
            silence = (stamp - last[2] - last[3]) & 0xFFFFFFFF
            if 0 < silence < 0x80000000:
                self.recording.add_silence(silence / form.rate)
        samples = last[0].decode(payload)
        last[1], last[2] = sequence, stamp
        if samples:
            last[3] = len(samples) * form.rate // last[0].rate
            self.recording.add(samples, last[0].rate)

    def _on_control(self, sock):
        for data, _, at, _ in wire.receive(sock):
            self._take_control(data, at)

    def _take_control(self, data, at):
        plan = self.plan
        keys = self._keys(plan)
        if keys and keys[1]:
            try:
                data = keys[1].unprotect_control(data)
            except Unauthentic:
                self.violate("an SRTCP packet is not authentic")
                return
        self.control_packets += 1
        try:
            packets = rtcp.parse(data)
        except ValueError as error:
            self.violate(str(error))
            return
        for kind, count, body in packets:
            if kind == rtcp.SENDER and len(body) >= 24:
                source = int.from_bytes(body[:4], "big")
                if source in self.heard:
                    self.heard[source].report_middle = int.from_bytes(body[6:10], "big")
                    self.heard[source].report_at = time.monotonic()
            if kind in (rtcp.SENDER, rtcp.RECEIVER):
                for source, fraction, lost, jitter, _, _ in rtcp.blocks_of(kind, count, body):
                    if source == self.player.ssrc:
                        self.reported = {"fraction": fraction, "lost": lost, "jitter": jitter}

    def reading(self):
        plan = self.plan
        return {
            "sent": self.player.sent, "rtcp": self.control_packets, "wrong_source": self.wrong_source,
            "reported_lost": self.reported and self.reported["lost"],
            "codec": plan and plan.send.rtpmap, "sends": bool(plan and plan.can_send),
            "hears": bool(plan and plan.can_receive), "secure": bool((self._keys(plan) or [None])[0])}  # fmt: skip
