# SPDX-License-Identifier: Apache-2.0
"""What far ends do that is no fault, and is none of the call's end."""

import time

from farend import now
from gvariant import Typed

from ..fault import Fault

ALONE = 5
"""Seconds after which a call ends that nobody else is in."""


class Present(Fault):
    """The far end is there all the time: for longer than anything waits for it."""

    seconds = 15
    launch = {"alone_timeout": Typed("uint32", ALONE), "reconnect_timeout": Typed("uint32", ALONE)}


class OnHold(Present):
    name = "held-by-far-end"
    text = f"on hold at the far end, with music, for {Present.seconds} s"
    loses_nothing = False
    goal = ("audio back", 150)

    def play(self, scene):
        scene.far_end.tell("tone 440")
        scene.ask_far_end("hold", "held")
        # The fault itself, here and below.
        time.sleep(self.seconds)
        over = now()
        scene.ask_far_end("unhold", "running")
        return over


class Silent(Present):
    name = "far-end-silent"
    text = f"far end silent for {Present.seconds} s: no RTP, no RTCP"

    def play(self, scene):
        scene.far_end.tell("rtcp off")
        scene.far_end.tell("mode nothing")
        time.sleep(self.seconds)
        scene.demand(scene.said("asked"), "nobody has asked the far end whether it is there")


class RefusesHold(Fault):
    name = "hold-refused"
    text = "a hold is refused (488)"
    far_end = ("--respond", "HOLD=488")
    events = ("hold-refused",)

    def play(self, scene):
        scene.refused("hold", scene.session.id, because="488")
        scene.demand(not scene.session["OnHold"], "the far end is said to be on hold")
        scene.far_end.hear(100)
