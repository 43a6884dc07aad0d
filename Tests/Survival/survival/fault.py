# SPDX-License-Identifier: Apache-2.0
"""What every fault says of itself."""


class Fault:
    name = ""
    """As it is typed."""
    text = ""
    """As it stands in the table."""
    events = ()
    """What the call is to tell of it."""
    besides = ()
    """What else it may tell, however often."""
    loses_nothing = True
    """Whether every packet must arrive."""
    goal = ("gap", 60)
    """What is measured, and how many milliseconds it may take; None where there is no goal."""

    by_itself = False
    """Whether it keeps the whole machine busy, so that what is played beside it would be measured wrongly."""

    far_end = ()
    """What the far end is like: its options."""
    launch = {}
    """What else the call is launched with."""

    def briefly(self):
        """The fault that is played for it where there is little time; None is none."""
        return self

    def far_end_options(self, ground):
        return self.far_end

    def uri(self, scene):
        """The address that is called."""
        return scene.far_end.address

    def place(self, scene):
        """Places the call."""
        scene.place(self.uri(scene), **self.launch)

    def settle(self, scene):
        """Waits until it can be played."""
        scene.settle()

    def play(self, scene):
        """Does it, and returns when it is over; where nothing could be heard meanwhile, the moment of its end (`now`)."""
        raise NotImplementedError

    def finish(self, scene):
        """Looks at what else there is to see, when the call has been ended."""
