# SPDX-License-Identifier: Apache-2.0
"""Starts an engine as the daemon does, a socket as its stdin and stdout, and speaks the engine protocol with it."""

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path


class TimedOut(AssertionError):
    """Something did not happen in time; says what happened instead."""


def executable(name):
    """The path of one of the project's executables, from the folder that ONGOINGCALL_BIN names."""
    folder = os.environ.get("ONGOINGCALL_BIN")
    assert folder, "set ONGOINGCALL_BIN to the folder with the executables, such as .build/debug"
    path = Path(folder) / name
    assert os.access(path, os.X_OK), f"{path} is not there; build it: swift build --traits SIP --product {name}"
    return str(path.resolve())


ADRIFT = [sys.executable, "-c", "import os, signal, sys\nif os.fork(): signal.pause()\nos.execv(sys.argv[1], sys.argv[1:])"]
"""Before an engine's program: it is started by a process of its own, and has lost who started it when that is killed."""


class LineReader:
    """JSON lines from a descriptor, waited for with a deadline, and kept."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self.seen = []
        self.programs = []
        self.unparsed = []
        self.at_end = False
        self._pending = b""
        self._unread = 0
        self._selector = selectors.DefaultSelector()
        self._selector.register(descriptor, selectors.EVENT_READ)

    def close(self):
        self._selector.close()

    def pump(self, timeout):
        """Reads what comes within the timeout, at most once; False where nothing came."""
        if self.at_end or not self._selector.select(max(0, timeout)):
            return False
        try:
            data = os.read(self.descriptor, 65536)
        except ConnectionResetError:
            data = b""
        if not data:
            self.at_end = True
            return False
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                self.unparsed.append(line)
                continue
            # What is told of programs comes between all else, at times of its own.
            of_program = isinstance(message, dict) and message.get("type") == "program"
            (self.programs if of_program else self.seen).append(message)
        return True

    def wait_for(self, predicate, timeout, what="a message"):
        """The first message not taken before for which the predicate holds; what it passes over is taken, too."""
        deadline = time.monotonic() + timeout
        start = self._unread
        while True:
            while self._unread < len(self.seen):
                message = self.seen[self._unread]
                self._unread += 1
                if predicate(message):
                    return message
            left = deadline - time.monotonic()
            if left <= 0 or (self.at_end and self._unread == len(self.seen)):
                end = "before the end of the stream" if self.at_end else f"within {timeout} s"
                raise TimedOut(f"no {what} {end}; came: {self.seen[start:]} {self.unparsed}")
            self.pump(left)

    def drain(self):
        """Takes everything that has come up to now."""
        while self.pump(0):
            pass
        taken = self.seen[self._unread:]
        self._unread = len(self.seen)
        return taken


class EngineProcess:
    """An engine's process and the daemon's end of its channel.

    A context manager: leaving it kills the process where it still runs.
    """

    def __init__(self, argv, env=None, cwd=None, stderr=None, **popen):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket = ours
        self.process = subprocess.Popen(
            argv, stdin=theirs, stdout=theirs, stderr=stderr, env=env, cwd=cwd, close_fds=True,
            start_new_session=True, **popen)
        theirs.close()
        self.reader = LineReader(ours.fileno())
        self._serial = 0

    @property
    def pid(self):
        return self.process.pid

    @property
    def messages(self):
        """Everything the engine has said."""
        return self.reader.seen

    def send(self, request):
        self.send_bytes(json.dumps(request).encode() + b"\n")

    def send_bytes(self, data):
        self.socket.sendall(data)

    def hello(self, session="0123abcd", lease=60):
        self.send({"type": "hello", "version": 1, "session": session, "lease": lease})

    def wait_for(self, predicate, timeout=10, what="message"):
        """The next message for which the predicate holds."""
        return self.reader.wait_for(predicate, timeout, what)

    def wait_for_state(self, state, timeout=10, **values):
        """The next message of that state, and with those values."""
        wanted = {"type": "state", "state": state, **values}
        return self.wait_for(lambda m: wanted.items() <= m.items(), timeout, f"state {state} {values or ''}")

    def wait_for_type(self, kind, timeout=10):
        return self.wait_for(lambda m: m.get("type") == kind, timeout, f"message of type {kind}")

    def ping(self, timeout=5):
        """Returns when the engine has answered; what it said before the answer is in `messages`."""
        self._serial += 1
        serial = self._serial
        self.send({"type": "ping", "serial": serial})
        return self.wait_for(
            lambda m: m.get("type") == "pong" and m.get("serial") == serial, timeout, f"pong {serial}")

    def signal(self, number):
        self.process.send_signal(number)

    def close_channel(self):
        """What the engine sees when the daemon is stopped for good."""
        self.reader.close()
        self.socket.close()

    def wait_for_exit(self, timeout=5):
        """The exit status; a negative number is a signal."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise TimedOut(f"the engine did not exit within {timeout} s; it said {self.messages}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
        self.close_channel()
