# SPDX-License-Identifier: Apache-2.0
"""Sleep as logind, its clients and the user's processes see it: all of it real but the kernel's part.

    sleep = Sleep(bed)
    with sleep.asleep():
        ...             # everything below user.slice stands still
    ...                 # and runs again; PrepareForSleep(false) has been sent
"""

import contextlib
import os
import subprocess

from .waiting import wait_for

PROGRAM = "/usr/local/lib/testbed/kernel"
STATE = "/run/testbed-sleep"

# What logind looks at to find out whether this machine can sleep (systemd-sleep.conf(5)), and, in systemd-sleep's
# place, a program that freezes the user's processes until it is told to wake up. Those who delay sleep are given longer
# than by default, for the sake of slow machines.
PREPARE = f"""
set -eu
mkdir -p {STATE}/power /run/systemd/system/systemd-suspend.service.d /run/systemd/logind.conf.d
echo mem >{STATE}/power/state
echo '[deep]' >{STATE}/power/mem_sleep
echo '[disabled]' >{STATE}/power/disk
if [ ! -d /sys/power ]; then
  mount -o remount,rw /sys
  mkdir /sys/power
fi
mountpoint --quiet /sys/power || mount --bind {STATE}/power /sys/power
[ -p {STATE}/wake ] || mkfifo {STATE}/wake
printf '[Service]\\nExecStart=\\nExecStart={PROGRAM}\\n' >/run/systemd/system/systemd-suspend.service.d/testbed.conf
systemctl daemon-reload
printf '[Login]\\nInhibitDelayMaxSec=30\\n' >{STATE}/logind.conf
if ! cmp -s {STATE}/logind.conf /run/systemd/logind.conf.d/testbed-sleep.conf; then
  cp {STATE}/logind.conf /run/systemd/logind.conf.d/testbed-sleep.conf
  systemctl restart systemd-logind
fi
"""
KERNEL = f"""#!/bin/sh
set -eu
for slice in /sys/fs/cgroup/user.slice /sys/fs/cgroup/unified/user.slice; do
  if [ -e $slice/cgroup.freeze ]; then break; fi
done
trap 'echo 0 >$slice/cgroup.freeze; rm -f {STATE}/asleep' EXIT
echo 1 >$slice/cgroup.freeze
until grep -qx 'frozen 1' $slice/cgroup.events; do sleep 0.01; done
exec 3<>{STATE}/wake
touch {STATE}/asleep
read -r _ <&3
"""


class Sleep:
    """The sleep of a testbed. Making another one for the same testbed is fine."""

    def __init__(self, bed):
        self.bed = bed
        bed.install(KERNEL, PROGRAM, mode=0o755)
        bed.run("sh", "-c", PREPARE)

    def begin(self):
        """`systemctl suspend`, which does not wait for those who delay it."""
        self.bed.run("systemctl", "suspend")

    @property
    def is_deep(self):
        return self.bed.path(f"{STATE}/asleep").exists()

    def wait_until_asleep(self, seconds=20.0):
        wait_for("the machine to be asleep", lambda: self.is_deep, seconds)

    def wake(self):
        """Returns when logind has told everybody."""
        with open(self.bed.path(f"{STATE}/wake"), "wb", opener=_at_once) as wake:
            wake.write(b"\n")
        wait_for("the machine to be awake", lambda: not self._prepares)

    @property
    def _prepares(self):
        manager = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")
        return self.bed.run("busctl", "get-property", *manager, "PreparingForSleep").stdout.strip() == "b true"

    @contextlib.contextmanager
    def delayed(self):
        """Somebody else delays sleep, until the inhibitor's `end`, or the end of this."""
        with _Delay(self.bed) as delay:
            yield delay

    @contextlib.contextmanager
    def asleep(self):
        self.begin()
        self.wait_until_asleep()
        try:
            yield
        finally:
            self.wake()


class _Delay:
    def __init__(self, bed):
        self.process = bed.spawn("systemd-inhibit", "--what=sleep", "--mode=delay", "--who=somebody else",
                                 "sh", "-c", "echo held; read -r _ || :", stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.process.communicate()


def _at_once(path, flags):
    """Fails, instead of waiting, where nobody sleeps."""
    return os.open(path, flags | os.O_NONBLOCK)
