# SPDX-License-Identifier: Apache-2.0
"""An engine as the daemon sees it: a process whose standard input and output are one end of a socket pair."""

import json
import os
import socket
import subprocess
import tempfile
import time


class ChannelClosed(Exception):
    """The engine closed its end of the channel before it said what was waited for."""


class EngineProcess:
    """Starts an engine; as a context manager, it leaves nothing behind."""

    def __init__(self, argv, env=None):
        self.messages = []
        self._pending = b""
        self._closed = False
        self._stderr = tempfile.TemporaryFile()
        self.channel, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with other:
            self.process = subprocess.Popen(
                [str(argument) for argument in argv],
                stdin=other, stdout=other, stderr=self._stderr, env=env)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close_channel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._stderr.close()

    @property
    def pid(self):
        return self.process.pid

    def send(self, message):
        self.send_bytes(json.dumps(message).encode() + b"\n")

    def send_bytes(self, data):
        self.channel.sendall(data)

    def wait_for(self, predicate, timeout=10):
        """The first message, from the oldest not yet waited for, that fulfils the predicate; earlier ones are dropped."""
        deadline = time.monotonic() + timeout
        seen = []
        while True:
            while self.messages:
                message = self.messages.pop(0)
                if predicate(message):
                    return message
                seen.append(message)
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"not within {timeout} s; instead: {seen}; stderr: {self.stderr()}")
            if self._closed:
                raise ChannelClosed(f"instead: {seen}; stderr: {self.stderr()}")
            self._receive(left)

    def wait_for_state(self, state, timeout=10):
        return self.wait_for(lambda m: m["type"] == "state" and m["state"] == state, timeout)

    def wait_closed(self, timeout=10):
        """Waits until the engine closes the channel; what it said until then is in `messages`."""
        deadline = time.monotonic() + timeout
        while not self._closed:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"the channel is still open after {timeout} s; stderr: {self.stderr()}")
            self._receive(left)

    def wait_exit(self, timeout=10):
        return self.process.wait(timeout)

    def close_channel(self):
        self._closed = True
        self.channel.close()

    def stderr(self):
        """What the engine has written to its standard error so far."""
        return os.pread(self._stderr.fileno(), 1 << 20, 0).decode(errors="replace")

    def _receive(self, timeout):
        self.channel.settimeout(timeout)
        try:
            data = self.channel.recv(65536)
        except TimeoutError:
            return
        except ConnectionResetError:
            data = b""
        finally:
            self.channel.settimeout(None)
        if not data:
            self._closed = True
        *lines, self._pending = (self._pending + data).split(b"\n")
        self.messages += [json.loads(line) for line in lines if line]
