# SPDX-License-Identifier: Apache-2.0
"""Somebody on a bus who sends in others' names."""

import json
import subprocess
from pathlib import Path

SYSTEM_BUS = "unix:path=/run/dbus/system_bus_socket"


class Forger:
    """On the session bus of `user`, or, as that user, on the system bus."""

    def __init__(self, user, address=None):
        program = "forger"
        user.install(Path(__file__).with_name("forger_program.py"), program, mode=0o755)
        address = address or user.environment["DBUS_SESSION_BUS_ADDRESS"]
        self._process = user.spawn(f"{user.home}/{program}", address, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   text=True, bufsize=1)  # fmt: skip
        # Beside that something was done.
        self.events = []
        self.name = self._next("ready")["name"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.communicate()

    def _next(self, kind):
        for line in self._process.stdout:
            event = json.loads(line)
            if event["event"] == kind:
                return event
            self.events.append(event)
        raise AssertionError(f"the forger has ended before it was {kind}")

    def do(self, what, **how):
        """Returns when the bus has passed it on."""
        self._process.stdin.write(json.dumps({"do": what, **how}) + "\n")
        self._next("done")

    def signal(self, to, path, interface, member, body=None, times=1):
        self.do("signal", to=to, path=path, interface=interface, member=member, body=body, times=times)
