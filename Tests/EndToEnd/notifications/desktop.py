# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import threading
from pathlib import Path

from booted import wait_for

from .server import NotificationServer


class Desktop(NotificationServer):
    """A user's desktop, as far as a call meets it: a notification server whose user is the test, and an application,
    which is org.example.Phone at /org/example/Phone."""

    program = "desktop"
    options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": None, "bufsize": 1}

    def __init__(self, user, *capabilities, name="test\u202e"):
        super().__init__(user)
        self.name = name
        self.capabilities = capabilities or ("actions", "body")
        self.events = []

    def command(self):
        self.user.install(Path(__file__).with_name("desktop_program.py"), self.program, mode=0o755)
        return [f"{self.user.home}/{self.program}", self.name, *self.capabilities]

    def start(self):
        super().start()
        threading.Thread(target=self._read, daemon=True).start()
        self.wait("ready")

    def _read(self):
        for line in self.server.stdout:
            self.events.append(json.loads(line))

    def wait(self, event, seconds=20.0, **fields):
        """The first event with these fields; a string is one that begins like it."""

        def fits(seen):
            return seen["event"] == event and all(
                seen[name].startswith(value) if isinstance(value, str) else seen[name] == value
                for name, value in fields.items())  # fmt: skip

        return wait_for(f"{event} {fields}", lambda: next(filter(fits, list(self.events)), None), seconds)

    def press(self, notification, key, token=""):
        self._order(id=notification["id"], key=key, token=token)

    def storm(self, notification, *keys, presses=0, departures=0):
        """As a broken server: the keys are pressed in turn, so many times; then it leaves the bus and comes back, so many
        times. After that it says "stormed"."""
        self._order(id=notification["id"], keys=keys, presses=presses, departures=departures)

    def _order(self, **order):
        self.server.stdin.write(json.dumps(order) + "\n")

    def shown(self):
        """The summaries of what is there just now, by their notifications' ids."""
        there = {}
        for event in list(self.events):
            if event["event"] == "notify":
                there[event["id"]] = event["summary"]
            elif event["event"] == "close":
                there.pop(event["id"], None)
        return there
