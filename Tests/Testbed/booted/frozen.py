# SPDX-License-Identifier: Apache-2.0
"""A home that stands still, as one on a server that is gone does: who writes to it waits, and cannot be killed meanwhile.

    home = FreezableHome(user)      # once, before anything of the user's that matters is started
    with home.frozen():
        ...                         # who writes is in state D
    home.take_away()
"""

import contextlib
import subprocess

PLACE = """
set -e
mknod "$2" b "$3" "$4" 2>/dev/null || [ -b "$2" ]
mkdir -p "$5"
mount "$2" "$5"
cp -a "$1/." "$5"
chown --reference="$1" "$5"
chmod --reference="$1" "$5"
mount --bind "$5" "$1"
"""


class FreezableHome:
    """The user's home, on a file system of its own from now on."""

    def __init__(self, user, mebibytes=16):
        self.user, self.bed = user, user.bed
        self.place = f"/run/homes/{user.name}"
        image = self.bed.directory / f"{user.name}.img"
        with open(image, "wb") as file:
            file.truncate(mebibytes << 20)
        _run("mkfs.ext4", "-q", image)
        device = _run("losetup", "--find", "--show", image)
        try:
            major, minor = _run("stat", "--format=%Hr %Lr", device).split()
            self._inside("sh", "-c", PLACE, "place", user.home, device, major, minor, self.place)
        finally:
            # It goes with the mount.
            _run("losetup", "--detach", device)
        image.unlink()

    @contextlib.contextmanager
    def frozen(self):
        self._inside("fsfreeze", "--freeze", self.place)
        try:
            yield
        finally:
            self._inside("fsfreeze", "--unfreeze", self.place)

    def take_away(self):
        """Nobody uses it any more, or notices that it is gone."""
        self._inside("umount", "--lazy", self.user.home)
        self._inside("umount", "--lazy", self.place)

    def _inside(self, *command):
        # Not as the testbed's commands run: those may not use devices.
        return _run("nsenter", f"--target={self.bed.leader}", "--mount", "--pid", "--", *command)


def _run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout.strip()
