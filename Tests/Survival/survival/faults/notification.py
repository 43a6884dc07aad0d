# SPDX-License-Identifier: Apache-2.0
from dunst import Dunst

from ..fault import Fault


class ServerKilled(Fault):
    name = "notification-server-killed"
    text = "notification server: SIGKILL, and another"

    def place(self, scene):
        self.server = Dunst(scene.user)
        self.server.__enter__()
        scene.place()

    def play(self, scene):
        self._wait_until_shown()
        scene.bed.run("pkill", "-KILL", "-u", scene.user.name, "-x", "dunst")
        # What was told to the one that is gone does not count.
        self.server.notifications.queue.clear()
        self.server.start_server()
        self._wait_until_shown()

    def finish(self, scene):
        self.server.__exit__()

    def _wait_until_shown(self):
        self.server.until(lambda shown: shown.body.startswith("Joined since "))
