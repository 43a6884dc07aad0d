# SPDX-License-Identifier: Apache-2.0
"""A login session on a pseudo-terminal."""

import fcntl
import itertools
import os
import re
import select
import signal
import struct
import subprocess
import termios
import time

from .waiting import DeadlineExceeded, wait_for

# From <asm-generic/ioctls.h>; the module termios names them from Python 3.13 on.
TIOCSPTLCK, TIOCGPTN, TIOCGPTPEER = 0x40045431, 0x80045430, 0x5441
_serials = itertools.count()


class TerminalClosed(EOFError):
    """The other side of the terminal is gone."""


class PseudoTerminal:
    """A program on a new pseudo-terminal. This process holds the master, as a terminal's window does."""

    def __init__(self, spawn, ptmx="/dev/ptmx", columns=200, rows=50):
        """`spawn(slave)` starts the program on that descriptor and returns its Popen; `ptmx` makes the terminal."""
        self.transcript = ""
        self._pending = ""
        self.master = os.open(ptmx, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        fcntl.ioctl(self.master, TIOCSPTLCK, struct.pack("i", 0))
        self.tty = "pts/%d" % struct.unpack("I", fcntl.ioctl(self.master, TIOCGPTN, bytes(4)))
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        slave = fcntl.ioctl(self.master, TIOCGPTPEER, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
        try:
            self.process = spawn(slave)
        finally:
            os.close(slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def quieten(self):
        """A shell without prompt, redrawing and echo: what is read back is output. To be done before `run`."""
        self.send("stty -echo; unset PROMPT_COMMAND; PS1=''")
        self.run("true")

    def send(self, line):
        """Types a line and presses Return."""
        os.write(self.master, (line + "\n").encode())

    def read_until(self, pattern, seconds=30.0):
        """Reads until the regular expression is found, and returns its match; what came before is `match.string`."""
        deadline = time.monotonic() + seconds
        expression = re.compile(pattern, re.MULTILINE)
        while not (match := expression.search(self._pending)):
            if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise DeadlineExceeded(f"waited {seconds:g} s in vain for /{pattern}/ in:\n{self._pending}")
            try:
                text = os.read(self.master, 65536).decode("utf-8", "replace").replace("\r\n", "\n")
            except OSError:
                text = ""
            if not text:
                raise TerminalClosed(f"the terminal closed before /{pattern}/ came; it said:\n{self._pending}")
            self.transcript += text
            self._pending += text
        self._pending = self._pending[match.end() :]
        return match

    def run(self, command, seconds=30.0):
        """Runs a shell command in the foreground; returns its exit status and what it printed."""
        mark = f"end-of-command-{next(_serials)}"
        self.send(f"{command}\nprintf '\\n%s %s\\n' {mark} $?")
        match = self.read_until(rf"\n{mark} (\d+)\n", seconds)
        output = match.string[: match.start()]
        return int(match[1]), output.strip("\n")

    def close(self):
        """Closes the window: the terminal hangs up, and the session's processes get SIGHUP. Returns when it is gone."""
        if self.master is None:
            return
        os.close(self.master)
        self.master = None
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            raise


class Terminal(PseudoTerminal):
    """`su --login USER` on a pseudo-terminal of the testbed's own /dev/pts: a session of logind, in its own scope.

    `close` is what closing the window does.
    """

    def __init__(self, user):
        self.user = user
        super().__init__(self._log_in, user.bed.path("/dev/pts/ptmx"))
        self.session = wait_for(f"a login session on {self.tty}", self._find_session)
        self.quieten()

    def _log_in(self, slave):
        return self.user.bed.spawn("setsid", "--ctty", "--wait", "su", "--login", self.user.name,
                                   stdin=slave, stdout=slave, stderr=slave, start_new_session=True)  # fmt: skip

    @property
    def scope(self):
        return f"session-{self.session}.scope"

    @property
    def is_logged_in(self):
        return self._find_session() == self.session

    def _find_session(self):
        # As text: what asks for JSON differs between systemd 252 and 257, the columns' order too.
        shown = self.user.bed.run("loginctl", "list-sessions", "--no-legend", check=False).stdout
        sessions = [line.split() for line in shown.splitlines()]
        return next((words[0] for words in sessions if {self.tty, self.user.name} <= set(words)), None)

    def terminate(self):
        """Logs the session out from outside: `loginctl terminate-session`. Returns when logind has forgotten it."""
        self.user.bed.run("loginctl", "terminate-session", self.session)
        wait_for(f"session {self.session} to be gone", lambda: not self.is_logged_in)
