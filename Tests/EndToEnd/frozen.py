# SPDX-License-Identifier: Apache-2.0
"""A journal that takes nothing, and homes that do not answer: all of it real, and undone in the end."""

import contextlib
import itertools
import os
import signal
import subprocess

from beds import lingering
from booted import wait_for

_numbers = itertools.count(1)

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


def _inside(bed, *command, check=True):
    """Runs a program of this machine where the testbed's mounts are."""
    return subprocess.run(["nsenter", f"--target={bed.leader}", "--mount", *command], check=check, capture_output=True,
                          text=True, timeout=30)  # fmt: skip


class DiskHome:
    """A home on a disk of its own, which can be frozen: then it is read, and whoever writes waits and cannot be killed
    (fsfreeze(8))."""

    def __init__(self, bed, path):
        self.bed, self.path = bed, path
        self.image = bed.path(f"/srv/home-{next(_numbers)}.img")
        with open(self.image, "wb") as image:
            image.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", str(self.image)], check=True)
        self.device = subprocess.run(["losetup", "--find", "--show", str(self.image)], check=True, capture_output=True,
                                     text=True).stdout.strip()  # fmt: skip
        self.node = bed.path(self.device)
        if not self.node.exists():
            os.mknod(self.node, 0o600 | 0o060000, os.stat(self.device).st_rdev)
        _inside(bed, "mount", self.device, path)

    @contextlib.contextmanager
    def frozen(self):
        _inside(self.bed, "fsfreeze", "--freeze", self.path)
        try:
            yield
        finally:
            _inside(self.bed, "fsfreeze", "--unfreeze", self.path)

    def remove(self):
        wait_for(f"{self.path} to be unmounted",
                 lambda: _inside(self.bed, "umount", self.path, check=False).returncode == 0, 20)
        subprocess.run(["losetup", "--detach", self.device], check=True)


@contextlib.contextmanager
def user_with_disk(bed, name):
    """A new user whose home is a disk of its own, and the disk."""
    user = bed.create_user(name, linger=False)
    disk = DiskHome(bed, user.home)
    try:
        bed.run("chown", f"{user.uid}:{user.gid}", user.home)
        bed.run("chmod", "700", user.home)
        with lingering(bed, user):
            yield user, disk
    finally:
        disk.remove()


def is_stuck(bed, process):
    """Whether a process waits and cannot be killed."""
    state = bed.run("sh", "-c", f"cut -d')' -f2 /proc/{process}/stat", check=False).stdout.split()
    return bool(state) and state[0] == "D"


def killed(bed, process, number=signal.SIGKILL):
    bed.run("kill", f"-{int(number)}", process, check=False)
