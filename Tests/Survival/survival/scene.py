# SPDX-License-Identifier: Apache-2.0
"""A live call of a new user to a far end that counts: what one fault is played against."""

import json
import time

from booted import wait_for
from calls import Calls

from .ground import MELODY

SETTLED = 50
"""Packets: one second of sound."""

AT_ONCE = 5
"""Seconds: less than any client waits for an engine, and enough for a machine that is busy."""


class Scene:
    def __init__(self, ground, user, far_end):
        self.ground, self.bed, self.user, self.far_end = ground, ground.bed, user, far_end
        self.calls = Calls(user)
        self.session = None
        self.unit = None
        self.events = []
        """All of the user's, as `EventsSince` has told them, one question after the other."""
        self.problems = []
        """What happened and must not, in words."""
        self.notes = []
        """What else there is to know."""

    # The call

    def place(self, uri=None, settings=None, **options):
        self.session = self.calls.launch(
            uri=uri or self.far_end.address, title="Stand-up",
            engine_settings={"play-file": MELODY} | (settings or {}), **options)

    def place_in(self, terminal):
        """By hand, as a person does."""
        status, output = terminal.run(
            f"ongoingcallctl launch {self.far_end.address} --set play-file={MELODY} --wait --json", 60)
        assert status == 0, output
        self.session = self.calls.session(json.loads(output.splitlines()[-1])["session"]["id"])

    def settle(self, state="joined"):
        """Waits until the call is joined and heard, and counts from then on."""
        self.unit = self.session.wait_until(state)["Unit"]
        self.far_end.hear(SETTLED)
        self.far_end.reset()

    def silence_after(self, moment):
        """How many ms it took from that moment on until a packet came; None where none did."""
        counts = [event for event in self.far_end.events if "packets" in event]
        before = [count["packets"] for count in counts if count["at"] <= moment][-1]
        first = next((count for count in counts if count["at"] > moment and count["packets"] > before), None)
        return first and max(0, round(first["at"] - first["since-last-ms"] - moment))

    # The events

    def read_events(self):
        """Also what came since the last time."""
        self.events += self.calls.events(self.events[-1]["sequence"] if self.events else 0)

    def retold(self):
        """The events that are told otherwise now than they were."""
        once = {event["sequence"]: event for event in self.events}
        # What has happened since they were read is no news of them.
        last = max(once, default=0)
        return [event for event in self.calls.events() if event["name"] != "events-forgotten"
                and event["sequence"] <= last and event != once.get(event["sequence"])]  # fmt: skip

    def told(self):
        """What the call has told until now."""
        self.read_events()
        return [event for event in self.events if event["id"] == self.session.id]

    def wait_for_event(self, name, seconds=60, times=1):
        """Until it has been told so often."""
        wait_for(f"the event {name}", lambda: [event["name"] for event in self.told()].count(name) >= times, seconds)

    # The far end

    def said(self, *names, after=0):
        """Those of the far end's events."""
        return [event for event in self.far_end.events[after:] if event["event"] in names]

    def ask_far_end(self, command, event):
        """Tells it something, and waits for what it says of it."""
        place = len(self.far_end.events)
        self.far_end.tell(command)
        return self.far_end.wait(event, after=place)

    # The processes

    def engine(self):
        return int(self.user.unit(self.unit, "MainPID")["MainPID"])

    def kill_engine(self):
        """And waits until another one has taken its place."""
        before = [event["name"] for event in self.told()].count("connection-restored")
        self.signal("KILL", self.engine())
        self.wait_for_event("connection-restored", times=before + 1)

    def signal(self, signal, *processes):
        """To all of them by one program, so that nobody has the time to notice one before the next."""
        self.bed.run("kill", f"-{signal}", *map(str, processes))

    def wait_for_another_daemon(self, than, seconds=40):
        wait_for("another daemon", lambda: self.calls.daemon() not in (0, than), seconds)
        self.client("list")

    # The clients

    def demand(self, holds, problem):
        if not holds:
            self.problems.append(problem)

    def client(self, *arguments):
        """ongoingcallctl, which no fault may make fail."""
        result = self.calls.ctl(*arguments)
        self.demand(result.returncode == 0, f"ongoingcallctl {' '.join(arguments)}: {result.stderr.strip()}")
        return result

    def refused(self, *arguments, because, within=AT_ONCE):
        """ongoingcallctl, which is to say what is the matter, soon and in words."""
        began = time.monotonic()
        result = self.calls.ctl(*arguments)
        took = time.monotonic() - began
        what = f"ongoingcallctl {' '.join(arguments)}"
        self.demand(result.returncode == 1, f"{what}: exit status {result.returncode}, not 1: {result.stderr.strip()}")
        self.demand(took < within, f"{what}: took {took:.1f} s")
        self.demand(because in result.stderr, f"{what}: does not say “{because}”: {result.stderr.strip()}")
