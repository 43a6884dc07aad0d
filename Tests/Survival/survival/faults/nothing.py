# SPDX-License-Identifier: Apache-2.0
from ..fault import Fault


class Nothing(Fault):
    name = "nothing"
    text = "nothing (control)"
    goal = None
    # What the machine itself loses is to be seen, not judged.
    loses_nothing = False

    def play(self, scene):
        scene.far_end.hear(packets=100)
