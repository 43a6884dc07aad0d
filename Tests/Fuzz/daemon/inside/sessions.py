#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Has calls of engines that break every rule, several at once, and does with them what users do: `sessions.py JSON`.

Prints one JSON object: how they ended, and what ought not to have been."""

import collections
import json
import os
import random
import sys
import time

import contract
from contract import ERRORS, MANAGER, NAME, ROOT, SESSION, TERMINAL
from wire import BUS, BUS_PATH, ERROR, INTERFACE, MEMBER, PATH, RETURN, SIGNAL, Connection, Refused, Variant, close

# Seconds: for all of a call's life once it is to end. An engine has 3 to leave, its unit 8 to be gone.
BOUND = 45.0


class Call:
    def __init__(self, number, rng):
        self.number, self.rng = number, rng
        self.path = None
        self.began = time.monotonic()
        self.until = self.began + rng.choice([0.05, 0.3, 1, 1, 2, 3])
        self.is_told_to_end = False
        self.wish = self.began + 0.1


class Calls:
    """`seed` is that of a round; the calls are those of the numbers from `first` on."""

    def __init__(self, seed, count, at_once, schemes, home, suffix, asks):
        self.seed, self.left, self.at_once, self.schemes, self.home, self.suffix = seed, count, at_once, schemes, home, suffix
        # What a daemon that is killed, or a new one before it has its name, tells, is asked for.
        self.asks, self.asked_at, self.newest = asks, 0.0, 0
        self.connection = Connection()
        self.connection.ask(BUS, BUS_PATH, BUS, "AddMatch", "s", [f"type='signal',sender='{NAME}',member='Event'"])
        self.rng = random.Random(seed)
        self.number = 0
        self.asked = {}
        self.open = []
        self.by_path = {}
        self.ends = collections.defaultdict(dict)
        self.results, self.reasons, self.faults = collections.Counter(), collections.Counter(), []

    def run(self):
        while self.left or self.open or self.asked:
            while self.left and len(self.open) < self.at_once:
                self.launch()
            if (item := self.connection.take(0.02)) is not None:
                self.take(item)
                while (item := self.connection.take(0)) is not None:
                    self.take(item)
            # After all that was said: this may have stood still itself.
            for call in list(self.open):
                self.look_at(call)
            self.catch_up()
        for path in self.by_path:
            self.reasons.update(reason for _, reason in self.ends[path].values())
            if len(self.ends[path]) != 1:
                self.faults.append(f"{path} has ended {len(self.ends[path])} times: {list(self.ends[path].values())}")

    def launch(self):
        self.left -= 1
        self.number += 1
        call = Call(self.number, random.Random(f"{self.seed}/{self.number}"))
        scheme = call.rng.choice(self.schemes)
        options = [("uri", Variant("s", f"{scheme}:{self.seed.replace('/', '.')}.{self.number}{self.suffix}"))]
        if call.rng.random() < 0.1:
            options.append(("start-muted", Variant("b", True)))
        if call.rng.random() < 0.1:
            options.append(("launch-timeout", Variant("u", 1)))
        if call.rng.random() < 0.1:
            options.append(("reconnect-timeout", Variant("u", 1)))
        if call.rng.random() < 0.2:
            options.append(("alone-timeout", Variant("u", 1)))
        self.open.append(call)
        self.send(call, ROOT, MANAGER, "Launch", "a{sv}", options)

    def send(self, call, path, interface, name, signature="", *values):
        serial = self.connection.call(NAME, path, interface, name, signature, values)
        self.asked[serial] = (call, name, time.monotonic())

    def look_at(self, call):
        now = time.monotonic()
        if call.path is None:
            if now - call.began > BOUND:
                self.over(call, f"the launch of {call.number} is not answered")
            return
        if now > call.until and not call.is_told_to_end:
            call.is_told_to_end = True
            if call.rng.random() < 0.8:
                self.send(call, call.path, SESSION, call.rng.choice(["Abort", "HangUp"]))
        if now > call.wish and not call.is_told_to_end:
            call.wish = now + call.rng.choice([0.05, 0.2, 1])
            self.ask(call)
        if now > call.until + 10 and call.rng.random() < 0.01:
            self.send(call, call.path, SESSION, "Abort")
        if now > call.until + BOUND:
            self.over(call, f"{call.path}, call {call.number}, has not ended {BOUND:.0f} s after it should: {self.state(call)}")

    def state(self, call):
        """What there is of a call that ought not to be there any more."""
        try:
            values = contract.managed(self.connection).get(call.path, {})
            told = [event[:2] + event[4:] for event in contract.events(self.connection) if event[3] == call.path]
            return f"{values.get('State')} {values.get('EndReason')!r} of {values.get('Uri')}, {told[-5:]}"
        except (Refused, TimeoutError) as error:
            return str(error)

    def ask(self, call):
        name, signature, *values = call.rng.choice([
            ("SetMuted", "b", call.rng.random() < 0.5), ("SetOnHold", "b", call.rng.random() < 0.5), ("SendDtmf", "s", "1"),
            ("AttachTerminal", ""), ("SendKeys", "s", "x\r"), ("StartRecording", "s", f"{self.home}/r.wav"), ("StopRecording", ""),
            ("Transfer", "s", "sip:x@192.0.2.7"), ("TransferTo", "o", call.path), ("AnswerTransfer", "bs", call.rng.random() < 0.5, "sip:x@192.0.2.7"),
            ("SetAudio", "a{sv}", [("microphone", Variant("s", "m"))]), ("Return", "a{sv}", [])])  # fmt: skip
        self.send(call, call.path, SESSION, name, signature, *values)

    def over(self, call, fault=None):
        if fault:
            self.faults.append(fault)
        if call in self.open:
            self.open.remove(call)

    def take(self, item):
        close(item.descriptors)
        if item.kind == SIGNAL and item.fields.get(INTERFACE) == SESSION and item.fields[MEMBER] == "Event":
            self.heard(item.fields[PATH], item.body[0], item.body[2], item.body[3])
        elif item.kind in (RETURN, ERROR) and item.reply_to in self.asked:
            call, name, began = self.asked.pop(item.reply_to)
            self.results[item.error.name if item.error else "answers"] += 1
            if item.error and not item.error.name.startswith(ERRORS):
                self.faults.append(f"{name} of call {call.number} is answered with an error of another family: {item.error}")
            if name == "Launch" and item.error:
                self.over(call)
            elif name == "Launch":
                call.path = item.body[0]
                self.by_path[call.path] = call
                if self.ends[call.path]:
                    self.over(call)

    def heard(self, path, sequence, name, details):
        if name in TERMINAL and sequence not in self.ends[path]:
            self.ends[path][sequence] = (name, details.get("reason"))
            if path in self.by_path:
                self.over(self.by_path[path])

    def catch_up(self):
        if not self.asks or time.monotonic() - self.asked_at < 1:
            return
        self.asked_at = time.monotonic()
        try:
            for sequence, _, _, path, name, details in contract.events(self.connection, self.newest):
                self.newest = max(self.newest, sequence)
                self.heard(path, sequence, name, details)
        except Refused:
            """There is no daemon just now."""


def main():
    calls = Calls(**json.loads(sys.argv[1]))
    calls.run()
    print(json.dumps({"calls": calls.number, "results": calls.results, "reasons": calls.reasons, "faults": calls.faults[:20],
                      "descriptors": len(os.listdir("/proc/self/fd"))}))  # fmt: skip


if __name__ == "__main__":
    main()
