# SPDX-License-Identifier: Apache-2.0
"""The other side of a call: `ongoingcall-farend`, real SIP and RTP on 127.0.0.1."""

import json
import subprocess
import threading
import time
import wave
from array import array
from math import pi, sin
from pathlib import Path

from booted import wait_for

PROGRAM = Path(__file__).resolve().parents[1] / "FarEnd" / "ongoingcall-farend"


class FarEnd:
    """Answers, unless its options say otherwise, and measures the RTP that arrives."""

    def __init__(self, *options, host="127.0.0.1", prefix=()):
        """`prefix` goes before the command, which listens on `host`."""
        self.events = []
        self.host = host
        self.process = subprocess.Popen(
            [*prefix, PROGRAM, "--stats-every", "50", "--address", host, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, bufsize=1)  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = self.wait("listening")["port"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join()
            self.process.stdout.close()

    @property
    def address(self):
        return f"sip:standup@{self.host}:{self.port}"

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def find(self, name, after=0):
        return next((event for event in self.events[after:] if event["event"] == name), None)

    def wait(self, name, seconds=15.0, after=0):
        """The first event of that name, at or after that place in `events`."""
        return wait_for(f"the far end to say “{name}”", lambda: self.find(name, after), seconds)

    def tell(self, command):
        """hold, unhold, hangup, ignore, heed …"""
        self.process.stdin.write(command + "\n")

    def _ask(self, command):
        place = len(self.events)
        self.tell(command)
        return self.wait("stats", after=place)

    def violations(self):
        """What the caller did against the rules of SIP, SDP and RTP so far, as texts."""
        self.stats()
        return [event["text"] for event in self.events if event["event"] == "violation"]

    def stats(self):
        """The counters: packets, lost, longest-gap-ms …"""
        return self._ask("stats")

    def reset(self):
        """Begins to count anew."""
        return self._ask("reset")

    def hear(self, packets, seconds=30.0):
        """Waits until so many more packets have arrived, and returns the counters."""
        start = self.stats()["packets"]
        wait_for(f"{packets} more RTP packets", lambda: self.stats()["packets"] >= start + packets, seconds)
        return self.stats()


def now():
    """Milliseconds, as the far end's `at`."""
    return time.monotonic() * 1000


def tone(path, seconds=120, rate=16000, hertz=440):
    """Writes a WAV file with a tone, to be played into calls."""
    period = array("h", (int(8000 * sin(2 * pi * hertz * i / rate)) for i in range(rate)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        for _ in range(seconds):
            file.writeframes(period.tobytes())
    return path
