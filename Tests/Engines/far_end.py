# SPDX-License-Identifier: Apache-2.0
"""The far end of the tests, ongoingcall-farend. `bare_far_end` is for what that does not do."""

import signal
import subprocess
import time
from pathlib import Path

from engine_process import LineReader

GRACE = 5
PROGRAM = str(Path(__file__).resolve().parents[1] / "FarEnd" / "ongoingcall-farend")
ASIDE = ("rtp", "stats", "violation")
"""Events that are no part of a call's course."""


class FarEnd:
    """ongoingcall-farend, which answers calls and measures the RTP that comes.

    A context manager: leaving it fails the test where the engine has done anything against the rules, unless `strict`
    is false.
    """

    def __init__(self, *options, address="127.0.0.1", prefix=(), stderr=subprocess.DEVNULL, strict=True):
        self.strict = strict
        self.process = subprocess.Popen(
            [*prefix, PROGRAM, "--address", address, *map(str, options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True)
        self.reader = LineReader(self.process.stdout.fileno())
        listening = self.wait_for("listening")
        self.port, self.tls_port = listening["port"], listening.get("tls-port")
        self.host = f"[{address}]" if ":" in address else address
        self.uri = f"sip:far@{self.host}:{self.port}"

    def wait_for(self, event, timeout=10, **values):
        """The next event of that name and with those values; underscores in keys stand for hyphens."""
        wanted = {key.replace("_", "-"): value for key, value in values.items()}

        def matches(message):
            return message["event"] == event and all(message.get(k) == v for k, v in wanted.items())

        return self.reader.wait_for(matches, timeout, f"event {event} {wanted or ''}")

    def command(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()
        if text.startswith("respond"):
            # It is to hold for what is sent to it from now on.
            self.stats()

    def stats(self):
        self.command("stats")
        return self.wait_for("stats")

    def wait_for_packets(self, more, timeout=10):
        """Returns the reading in which so many more packets have come than by now."""
        goal = self.stats()["packets"] + more
        return self.reader.wait_for(
            lambda m: m["event"] in ("rtp", "stats") and m["packets"] >= goal, timeout, f"{more} more packets")

    def events(self):
        """The names of everything but readings and violations, so far."""
        return [m["event"] for m in self.reader.seen if m["event"] not in ASIDE]

    def violations(self):
        """What the engine did against the rules so far, as texts."""
        self.stats()
        return self._violations()

    def _violations(self):
        return [m["text"] for m in self.reader.seen if m["event"] == "violation"]

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self._end()
        assert kind or not self.strict or not self._violations(), self._violations()

    def _end(self):
        try:
            if self.process.poll() is None:
                self.process.stdin.close()
                deadline = time.monotonic() + GRACE
                while not self.reader.at_end and time.monotonic() < deadline:
                    self.reader.pump(deadline - time.monotonic())
                self.process.wait(GRACE)
        except (OSError, subprocess.TimeoutExpired):
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(GRACE)
        finally:
            self.reader.close()
            self.process.stdout.close()
