# SPDX-License-Identifier: Apache-2.0
"""Programs that go on, and what they say."""

import subprocess
import threading

from booted import wait_for


class Follower:
    """A program of a user's, for a `with`, and its lines so far. What it writes to standard error waits to be read."""

    def __init__(self, user, *command, stdin=subprocess.DEVNULL):
        self.lines = []
        self.process = user.spawn(*command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  encoding="utf-8", bufsize=1)  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait(self, text, seconds=30):
        """The first line with this text."""
        return wait_for(f"“{text}” to be said", lambda: next((line for line in list(self.lines) if text in line), None), seconds)

    def wait_last(self, text):
        wait_for(f"“{text}” to be said last", lambda: self.lines and self.lines[-1] == text)

    def wait_for_end(self):
        """Returns when it has ended well, and all that it said is here."""
        assert self.process.wait(30) == 0, self.process.stderr.read()
        self._reader.join(10)
