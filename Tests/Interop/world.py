# SPDX-License-Identifier: Apache-2.0
"""A network of the test's own, and programs in it that do not outlive it."""

import ctypes
import os
import signal
import subprocess
import time

from engine_process import TimedOut

# Everybody's: baresip has no transport where there is only the loopback's.
ADDRESS = "198.51.100.10"
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def enter_new_network():
    """Puts this thread, and what it starts from now on, into a network namespace with one address besides 127.0.0.1.

    All ports are free there, and nobody else's packets are seen. What the machine sends to its own addresses passes
    `lo`, whichever link has them.
    """
    if _libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "a network namespace needs root")
    for words in ("link set lo up", "link add call type veth peer name end", f"address add {ADDRESS}/24 dev call",
                  "link set call up", "link set end up", "route add default dev call"):
        subprocess.run(["ip", *words.split()], check=True)


def until(condition, timeout, what, look=lambda: None):
    """The first true value of the condition. `look` waits for news, and is what paces the questions."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimedOut(f"no {what} within {timeout} s")
        look()
    return value


class Program:
    """A program in a process group of its own, with its output in a file. A context manager."""

    def __init__(self, argv, folder, name, env=None, **popen):
        self.log_path = folder / f"{name}.log"
        self.log = open(self.log_path, "ab")
        self.process = subprocess.Popen(
            argv, cwd=folder, env={"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8", **(env or {})},
            stdout=popen.pop("stdout", self.log), stderr=self.log, start_new_session=True, **popen)

    @property
    def output(self):
        return self.log_path.read_text("utf-8", "replace")

    def check_alive(self):
        if self.process.poll() is not None:
            raise AssertionError(
                f"{self.log_path.name}: ended with {self.process.returncode}: {self.output[-2000:]}")

    def wait_for_port(self, port, protocol="udp", timeout=10):
        """Returns when somebody in this network listens at the port; stops the program where nobody does."""
        def listens():
            self.check_alive()
            with open(f"/proc/thread-self/net/{protocol}", encoding="ascii") as table:
                rows = [line.split() for line in list(table)[1:]]
            return any(row[1].endswith(f":{port:04X}") and row[3] in ("07", "0A") for row in rows)
        try:
            until(listens, timeout, f"listener at {protocol} port {port}", lambda: time.sleep(0.01))
        except BaseException:
            self.stop()
            raise

    def stop(self, number=signal.SIGTERM, grace=3):
        """Ends the whole group, at the latest by SIGKILL."""
        for step in (number, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, step)
            except ProcessLookupError:
                pass
            try:
                self.process.wait(grace)
            except subprocess.TimeoutExpired:
                continue
            if step == signal.SIGKILL or not self._group_lives():
                break
        self.log.close()

    def _group_lives(self):
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
