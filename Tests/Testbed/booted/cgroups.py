# SPDX-License-Identifier: Apache-2.0
"""A control group of its own for each testbed, so that two can run at once and nothing of one is ever left over."""

import os
import signal
from pathlib import Path

from .waiting import wait_for


def _groups(process="self"):
    """The directory of a process's group in each hierarchy that systemd uses (version 2, and name=systemd)."""
    mounts = {}
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, tail = line.partition(" - ")
        kind, _, options = tail.split(" ", 2)
        root, point = fields.split(" ")[3:5]
        if kind == "cgroup2":
            mounts.setdefault("", (root, point))
        elif kind == "cgroup" and "name=systemd" in options.split(","):
            mounts.setdefault("name=systemd", (root, point))
    for line in Path(f"/proc/{process}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers in mounts:
            root, point = mounts[controllers]
            yield Path(point) / os.path.relpath(path, root)


def create(name):
    """Makes the groups and returns their directories."""
    return _made(group / name for group in _groups())


def beside(leader, name):
    """Makes groups beside that of a testbed's PID 1, in no unit of it, and returns their directories. Who talks to the
    testbed's programs is to be in one: for systemd 257 a process outside of its control groups is an error."""
    return _made(group.parent / name for group in _groups(leader))


def _made(groups):
    groups = list(groups)
    for group in groups:
        group.mkdir(exist_ok=True)
    return groups


def entered(groups):
    """Shell commands by which a shell enters the groups."""
    return "".join(f'echo 0 >"{group}/cgroup.procs"; ' for group in groups)


def kill(group):
    """Kills whatever runs in the group or below it, and removes it. A group that is gone already is fine."""
    group = Path(group)

    def is_empty():
        pids = [pid for file in group.rglob("cgroup.procs") for pid in _lines(file)]
        for pid in pids:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not pids

    if not group.is_dir():
        return
    wait_for(f"the processes in {group} to end", is_empty)
    for directory, _, _ in os.walk(group, topdown=False):
        wait_for(f"{directory} to be removable", lambda: _removed(directory))


def _lines(file):
    try:
        return file.read_text().split()
    except OSError:
        return []


def _removed(directory):
    try:
        os.rmdir(directory)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True
