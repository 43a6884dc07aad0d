# SPDX-License-Identifier: Apache-2.0
import json

from ..fault import Fault
from .kills import Repeated

INSIDE = "/srv/ongoingcall/Tests/Survival/inside/crowd.py"


class Crowd(Fault):
    """Another fault, with a hundred other calls there."""

    size = 100
    by_itself = True

    def __init__(self, fault):
        self.fault = fault
        self.name = f"{self.size}-calls-{fault.name}"
        self.text = f"{self.size} more calls, and {fault.text}"
        self.events, self.loses_nothing, self.goal = fault.events, fault.loses_nothing, fault.goal

    def briefly(self):
        return self if isinstance(self.fault, Repeated) else None

    def place(self, scene):
        self.others = set(self._ask(scene, "launch", self.size))
        super().place(scene)

    def play(self, scene):
        before = self._processes(scene)
        over = self.fault.play(scene)
        live = set(scene.calls.live()) - {scene.session.id}
        scene.demand(live == self.others, f"{len(self.others - live)} of the other calls are lost")
        scene.demand(self._processes(scene) == before, "some of the other calls' programs are not what they were")
        return over

    def finish(self, scene):
        self._ask(scene, "abort", *self.others)
        scene.demand(not scene.calls.engine_units(), "something of the other calls is left")
        scene.read_events()
        for identifier in self.others:
            told = [event["name"] for event in scene.events if event["id"] == identifier]
            scene.demand(told == ["session-launched", "session-joined", "session-left"], f"{identifier} tells of {told}")

    @staticmethod
    def _processes(scene):
        return set(scene.bed.run("pgrep", "--uid", scene.user.name, "--exact", "sleep").stdout.split())

    @staticmethod
    def _ask(scene, *arguments):
        answer = json.loads(scene.user.run("python3", INSIDE, *arguments, timeout=300).stdout)
        scene.problems.extend(answer["errors"])
        return answer["calls"]
