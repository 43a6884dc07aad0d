# SPDX-License-Identifier: Apache-2.0
"""A client that takes all it can get."""

import json

from ..fault import Fault

FLOOD = "/srv/ongoingcall/Tests/Survival/inside/flood.py"


class Flood(Fault):
    def flood(self, scene, *arguments):
        daemon, engine = scene.calls.daemon(), scene.engine()
        answer = json.loads(scene.user.run("/usr/bin/python3", FLOOD, *arguments, timeout=120).stdout)
        scene.demand(not answer["errors"], f"another client was told {answer['errors'][:3]}")
        scene.client("list")
        scene.demand(scene.calls.daemon() == daemon, "the daemon was replaced")
        scene.demand(scene.engine() == engine, "the engine was replaced")
        scene.notes.append(f"another client waited for at most {answer['longest-ms']} ms")
        return answer


class OfCalls(Flood):
    name = "flood"
    text = "one client's flood of calls, for 10 s"
    besides = ("return-requested",)

    def play(self, scene):
        answer = self.flood(scene, "calls", scene.session.path, 10)
        scene.notes.append(f"{answer['sent']} calls were sent")

    def finish(self, scene):
        # Who asks a thousand times to be brought back is not told of as often.
        returns = [event for event in scene.events if event["name"] == "return-requested"]
        scene.notes.append(f"{len(returns)} of them were told as events")


class OfSignals(Flood):
    name = "shower"
    text = "one client's flood of signals that nobody waits for, for 10 s"

    def play(self, scene):
        scene.notes.append(f"{self.flood(scene, 'signals', 10)['sent']} signals were sent")
        scene.far_end.hear(50)


class OfBytes(Flood):
    name = "large-message"
    text = "a message of 60 MiB"

    def play(self, scene):
        answer = self.flood(scene, "message", 60)
        scene.demand(answer["answer"].startswith("org.ongoingcall.Calls1.Error."), f"it was answered {answer['answer']}")
        scene.far_end.hear(50)
