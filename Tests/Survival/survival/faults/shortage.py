# SPDX-License-Identifier: Apache-2.0
"""Nothing can be launched, and the client is told why; what lives goes on, and can be changed and ended."""

import itertools

from booted import wait_for

from ..fault import Fault

PROGRAM = ["--", "/bin/sleep", "1000"]


class Shortage(Fault):
    events = ("muted-changed", "muted-changed")

    def place(self, scene):
        super().place(scene)
        self.other = scene.calls.launch(command=["/bin/sleep", "1000"])

    def go_on(self, scene):
        for verb, muted in (("mute", True), ("unmute", False)):
            scene.client(verb, scene.session.id)
            wait_for(f"the call to {verb}", lambda: scene.session["Muted"] == muted)
        scene.client("abort", self.other.id)
        scene.far_end.hear(packets=50)

    def kill_the_daemon(self, scene):
        """The next one knows what happened in the shortage."""
        daemon = scene.calls.daemon()
        scene.signal("KILL", daemon)
        scene.wait_for_another_daemon(daemon)
        scene.demand(self.other["State"] == "ended", "a call that was aborted is back")

    def recover(self, scene):
        scene.client("launch", *PROGRAM)
        for identifier in scene.calls.live():
            if identifier != scene.session.id:
                scene.client("abort", identifier)


class FolderFull(Shortage):
    name = "runtime-folder-full"
    text = "runtime folder full, daemon: SIGKILL"

    def play(self, scene):
        folder = f"/run/user/{scene.user.uid}"
        # The rest of a tmpfs that may take a tenth of all memory is not to be written for this.
        scene.bed.run("mount", "-o", "remount,size=4M", folder)
        scene.user.run("sh", "-c", f"cat /dev/zero >{folder}/full", check=False)
        scene.refused("launch", *PROGRAM, because="No space left on device")
        self.go_on(scene)
        self.kill_the_daemon(scene)
        scene.user.run("rm", f"{folder}/full")
        self.recover(scene)


class DescriptorsUsed(Shortage):
    name = "descriptors-used"
    text = "daemon: all descriptors used, later SIGKILL"

    def play(self, scene):
        daemon = scene.calls.daemon()
        used = set(map(int, scene.bed.run("ls", f"/proc/{daemon}/fd").stdout.split()))
        # All below are used, and none above may be.
        self._limit(scene, daemon, next(number for number in itertools.count() if number not in used))
        scene.refused("launch", *PROGRAM, because="Too many open files")
        self.go_on(scene)
        self._limit(scene, daemon, 1024)
        self.recover(scene)
        scene.demand(scene.calls.daemon() == daemon, "the daemon was replaced")
        self.kill_the_daemon(scene)

    @staticmethod
    def _limit(scene, process, descriptors):
        scene.user.run("prlimit", f"--pid={process}", f"--nofile={descriptors}:")
