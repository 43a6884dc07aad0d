# SPDX-License-Identifier: Apache-2.0
from notifications import Dunst

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
        self.server.kill()
        # What was told to the one that is gone does not count.
        self.server.skip_posts()
        self.server.start()
        self._wait_until_shown()

    def finish(self, scene):
        self.server.__exit__()

    def _wait_until_shown(self):
        self.server.next_post(lambda post: post.body.startswith("Since "))
