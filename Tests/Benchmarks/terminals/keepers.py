# SPDX-License-Identifier: Apache-2.0
"""tmux, dtach and OngoingCall, each used the same way: begin a program, detach from it, and attach to it again."""

import itertools
import re
import shlex
import time

from booted import DeadlineExceeded, wait_for
from booted.terminal import TerminalClosed
from windows import Program

COLUMNS, ROWS = 80, 24
# A line for its status is off, so that the program has the same size everywhere.
SETTINGS = "set -g status off\nset -g default-terminal tmux-256color\nset -g remain-on-exit off\n"
# Seconds between two keys. What comes faster tmux takes for a paste, in which it looks for no keys of its own.
HUMAN = 0.05
# Says by what number the program is known, and is the program then.
ANNOUNCED = 'echo $$ > "$0"; exec "$@"'
_numbers = itertools.count(1)


def parent(user, pid):
    """The parent of a process of the testbed."""
    return int(re.search(r"^PPid:\s*(\d+)", user.bed.run("cat", f"/proc/{pid}/status").stdout, re.MULTILINE)[1])


def ends(view, seconds=10):
    """Whether what runs on that terminal ends in time; all that it says is read."""
    try:
        view.read_until("(?!)", seconds)
    except TerminalClosed:
        return True
    except DeadlineExceeded:
        return False


def keyboard(transcript):
    """How a terminal that was sent this sends keys: "CSI u", "modifyOtherKeys", or "" for as all have always done."""
    pushed, other = 0, False
    for direction, number in re.findall(r"\x1b\[([<>])(\d*)u", transcript):
        pushed = pushed + 1 if direction == ">" else max(0, pushed - int(number or 1))
    for level in re.findall(r"\x1b\[>4(?:;(\d*))?m", transcript):
        other = level not in ("", "0")
    return "CSI u" if pushed > 0 else "modifyOtherKeys" if other else ""


def control(letter, transcript):
    """Ctrl and a key, as such a terminal sends it."""
    forms = {"CSI u": f"\x1b[{ord(letter)};5u", "modifyOtherKeys": f"\x1b[27;5;{ord(letter)}~"}
    return forms.get(keyboard(transcript), chr(ord(letter) & 0x1F))


class Keeper:
    """One program, kept for a user of a testbed."""

    # The key with Ctrl that begins detaching, and the one after it, if any.
    detach_keys = ("b", "d")

    def __init__(self, user):
        self.user, self.number = user, next(_numbers)
        self.announcement = f"{user.home}/program{self.number}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def begin_line(self, *command):
        return self.line_for("sh", "-c", ANNOUNCED, self.announcement, *command)

    def begin(self, *command):
        """The program, on a new terminal."""
        return self._window(self.begin_line(*command))

    def attach(self):
        return self._window(self.attach_line())

    def _window(self, line):
        return Program(self.user, *line, columns=COLUMNS, rows=ROWS, env={"TERM": "xterm-256color"})

    def detaches(self, view):
        """Types the keys as that terminal sends them; whether that detaches."""
        first, then = self.detach_keys
        view.type(control(first, view.transcript))
        time.sleep(HUMAN)
        view.type(then)
        return ends(view, 6)

    @property
    def program(self):
        """Its process."""
        return int(self.user.bed.path(self.announcement).read_text())

    @property
    def holder(self):
        """The process that holds the program's terminal."""
        return parent(self.user, self.program)

    @property
    def server(self):
        """The process whose SIGKILL is to be survived."""
        return self.holder

    def kill(self, process):
        self.user.run("kill", "-KILL", str(process))
        wait_for("it to be gone", lambda: not self.user.bed.path(f"/proc/{process}").exists())


class Tmux(Keeper):
    name = "tmux"

    def __init__(self, user):
        super().__init__(user)
        user.install(SETTINGS, "tmux.conf")
        self.tmux = ["env", "-u", "TMUX", "tmux", "-L", f"kept{self.number}", "-f", f"{user.home}/tmux.conf"]

    @staticmethod
    def version(user):
        return user.run("tmux", "-V").stdout.split()[1]

    def line_for(self, *command):
        return [*self.tmux, "new-session", shlex.join(command)]

    def attach_line(self):
        return [*self.tmux, "attach"]

    def end(self):
        self.user.run(*self.tmux, "kill-server", check=False)


class Dtach(Keeper):
    name = "dtach"
    detach_keys = ("\\", "")

    def __init__(self, user):
        super().__init__(user)
        self.socket = f"{user.home}/kept{self.number}"

    @staticmethod
    def version(user):
        return user.run("dtach", "--version").stdout.split()[-1]

    def line_for(self, *command):
        return ["dtach", "-c", self.socket, *command]

    def attach_line(self):
        return ["dtach", "-a", self.socket]

    def end(self):
        if self.user.bed.path(self.announcement).exists():
            self.user.run("kill", "-KILL", str(self.program), check=False)


class OngoingCall(Keeper):
    name = "OngoingCall"
    detach_keys = ("\\", "d")

    @staticmethod
    def version(user):
        return user.run("ongoingcallctl", "--version").stdout.strip()

    @property
    def call(self):
        return f"kept{self.number}"

    def line_for(self, *command):
        return ["ongoingcallctl", "launch", "--name", self.call, "-t", "--", *command]

    def attach_line(self):
        return ["ongoingcallctl", "attach", self.call]

    @property
    def server(self):
        return int(self.user.unit("ongoingcalld.service", "MainPID")["MainPID"])

    def end(self):
        self.user.run("ongoingcallctl", "abort", self.call, check=False)


ALL = [Tmux, Dtach, OngoingCall]
