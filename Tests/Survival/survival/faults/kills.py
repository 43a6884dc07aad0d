# SPDX-License-Identifier: Apache-2.0
import json
import subprocess

from ..fault import Fault

INSIDE = "/srv/ongoingcall/Tests/Survival/inside"


def start(scene, script, *arguments):
    return scene.user.spawn("python3", f"{INSIDE}/{script}", *arguments,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # fmt: skip


class Repeated(Fault):
    longest_life = 250
    """Milliseconds: enough for a daemon to be killed before it is ready, and in the middle of anything after."""

    def __init__(self, times):
        self.name = f"daemon-killed-{times}-times"
        self.text = f"daemon: SIGKILL {times} times"
        self.times = times

    def play(self, scene):
        killed = start(scene, "kill_often.py", self.times, self.longest_life).communicate(timeout=60 + 3 * self.times)[0]
        scene.demand(int(killed) == self.times, f"the daemon was killed only {killed.strip()} times")
        scene.client("list")


class AmidCalls(Repeated):
    """While others launch calls and abort them."""

    by_itself = True

    def __init__(self, times):
        super().__init__(times)
        self.text += ", amid launches and aborts"

    def briefly(self):
        return AmidCalls(40)

    def play(self, scene):
        with scene.ground.far_end("--answer-after", "100") as other:
            launches = [["--", "/bin/sleep", "1000"], ["-t", "--", "/bin/sleep", "1000"], [other.address]]
            callers = start(scene, "call_often.py", *map(json.dumps, launches))
            super().play(scene)
            answer = json.loads(callers.communicate(timeout=180)[0])
            scene.demand(other.stats()["calls"] == 0, "a ghost of an aborted call is left")
        scene.events = answer["events"]
        scene.problems.extend(answer["errors"])
        self._judge(scene, answer["calls"])
        scene.notes.append(f"{len(answer['calls'])} calls were launched and aborted meanwhile")

    @staticmethod
    def _judge(scene, calls):
        """Each of them was there until it was aborted."""
        scene.demand(calls, "nobody has launched anything")
        for identifier in calls:
            told = [event for event in scene.events if event["id"] == identifier]
            names = [event["name"] for event in told]
            rest = [name for name in names[1:-1] if name not in ("session-ringing", "session-joined")]
            scene.demand(names[:1] == ["session-launched"] and told[-1]["details"].get("reason") == "aborted"
                         and not rest and len(set(names)) == len(names), f"the call {identifier} tells of {told}")
