# SPDX-License-Identifier: Apache-2.0
"""A journal that takes nothing, and homes that do not answer: all of it real, and undone in the end."""

import contextlib
import signal

from beds import lingering
from booted.frozen import FreezableHome
from homes import user_with_home

FILL = """
import socket, sys
def fill(path):
    full = 0
    while full < 2:
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sender.setblocking(False)
        sender.connect(path)
        sent = 0
        try:
            while True:
                sender.send(b"MESSAGE=to fill the queue\\n")
                sent += 1
        except BlockingIOError:
            full = 0 if sent else full + 1
fill("/run/systemd/journal/socket")
fill("/run/systemd/journal/dev-log")
"""


@contextlib.contextmanager
def stopped_journal(bed):
    """journald stands still, and there is no room left for what it is to read."""
    process = bed.run("systemctl", "show", "--value", "--property=MainPID", "systemd-journald").stdout.strip()
    bed.run("kill", "-STOP", process)
    try:
        bed.run("python3", "-c", FILL)
        yield
    finally:
        bed.run("kill", "-CONT", process)


def user_with_disk(bed, name):
    """A new user whose home is a disk of its own, and the disk."""
    return user_with_home(bed, name, lambda user: FreezableHome(user, mebibytes=64))


def is_stuck(bed, process):
    """Whether a process waits and cannot be killed."""
    state = bed.run("sh", "-c", f"cut -d')' -f2 /proc/{process}/stat", check=False).stdout.split()
    return bool(state) and state[0] == "D"


def killed(bed, process, number=signal.SIGKILL):
    bed.run("kill", f"-{int(number)}", process, check=False)
