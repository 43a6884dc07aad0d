# SPDX-License-Identifier: Apache-2.0
from calls import UNIT

from ..fault import Fault


class Killed(Fault):
    name = "daemon-killed"
    text = "daemon: SIGKILL"

    def play(self, scene):
        daemon = scene.calls.daemon()
        scene.signal("KILL", daemon)
        scene.wait_for_another_daemon(daemon)


class Hung(Fault):
    name = "daemon-hung"
    text = "daemon: SIGSTOP, until the watchdog"

    def play(self, scene):
        daemon = scene.calls.daemon()
        scene.signal("STOP", daemon)
        scene.wait_for_another_daemon(daemon)


class Restarted(Fault):
    name = "daemon-restarted"
    text = "daemon: systemctl restart"

    def play(self, scene):
        daemon = scene.calls.daemon()
        scene.user.systemctl("restart", UNIT)
        scene.wait_for_another_daemon(daemon)


class Replaced(Fault):
    name = "daemon-replaced"
    text = "daemon: binary replaced, systemctl restart"

    def play(self, scene):
        daemon = scene.calls.daemon()
        before = self._program(scene, daemon)
        scene.ground.install()
        scene.user.systemctl("daemon-reload")
        scene.user.systemctl("restart", UNIT)
        scene.wait_for_another_daemon(daemon)
        scene.demand(self._program(scene, scene.calls.daemon()) != before, "the daemon runs the old program")

    @staticmethod
    def _program(scene, process):
        return scene.bed.run("stat", "--dereference", "--format=%d:%i", f"/proc/{process}/exe").stdout
