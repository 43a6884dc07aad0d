# SPDX-License-Identifier: Apache-2.0
"""Engines that are killed, in every kind of call that the next one may find."""

import contextlib
import time

from booted import wait_for
from farend import now

from ..proxies import proxies_before
from .engine import REPLACED, Killed

NO_REPLACES = ("--ignore-replaces", "--supported", "timer")
BY_HANDSHAKE = {"settings": {"encryption": "required", "key-exchange": "dtls"}}


def secured(scene):
    """How many handshakes the far end has finished."""
    return len(scene.said("secured"))


class Often(Killed):
    """The shorter form also kills before the daemon takes the death before for repaired, 3 s after it: then it pauses
    before the next try, longer each time, and the goal is missed by that."""

    def __init__(self, times, least=5.0, most=5.0):
        self.name = f"engine-killed-{times}-times"
        apart = f"{least:g} s" if least == most else f"{least:g} or {most:g} s"
        self.text = f"engine: SIGKILL {times} times, {apart} apart"
        self.events = REPLACED * times
        self.times, self.least, self.most = times, least, most

    def briefly(self):
        return Often(7, 1.5, 5.0)

    def play(self, scene):
        for index in range(self.times):
            began = time.monotonic()
            scene.kill_engine()
            if index + 1 < self.times:
                # The fault itself, not a wait for something. By turns: an engine that dies again and again before it has
                # proved itself is given up, as it should be.
                pause = (self.least, self.most)[index % 2]
                time.sleep(max(0, began + pause - time.monotonic()))


class ByHandshake(Killed):
    """The next engine has the keys: there is no other handshake."""

    name = "engine-killed-dtls"
    text = "engine: SIGKILL; encrypted by DTLS"
    launch = BY_HANDSHAKE

    def play(self, scene):
        super().play(scene)
        scene.demand(secured(scene) == 1, f"there were {secured(scene)} handshakes")


class DuringHandshake(Killed):
    name = "engine-killed-in-handshake"
    text = "engine: SIGKILL during the DTLS handshake"
    goal = None
    launch = BY_HANDSHAKE
    far_end = ("--silent-handshake",)

    def settle(self, scene):
        scene.unit = scene.session.wait_until("joined")["Unit"]
        scene.far_end.tell("set silent-handshake no")

    def play(self, scene):
        scene.demand(secured(scene) == 0, "the handshake was over")
        super().play(scene)
        scene.settle()
        scene.demand(secured(scene) == 1, f"there were {secured(scene)} handshakes")


class WithoutReplaces(Killed):
    name = "engine-killed-no-replaces"
    text = "engine: SIGKILL; the far end knows no Replaces"
    far_end = NO_REPLACES


class BehindProxies(Killed):
    name = "engine-killed-behind-proxies"
    text = "engine: SIGKILL; two proxies between, each with a Record-Route"
    far_end = (*NO_REPLACES, "--trace")

    def place(self, scene):
        self.stack = contextlib.ExitStack()
        proxies = self.stack.enter_context(proxies_before(scene.ground, scene.far_end))
        scene.place(proxies.uri)

    def play(self, scene):
        super().play(scene)
        offers = [said for said in scene.said("received") if said["first"].startswith("INVITE")]
        routes = [field for field in offers[0]["fields"] if field.lower().startswith("record-route:")]
        scene.demand(len(routes) > 1, f"the call came by {routes}")
        scene.demand(len(offers) > 1, "the next engine has offered nothing")

    def finish(self, scene):
        self.stack.close()


class OverTCP(Killed):
    name = "engine-killed-tcp"
    text = "engine: SIGKILL; over TCP"

    def uri(self, scene):
        return f"{scene.far_end.address};transport=tcp"

    def play(self, scene):
        super().play(scene)
        scene.demand(scene.said("incoming")[0]["transport"] == "tcp", "it was not over TCP")


class OverTLS(Killed):
    name = "engine-killed-tls"
    text = "engine: SIGKILL; over TLS"

    def far_end_options(self, ground):
        return ("--certificate", str(ground.certificate))

    def uri(self, scene):
        port = scene.said("listening")[0]["tls-port"]
        return f"sip:standup@{scene.far_end.host}:{port};transport=tls"

    def play(self, scene):
        super().play(scene)
        scene.demand(scene.said("incoming")[0]["transport"] == "tls", "it was not over TLS")


class WhileMuted(Killed):
    name = "engine-killed-muted"
    text = "engine: SIGKILL; muted"
    events = ("muted-changed", *REPLACED)

    def settle(self, scene):
        super().settle(scene)
        scene.client("mute", scene.session.id)
        scene.far_end.reset()

    def play(self, scene):
        super().play(scene)
        scene.demand(scene.session["Muted"], "the microphone is on again")


class WhileHeld(Killed):
    name = "engine-killed-held"
    text = "engine: SIGKILL; the far end on hold"
    events = ("on-hold-changed", *REPLACED, "on-hold-changed")

    def play(self, scene):
        scene.client("hold", scene.session.id)
        super().play(scene)
        scene.demand(scene.session["OnHold"], "the far end is not on hold any more")
        scene.client("resume", scene.session.id)


class HeldByFarEnd(Killed):
    name = "engine-killed-held-by-far-end"
    text = "engine: SIGKILL; on hold at the far end"

    def play(self, scene):
        scene.ask_far_end("hold", "held")
        super().play(scene)
        over = now()
        scene.ask_far_end("unhold", "running")
        return over


class WhileRinging(Killed):
    """The next engine is to go on with the INVITE of the one before it; nothing is heard yet."""

    name = "engine-killed-ringing"
    text = "engine: SIGKILL 3 times, while it rings"
    events = ()
    far_end = ("--ring-only",)
    goal = None
    times = 3

    def place(self, scene):
        super().place(scene)
        scene.far_end.wait("ringing")

    def settle(self, scene):
        scene.wait_for_event("session-ringing")
        for _ in range(self.times):
            before = self._engine(scene)
            scene.signal("KILL", before)
            wait_for("another engine", lambda: self._engine(scene) not in (0, before))
        scene.far_end.tell("answer")
        super().settle(scene)

    def play(self, scene):
        scene.far_end.hear(50)

    @staticmethod
    def _engine(scene):
        return int(scene.user.unit(scene.session["Unit"], "MainPID")["MainPID"])


class InEarlyMedia(Killed):
    name = "engine-killed-early-media"
    text = "engine: SIGKILL; in early media"
    far_end = ("--ring-only", "--early-media", "183")
    events = ()

    def settle(self, scene):
        scene.settle("launching")

    def play(self, scene):
        place, before = len(scene.far_end.events), scene.engine()
        scene.signal("KILL", before)
        wait_for("another engine", lambda: scene.engine() not in (0, before))
        scene.far_end.hear(50)
        scene.demand(not scene.said("answered", after=place), "it was answered before")
        scene.far_end.tell("answer")
        scene.session.wait_until("joined")
