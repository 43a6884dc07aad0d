# SPDX-License-Identifier: Apache-2.0
"""What a fault has cost."""

import dataclasses

FIRST = ["session-launched", "session-ringing", "session-joined"]
"""How every call begins."""


def shown(things, most=20):
    rest = len(things) - most
    return ", ".join(map(str, things[:most])) + (f" and {rest} more" if rest > 0 else "")


@dataclasses.dataclass
class Outcome:
    fault: object
    alive: bool = False
    gap: int | None = None
    """The longest time between two packets, in ms."""
    back: int | None = None
    """How many ms after its end something was heard again, where nothing could be heard during the fault."""
    lost: int | None = None
    events: list = dataclasses.field(default_factory=list)
    """What the call told of it, one after the other."""
    ghost: bool = False
    problems: list = dataclasses.field(default_factory=list)
    """What must not be."""
    notes: list = dataclasses.field(default_factory=list)
    seconds: float = 0

    @property
    def holds(self):
        return self.alive and not self.ghost and not self.problems

    @property
    def measured(self):
        return self.gap if self.back is None else self.back

    @property
    def goal_is_met(self):
        """None where there is no goal."""
        if self.fault.goal is None:
            return None
        return self.alive and self.measured <= self.fault.goal[1]

    def judge_events(self, all_events):
        """Every event of the user's, exactly once and in order; and those of the call as they should be."""
        names = [event["name"] for event in self.events if event["name"] not in self.fault.besides]
        sequence = [event["sequence"] for event in all_events]
        if sequence != list(range(1, len(sequence) + 1)):
            self.problems.append(f"the events are not each there once and in order: {shown(sequence)}")
        if names != FIRST + list(self.fault.events):
            self.problems.append(f"the call tells of {shown(names)}")

    def as_json(self):
        return {
            "fault": self.fault.name, "alive": self.alive, "longest-gap-ms": self.gap, "back-ms": self.back,
            "lost": self.lost, "events": [event["name"] for event in self.events], "ghost": self.ghost,
            "goal": None if self.fault.goal is None else {
                "what": self.fault.goal[0], "ms": self.fault.goal[1], "measured-ms": self.measured,
                "met": self.goal_is_met},
            "holds": self.holds, "problems": self.problems, "notes": self.notes,
            "seconds": round(self.seconds, 1),
        }  # fmt: skip
