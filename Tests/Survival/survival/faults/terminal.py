# SPDX-License-Identifier: Apache-2.0
from booted import wait_for

from ..fault import Fault


class Closed(Fault):
    name = "terminal-closed"
    text = "terminal closed"

    def place(self, scene):
        self.terminal = scene.user.login()
        scene.place_in(self.terminal)

    def play(self, scene):
        self.terminal.close()


class Terminated(Closed):
    name = "session-terminated"
    text = "login session terminated, KillUserProcesses=yes"

    def play(self, scene):
        # What shows that it is killed: it is in the session's scope, and hears no SIGHUP.
        self.terminal.run("(setsid nohup sleep 1234 >/dev/null 2>&1 &)")
        self.terminal.terminate()
        self.terminal.close()
        wait_for("the session's processes to be killed", lambda: not self._processes(scene))

    @staticmethod
    def _processes(scene):
        return scene.bed.run("pgrep", "--uid", scene.user.name, "--exact", "sleep", check=False).stdout
