# SPDX-License-Identifier: Apache-2.0
"""A real notification server for a user, dunst, on a screen that nobody sees; and what it is told."""

import json
import queue
import subprocess
import threading

from booted import wait_for

NAME = "org.freedesktop.Notifications"


class Notification:
    """The arguments of a Notify."""

    def __init__(self, values):
        (self.application, self.replaced, self.icon, self.summary, self.body, actions, hints, self.timeout) = values
        self.actions = dict(zip(actions[::2], actions[1::2]))
        self.hints = {key: value["data"] for key, value in hints.items()}

    def __repr__(self):
        return f"{self.summary!r}: {self.body!r} {self.actions} {self.hints}"


class Dunst:
    """There for a `with`."""

    def __init__(self, user):
        self.user = user
        self.processes = []
        self.notifications = queue.Queue()

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def _spawn(self, *command, **options):
        process = self.user.spawn(*command, stdin=subprocess.DEVNULL, encoding="utf-8", **options)
        self.processes.append(process)
        return process

    def _start(self):
        monitor = self._spawn("busctl", "--user", "monitor", "--json=short", "--match",
                              f"type='method_call',interface='{NAME}',member='Notify'",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        # It says so once it sees everything.
        assert "Monitoring bus message stream." in monitor.stderr.readline()
        threading.Thread(target=self._read, args=[monitor.stdout], daemon=True).start()
        # Sockets of the abstract kind are shared with whatever else has a screen on this machine.
        screen = self._spawn("Xvfb", "-displayfd", "1", "-nolisten", "local", "-screen", "0", "800x600x24",
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)  # fmt: skip
        self._display = screen.stdout.readline().strip()
        self.start_server()

    def start_server(self):
        self._spawn("dunst", env={"DISPLAY": f":{self._display}"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("dunst to be on the bus", lambda: self.user.busctl(
            "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner", "s", NAME
        )["data"] == [True])  # fmt: skip

    def _read(self, lines):
        for line in lines:
            message = json.loads(line)
            if message["type"] == "method_call":
                self.notifications.put(Notification(message["payload"]["data"]))

    def until(self, condition, seconds=30):
        """The first notification from now on that fulfils a condition."""
        seen = []
        while True:
            try:
                seen.append(self.notifications.get(timeout=seconds))
            except queue.Empty:
                raise AssertionError(f"no such notification; there were {seen}") from None
            if condition(seen[-1]):
                return seen[-1]

    def shown(self):
        """How many notifications dunst shows."""
        answer = self.user.busctl("get-property", NAME, "/org/freedesktop/Notifications",
                                  "org.dunstproject.cmd0", "displayedLength")  # fmt: skip
        return answer["data"]
