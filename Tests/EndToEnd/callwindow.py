# SPDX-License-Identifier: Apache-2.0
"""The window of calls on a screen of its own, as a person with a screen reader and a keyboard has it."""

import contextlib
import json
import subprocess
from pathlib import Path

import xscreen
from booted import wait_for
from names import PROJECT

NAME = "org.ongoingcall.OngoingCall.Window"
PROGRAM = "/usr/local/bin/ongoingcall-window"
SCREENSHOTS = PROJECT / ".build" / "screenshots"


class CallWindow:
    def __init__(self, user, screen="800x680"):
        self.user = user
        self.screen = screen
        self.environment = {}
        self._processes = []

    def __enter__(self):
        try:
            _, display = xscreen.begin(self._spawn, self.screen)
            self.environment = {"DISPLAY": display, "GDK_BACKEND": "x11", "GSK_RENDERER": "cairo", "GTK_A11Y": "atspi",
                                "LANG": "C.UTF-8"}  # fmt: skip
            self.user.systemctl("set-environment", *(f"{name}={value}" for name, value in self.environment.items()))
            self.user.install(Path(__file__).with_name("reader_program.py"), "reader", mode=0o755)
            self._reader = self._spawn(f"{self.user.home}/reader", NAME, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       bufsize=1)  # fmt: skip
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.kill()
            process.wait()
        self.user.systemctl("unset-environment", *self.environment)

    def _spawn(self, *command, env=None, **options):
        process = self.user.spawn(*command, env=env or self.environment, encoding="utf-8",
                                  **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **options})  # fmt: skip
        self._processes.append(process)
        return process

    def open(self, *arguments, **env):
        """Starts it; it shows itself, or the one that is there."""
        return self._spawn(PROGRAM, *arguments, env={**self.environment, **env})

    def processes(self):
        return self.user.run("pgrep", "-x", "ongoingcall-win", check=False).stdout.split()

    # What it shows

    def _ask(self, **order):
        self._reader.stdin.write(json.dumps(order) + "\n")
        return json.loads(self._reader.stdout.readline()).get("answer")

    def look(self):
        return self._ask(do="look") or []

    def windows(self):
        return len([widget for widget in self.look() if widget["role"] == "frame"])

    def texts(self):
        """Every text and name that is to be seen."""
        return {text for widget in self.look() for text in (widget["name"], widget["text"]) if text}

    def see(self, text, seconds=20.0):
        """Waits until a text that has this in it is to be seen; returns it."""
        try:
            return wait_for(text, lambda: next((seen for seen in self.texts() if text in seen), None), seconds)
        except AssertionError:
            self.screenshot("failed")
            raise AssertionError(f"the window does not show “{text}”, but {sorted(self.texts())}") from None

    def see_no(self, text):
        wait_for(f"the window not to show “{text}”", lambda: not any(text in seen for seen in self.texts()))

    def buttons(self):
        """The names of those that can be pressed."""
        return {w["name"] for w in self.look() if w["role"] == "button" and w["sensitive"]}

    def places(self):
        """Where in the window its buttons are: x, y, width, height."""
        return self._ask(do="measure") or {}

    # What the user does

    def press(self, name, role="button"):
        wait_for(f"a button “{name}”, among {sorted(self.buttons())}",
                 lambda: self._ask(do="press", role=role, name=name))  # fmt: skip

    def focus(self, name, role="button"):
        """Goes there by the keyboard alone."""

        def focused():
            return next(((w["role"], w["name"]) for w in self.look() if w["focused"]), None)

        def is_there():
            before = focused()
            if before == (role, name):
                return True
            self.key("Tab")
            with contextlib.suppress(AssertionError):
                wait_for("the focus to go on", lambda: focused() != before, seconds=1)

        wait_for(f"“{name}” to have the focus", is_there)

    def key(self, *keys):
        self.user.run("xdotool", "key", *keys, env=self.environment)

    def type(self, text):
        self.user.run("xdotool", "type", text, env=self.environment)

    def _frame(self):
        return self.user.run("xdotool", "search", "--onlyvisible", "--name", "^OngoingCall$",
                             env=self.environment).stdout.split()[-1]  # fmt: skip

    def resize(self, width, height):
        """As far as the window can be."""
        frame = self._frame()
        self.user.run("xdotool", "windowsize", "--sync", frame, str(width), str(height), env=self.environment)
        shown = self.user.run("xdotool", "getwindowgeometry", "--shell", frame, env=self.environment).stdout
        size = dict(line.split("=") for line in shown.splitlines())
        assert (int(size["WIDTH"]), int(size["HEIGHT"])) == (width, height)

    def screenshot(self, name):
        """The window, into .build/screenshots; those of packaging/screenshots are from there."""
        inside = f"{self.user.home}/screen.png"
        self.user.run("import", "-window", self._frame(), inside, env=self.environment)
        self.user.run("convert", inside, "+dither", "-colors", "128", "-strip", inside)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / f"{name}.png").write_bytes(self.user.bed.path(inside).read_bytes())
