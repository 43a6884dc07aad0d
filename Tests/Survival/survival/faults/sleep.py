# SPDX-License-Identifier: Apache-2.0
import time

from ..fault import Fault


class Suspended(Fault):
    name = "suspended"
    text = "suspended for 3 s, and resumed"
    events = ("connection-lost", "connection-restored")
    loses_nothing = False
    goal = ("audio back", 500)

    def play(self, scene):
        began = time.monotonic()
        with scene.ground.sleep.asleep():
            # The fault itself.
            time.sleep(3)
            woken = time.monotonic()
        scene.wait_for_event("connection-restored")
        return woken - began
