# SPDX-License-Identifier: Apache-2.0
"""ongoingcallctl on a terminal of its own."""

import fcntl
import os
import struct
import termios

from booted.terminal import PseudoTerminal


class Window(PseudoTerminal):
    """`ongoingcallctl ARGUMENTS…` on a new terminal; `before` is what runs it, if anything."""

    def __init__(self, user, *arguments, columns=100, rows=30, before=(), env=None):
        self.user = user
        # Where a debug build is killed on a terminal, Swift's runtime would stop and ask what to do.
        self.env = {"TERM": "xterm", "NO_COLOR": "1", "SWIFT_BACKTRACE": "enable=no", **(env or {})}
        super().__init__(lambda slave: self._start(slave, before, arguments), user.bed.path("/dev/pts/ptmx"),
                         columns, rows)  # fmt: skip

    def _start(self, slave, before, arguments):
        self.modes = termios.tcgetattr(slave)
        # As the leader of a session, whose terminal it is.
        return self.user.spawn("setsid", "--ctty", "--wait", *before, "ongoingcallctl", *arguments, env=self.env,
                               stdin=slave, stdout=slave, stderr=slave, start_new_session=True)  # fmt: skip

    def type(self, text):
        os.write(self.master, text if isinstance(text, bytes) else text.encode())

    def resize(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def end(self, seconds=60):
        """Its exit status, as a shell sees it."""
        return self.process.wait(timeout=seconds)


class Program(Window):
    """A program on a terminal of its own."""

    def __init__(self, user, *command, **options):
        super().__init__(user, before=command, **options)

    def _start(self, slave, before, arguments):
        return self.user.spawn("setsid", "--ctty", "--wait", *before, env=self.env,
                               stdin=slave, stdout=slave, stderr=slave, start_new_session=True)  # fmt: skip
