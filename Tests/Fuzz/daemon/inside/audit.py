#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Listens to all that the daemon tells, and says, at every line on its standard input, what of it does not fit together.

Prints one JSON object for each line: the sessions, and the faults. To be asked when nobody else asks for anything."""

import json
import sys

import contract
from contract import FOLDER, MANAGER, NAME, ROOT, SESSION, TERMINAL
from wire import BUS, BUS_PATH, SIGNAL, Connection
from wire import INTERFACE, MEMBER, PATH


class Audit:
    def __init__(self):
        self.connection = Connection()
        self.connection.ask(BUS, BUS_PATH, BUS, "AddMatch", "s", [f"type='signal',sender='{NAME}'"])
        self.known = set(contract.managed(self.connection))
        self.newest = contract.get(self.connection, ROOT, MANAGER, "Sequence")
        self.told = []

    def look(self):
        self.faults = []
        sessions = contract.managed(self.connection)
        # What came before the answer; what comes after it may be of other objects already.
        self.listen(only_waiting=True)
        if set(sessions) != self.known:
            self.faults.append(f"by the signals there are other objects than there are: {sorted(set(sessions) ^ self.known)}")
        events = contract.events(self.connection)
        newest = contract.get(self.connection, ROOT, MANAGER, "Sequence")
        self.listen()
        self.check_events(events, newest)
        self.check_sessions(sessions, events)
        self.check_told(events, newest)
        self.newest, self.told = newest, []
        return {"sessions": {path.removeprefix(FOLDER): {key: values[key] for key in ("State", "EndReason", "Unit", "Uri", "Title", "Muted", "OnHold")}
                             for path, values in sessions.items()},
                "newest": newest, "faults": self.faults[:20]}  # fmt: skip

    def listen(self, only_waiting=False):
        while (self.connection.waiting or not only_waiting) and (item := self.connection.take(0.05)) is not None:
            if item.kind != SIGNAL:
                continue
            member = item.fields[MEMBER]
            if member == "InterfacesAdded" and item.body[0].startswith(FOLDER):
                self.known.add(item.body[0])
            elif member == "InterfacesRemoved" and item.body[0].startswith(FOLDER):
                self.known.discard(item.body[0])
            elif member == "Event" and item.fields[INTERFACE] == SESSION:
                self.told.append((item.body[0], item.body[1], item.fields[PATH], item.body[2]))

    def check_events(self, events, newest):
        if events and events[0][4] == "events-forgotten":
            self.forgotten, events = events[0][0], events[1:]
        else:
            self.forgotten = 0
        numbers = [event[0] for event in events]
        if numbers != list(range(self.forgotten + 1, self.forgotten + 1 + len(numbers))):
            self.faults.append(f"there are gaps in the events: {numbers}")
        if numbers and numbers[-1] != newest:
            self.faults.append(f"the newest event is {numbers[-1]}, and Sequence {newest}")
        first, ends = {}, {}
        for sequence, _, identifier, path, name, details in events:
            if path != FOLDER + identifier:
                self.faults.append(f"event {sequence} of {identifier} is of {path}")
            if identifier in ends:
                self.faults.append(f"event {sequence}, {name}, of {identifier} comes after its end by event {ends[identifier][0]}")
            first.setdefault(identifier, (sequence, name))
            if name in TERMINAL:
                ends[identifier] = (sequence, name, details.get("reason"))
        if not self.forgotten:
            self.faults += [f"{identifier} begins with {name}" for identifier, (_, name) in first.items() if name != "session-launched"]
        self.ends = ends

    def check_sessions(self, sessions, events):
        seen = {event[2] for event in events if event[2]}
        for path, values in sessions.items():
            identifier = path.removeprefix(FOLDER)
            has_ended = values["State"] == "ended"
            if has_ended != (values["EndReason"] != ""):
                self.faults.append(f"{identifier} is {values['State']}, its reason is {values['EndReason']!r}")
            if identifier in seen and has_ended != (identifier in self.ends):
                self.faults.append(f"{identifier} is {values['State']}, and the events say {self.ends.get(identifier)}")
            if identifier in self.ends and self.ends[identifier][2] != values["EndReason"]:
                self.faults.append(f"{identifier} has ended for {values['EndReason']}, and by the events for {self.ends[identifier]}")
        for identifier in seen - set(self.ends):
            if FOLDER + identifier not in sessions and not self.forgotten:
                self.faults.append(f"{identifier} is lost: it has not ended, and is not there")

    def check_told(self, events, newest):
        """The signals are the events, each once and in order."""
        told = [event for event in self.told if event[0] <= newest]
        numbers = [event[0] for event in told]
        if numbers != list(range(self.newest + 1, newest + 1)):
            self.faults.append(f"of the events {self.newest + 1} to {newest}, signals told {len(numbers)}, {numbers[:3]} … {numbers[-3:]}")
        kept = {event[0]: (event[0], event[1], event[3], event[4]) for event in events}
        for event in told:
            if event[0] in kept and kept[event[0]] != event:
                self.faults.append(f"the signal {event} is the event {kept[event[0]]}")


def main():
    audit = Audit()
    print("listening", flush=True)
    for _ in sys.stdin:
        print(json.dumps(audit.look()), flush=True)


if __name__ == "__main__":
    main()
