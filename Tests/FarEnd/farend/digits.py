# SPDX-License-Identifier: Apache-2.0
"""Digits as telephone events (RFC 4733)."""

NAMES = "0123456789*#ABCD"
PATIENCE = 300_000_000
"""Nanoseconds after which an event whose end did not come has ended."""


class DigitListener:
    """Puts packets together to events, and tells each once."""

    def __init__(self, tell, violate):
        self.tell, self.violate = tell, violate
        self._current = None
        self._ended_at = None

    def packet(self, stamp, marker, payload, rate, at):
        if len(payload) < 4:
            self.violate("a telephone-event packet is shorter than four bytes")
            return
        number, flags, duration = payload[0], payload[1], int.from_bytes(payload[2:4], "big")
        event = self._current
        if event is None or event["stamp"] != stamp:
            self.expire(at, True)
            if not marker:
                self.violate("the first packet of a telephone-event has no marker")
            event = self._current = {
                "stamp": stamp, "number": number, "rate": rate, "start": at, "last": at, "packets": 0,
                "duration": duration, "told": False, "ends": 0}
        elif number != event["number"]:
            self.violate(f"telephone-event {event['number']} became {number} under the same timestamp")
        elif duration < event["duration"]:
            self.violate(f"the duration of a telephone-event fell from {event['duration']} to {duration}")
        event["packets"] += 1
        event["last"], event["duration"] = at, duration
        if flags & 0x80:
            event["ends"] += 1
            if not event["told"]:
                self._tell(event, True)

    def expire(self, at, at_once=False):
        event = self._current
        if event and not event["told"] and (at_once or at - event["last"] > PATIENCE):
            self.violate("a telephone-event has no end")
            self._tell(event, False)
        elif event and event["told"] and at - event["last"] > PATIENCE:
            if event["ends"] < 3:
                self.violate(f"the end of a telephone-event was sent {event['ends']} times, not three")
            self._current = None

    def _tell(self, event, ended):
        event["told"] = True
        number = event["number"]
        gap = None if self._ended_at is None else (event["start"] - self._ended_at) // 1_000_000
        self._ended_at = event["last"]
        self.tell(
            digit=NAMES[number] if number < len(NAMES) else f"event-{number}",
            duration_ms=event["duration"] * 1000 // event["rate"], packets=event["packets"], gap_ms=gap,
            ended=None if ended else False)


def event_packets(digit, milliseconds, rate, packet_ms=20):
    """The payloads of one event, and whether each is the first, in the order of sending; the last three end it."""
    number = NAMES.index(digit.upper())
    durations = [ms * rate // 1000 for ms in range(packet_ms, milliseconds + 1, packet_ms)]
    result = [bytes([number, 10]) + d.to_bytes(2, "big") for d in durations]
    return result + [bytes([number, 0x8A]) + durations[-1].to_bytes(2, "big")] * 3
