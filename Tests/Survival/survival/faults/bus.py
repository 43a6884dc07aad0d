# SPDX-License-Identifier: Apache-2.0
from ..fault import Fault


class Killed(Fault):
    name = "bus-killed"
    text = "message bus: SIGKILL"

    def play(self, scene):
        daemon = scene.calls.daemon()
        scene.user.systemctl("kill", "--signal", "KILL", "dbus.service")
        scene.wait_for_another_daemon(daemon)
