# SPDX-License-Identifier: Apache-2.0
from ..fault import Fault

REPLACED = ("connection-lost", "connection-restored")


class Killed(Fault):
    name = "engine-killed"
    text = "engine: SIGKILL"
    events = REPLACED
    loses_nothing = False
    goal = ("audio back", 150)

    def play(self, scene):
        scene.kill_engine()


class Hung(Fault):
    name = "engine-hung"
    text = "engine: SIGSTOP"
    events = REPLACED
    loses_nothing = False
    goal = ("audio back", 4000)

    def play(self, scene):
        scene.signal("STOP", scene.engine())
        scene.wait_for_event("connection-restored")


class KilledWithItsDaemon(Fault):
    name = "engine-and-daemon-killed"
    text = "engine and daemon: SIGKILL at once"
    events = REPLACED
    loses_nothing = False
    goal = ("audio back", 1000)

    def play(self, scene):
        daemon = scene.calls.daemon()
        scene.signal("KILL", scene.engine(), daemon)
        scene.wait_for_another_daemon(daemon)
        scene.wait_for_event("connection-restored")
