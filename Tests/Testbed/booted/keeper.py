# SPDX-License-Identifier: Apache-2.0
"""The process that holds a testbed: it boots it, and takes it down when it is told to or when its owner is gone.

    python3 -m booted.keeper DIRECTORY LOCK-FD OWNER-PID BUS BASE BIND…

Everything that runs in the testbed is in a pid namespace and a mount namespace of its own whose first process dies
with the keeper: the kernel ends the processes and the mounts, whatever happens to the keeper. What is then left, a
directory and empty control groups, is removed by the next testbed's start (`machine.sweep`).
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from . import cgroups

# On a file system that cannot be an overlay's upper layer (in a container, whose own root is one) memory is used.
# The journal and the user's runtime files are the guest's own. What else is installed on the host is not to be noticed:
# nothing is started for the system or for its users that is not systemd's own or a bus; there is nothing of the
# administrator's own programs, among which OngoingCall may be; and of the two programs that can be the message bus, which
# one it is here is not the host's to say. Mounts that nobody here needs are not waited for: where mounts come and go
# fast, systemd defers them, and on a busy machine it sometimes forgets to go on.
BOOT = r"""
set -eu
directory=$1 name=$2 bus=$3 base=$4
shift 4
layers=$directory/layers
if [ "$(stat --file-system --format=%T "$directory")" = overlayfs ]; then
  mount -t tmpfs -o mode=755 ongoingcall-testbed "$layers"
fi
mkdir -p "$layers/upper" "$layers/work"
mount -t overlay -o "lowerdir=$base,upperdir=$layers/upper,workdir=$layers/work" ongoingcall-testbed "$directory/root"
cd "$directory/root"
rm -rf var/log/journal etc/systemd/user etc/systemd/system/*.wants etc/systemd/system/*.requires etc/xdg/ongoingcall
find usr/lib/systemd/user/*.wants -type l ! -name 'dbus.socket' ! -name 'systemd-*' -delete
mkdir -p var/log/journal etc/systemd/logind.conf.d etc/systemd/journald.conf.d etc/systemd/system
printf '[Login]\nKillUserProcesses=yes\n' >etc/systemd/logind.conf.d/testbed.conf
printf '[Journal]\nStorage=persistent\nRateLimitBurst=0\nForwardToConsole=no\n' >etc/systemd/journald.conf.d/testbed.conf
cat >etc/systemd/system/testbed.target <<UNIT
[Unit]
Description=Testbed of OngoingCall
Requires=basic.target
Wants=dbus.socket systemd-logind.service systemd-user-sessions.service
After=basic.target dbus.socket systemd-logind.service systemd-user-sessions.service
AllowIsolate=yes
UNIT
ln -sf /dev/null etc/systemd/system/timers.target
for mount in dev-hugepages dev-mqueue sys-fs-fuse-connections sys-kernel-config sys-kernel-debug sys-kernel-tracing; do
  ln -sf /dev/null etc/systemd/system/$mount.mount
done
for scope in system user; do
  mkdir -p etc/systemd/$scope
  rm -f etc/systemd/$scope/dbus.service
  if [ "$bus" != dbus-daemon ]; then ln -s /usr/lib/systemd/$scope/$bus.service etc/systemd/$scope/dbus.service; fi
done
cd /
exec systemd-nspawn --quiet --directory="$directory/root" --boot --register=no --keep-unit --machine="$name" \
  --console=pipe --link-journal=no --resolv-conf=off --timezone=off --tmpfs="${directory%/*}:mode=755" \
  --tmpfs=/usr/local:mode=755 \
  "$@" systemd.unit=testbed.target
"""


def _start(directory, name, groups, bus, base, binds):
    argv = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private",
            "--pid", "--fork", "--kill-child", "--mount-proc",
            "sh", "-c", BOOT, "boot", str(directory), name, bus, base, *binds]  # fmt: skip
    argv = ["sh", "-c", cgroups.entered(groups) + 'exec "$@"', "enter", *argv]
    if not groups:
        # Here systemd runs already: it gives out the control group.
        argv = ["systemd-run", "--scope", "--quiet", "--collect", "--property=Delegate=yes", f"--unit={name}",
                "--description=Testbed of OngoingCall", *argv]
    console = open(directory / "console", "wb")
    return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=console, stderr=console)


def _leader(child):
    """The host's id of the testbed's PID 1, a descendant of `child`; None while there is none."""
    depth = len(_status(os.getpid(), "NSpid"))
    generation = [child]
    while generation:
        for pid in generation:
            ids = _status(pid, "NSpid")
            if len(ids) == depth + 2 and ids[-1] == "1":
                return pid
        parents, generation = {str(pid) for pid in generation}, []
        for entry in os.scandir("/proc"):
            if entry.name.isdigit() and set(_status(entry.name, "PPid")) & parents:
                generation.append(int(entry.name))
    return None


def _status(pid, key):
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((line.split()[1:] for line in status if line.startswith(key + ":")), [])
    except (FileNotFoundError, ProcessLookupError):
        return []


def _await_boot(machine, poller):
    """Returns the leader once it answers; None when the testbed is not wanted any more or has failed."""
    while not poller.poll(20):
        leader = _leader(machine.pid)
        if leader and os.path.exists(f"/proc/{leader}/root/run/systemd/private"):
            return leader
    return None


def keep(directory, owner, bus, base, binds):
    name = directory.name
    groups = [] if os.path.isdir("/run/systemd/system") else cgroups.create(name)
    (directory / "cgroups").write_text("".join(f"{group}\n" for group in groups))

    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)

    poller = select.poll()
    poller.register(reading, select.POLLIN)
    if owner:
        poller.register(os.pidfd_open(owner), select.POLLIN)
    machine = _start(directory, name, groups, bus, base, binds)
    poller.register(os.pidfd_open(machine.pid), select.POLLIN)
    try:
        leader = _await_boot(machine, poller)
        commands = [str(group) for group in cgroups.beside(leader, "testbed-commands")] if leader else []
        told = {"keeper": os.getpid(), "leader": leader, "commands": commands, "status": machine.poll()}
        print(json.dumps(told), flush=True)
        sys.stdout.close()
        if leader:
            poller.poll()
    finally:
        machine.kill()
        machine.wait()
        clean(directory)


def clean(directory):
    """Removes what a testbed without a keeper has left."""
    try:
        groups = (directory / "cgroups").read_text().split("\n")
    except FileNotFoundError:
        groups = []
    for group in filter(None, groups):
        cgroups.kill(group)
    if os.path.ismount(directory / "root") or os.path.ismount(directory / "layers"):
        raise SystemExit(f"{directory} is still mounted; unmount it before removing it")
    shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    # The lock on the directory is held as long as this descriptor, which nothing below inherits, is open.
    os.set_inheritable(int(sys.argv[2]), False)
    try:
        keep(Path(sys.argv[1]), int(sys.argv[3]), *sys.argv[4:6], sys.argv[6:])
    except ProcessLookupError:
        clean(Path(sys.argv[1]))
        raise SystemExit("the owner of the testbed is gone")
