# SPDX-License-Identifier: Apache-2.0
import time

from farend import now

from ..fault import Fault


class Suspended(Fault):
    name = "suspended"
    text = "suspended for 3 s, and resumed"
    events = ("connection-lost", "connection-restored")
    loses_nothing = False
    goal = ("audio back", 500)

    def play(self, scene):
        with scene.ground.sleep.asleep():
            # The fault itself.
            time.sleep(3)
            over = now()
        scene.wait_for_event("connection-restored")
        return over
