# SPDX-License-Identifier: Apache-2.0
from ..fault import Fault


class Killed(Fault):
    name = "engine-killed"
    text = "engine: SIGKILL"
    events = ("connection-lost", "connection-restored")
    loses_nothing = False
    goal = ("audio back", 1000)

    def play(self, scene):
        scene.signal("KILL", scene.engine())
        scene.wait_for_event("connection-restored")


class Hung(Fault):
    name = "engine-hung"
    text = "engine: SIGSTOP"
    events = Killed.events
    loses_nothing = False
    goal = ("audio back", 6000)

    def play(self, scene):
        scene.signal("STOP", scene.engine())
        scene.wait_for_event("connection-restored")


class KilledWithItsDaemon(Fault):
    name = "engine-and-daemon-killed"
    text = "engine and daemon: SIGKILL at once"
    events = Killed.events
    loses_nothing = False
    goal = ("audio back", 1000)

    def play(self, scene):
        daemon = scene.calls.daemon()
        scene.signal("KILL", scene.engine(), daemon)
        scene.wait_for_another_daemon(daemon)
        scene.wait_for_event("connection-restored")
