#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""One client of the daemon's that calls all that there is with what is right, nearly right and wrong: `storm.py JSON`.

Prints one JSON object: how many calls, what was answered, and what ought not to have been."""

import collections
import json
import random
import sys
import time

import contract
from contract import ERRORS, FOLDER, MANAGER, NAME, ROOT, SESSION
from things import Things
from values import Values, spoiled
from wire import CALL, ERROR, INTERACTIVE, NO_REPLY, PROPERTIES, RETURN, SIGNATURE, Closed, Connection, Refused, Variant, close
from wire import DESTINATION, INTERFACE, MEMBER, PATH, message

# Seconds within which an answer has to come, on a machine that does much else; and where an engine, a process or an application has its time before.
BOUND, PATIENT_BOUND = 45.0, 120.0
PATIENT = {"Launch", "Abort", "HangUp", "Return", "StartRecording", "StopRecording"}
ENDING = {"Abort", "HangUp"}
# Answers that may be outstanding.
WINDOW, PATIENT_WINDOW = 12, 40
# No process is to be ended by this that somebody needs, and nothing is to be run that does anything.
PROGRAMS = [["/bin/sleep", "0"], ["/bin/sleep", "1"], ["/bin/sleep", "100"], ["/bin/true"], ["/bin/false"], ["/nowhere"], ["sleep", "1"], ["/etc/passwd"],
            ["/bin/sh", "-c", "kill -9 $$"], ["/bin/sh", "-c", "trap '' TERM; sleep 2"], []]  # fmt: skip
REORDERING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Storm:
    def __init__(self, seed, calls, largest, keep, others, engines, home, secret=None):
        self.rng, self.left, self.keep, self.secret = random.Random(seed), calls, keep, (secret or "").encode()
        self.engines, self.home = engines, home
        self.things = Things(self.rng, others)
        self.connection = Connection()
        self.root = contract.described(self.connection, ROOT)
        self.session = contract.described(self.connection, keep[0]) if keep else None
        self.paths = list(keep)
        # No ids of the kept ones: by one, Abort would rightly end it.
        self.values = Values(self.rng, largest, [ROOT, *self.paths])
        self.keys = contract.keys()
        self.outstanding = {}
        self.results = collections.Counter()
        self.faults, self.examples = [], {}
        self.slowest = (0.0, "")
        self.tokens = [f"token-{n}" for n in range(5)]

    # What is called

    def run(self):
        while self.left > 0:
            self.left -= 1
            try:
                self.rng.choices((self.call, self.launch, self.property, self.stray, self.crooked, self.hasty), (64, 9, 15, 5, 4, 3))[0]()
                self.listen()
            except Closed:
                # The bus has a word in it, too: what it does not let through costs the connection.
                self.again()
        self.end()

    def target(self):
        """An object, and what is there, or would be."""
        if self.session is None and self.paths:
            self.session = contract.described(self.connection, self.paths[-1])
        if self.session is None or self.rng.random() < 0.4:
            return ROOT, self.root
        if self.rng.random() < 0.08:
            return FOLDER + self.rng.choice(["00000000", "0", "a" * 100, "0000000_", "zzzzzzzz/a"]), self.session
        return self.rng.choice(self.paths), self.session

    def call(self):
        path, there = self.target()
        method = self.rng.choice(there.methods)
        if method.name in ENDING and (path in self.keep or self.rng.random() < 0.3):
            return
        right = self.rng.random() < 0.75
        signature, makers = "".join(method.takes), [lambda kind=kind: self.argument(method, kind) for kind in method.takes]
        if not right:
            parts = [self.values.signature() for _ in range(self.rng.choice([0, 1, 1, 2, 5]))]
            signature, makers = "".join(parts), [lambda kind=kind: self.values.of(kind) for kind in parts]
        if method.name == "Abort" and path == ROOT and right:
            # Only what nobody else looks after; "" is ambiguous as long as the kept ones are there.
            own = [path.removeprefix(FOLDER) for path in self.paths if path not in self.keep]
            makers = [lambda: self.rng.choice([*own, "", "nosuchid", self.values.text().replace("\0", "")])]
        self.send(path, method.interface, method.name, signature, makers, method.gives if right else None)

    def argument(self, method, kind):
        if kind == "a{sv}":
            return self.tamed(self.values.options(self.keys))
        if kind == "s" and method.name == "StartRecording":
            return self.rng.choice([f"{self.home}/record-{self.rng.randrange(9)}.wav", "/nowhere/x.wav", "relative.wav", "", self.values.text()])
        if kind == "s" and method.name == "SendDtmf":
            return self.rng.choice(["1", "0123456789ABCD*#", "1" * 64, "1" * 65, "x", "", self.values.text()])
        return self.values.of(kind)

    def tamed(self, items):
        """What would be run is harmless, and what is adopted is nobody's that is needed."""
        return [(key, Variant("as", self.rng.choice(PROGRAMS)) if key in ("command", "return-command") and value.signature == "as"
                 else Variant("u", self.things.number()) if key == "adopt-pid" and value.signature == "u"
                 else value) for key, value in items]  # fmt: skip

    def launch(self):
        """One that may well come about, and more of what may be with it."""
        kind, options = self.rng.random(), []
        if kind < 0.4:
            options.append(("uri", Variant("s", f"{self.rng.choice(self.engines)}:{self.rng.randrange(1 << 30)}")))
        elif kind < 0.65:
            options.append(("command", Variant("as", self.rng.choice(PROGRAMS[:4]))))
        elif kind < 0.75:
            options.append(("adopt-pid", Variant("u", self.things.child())))
        else:
            options.append(("adopt-pidfd", Variant("h", 0)))
        options += [("hang-up-grace", Variant("u", self.rng.choice([1, 2])))] if kind >= 0.65 else []
        if self.rng.random() < 0.3:
            options.append(("token", Variant("s", self.rng.choice(self.tokens))))
        if self.rng.random() < 0.5:
            options += self.tamed(self.values.options([key for key in self.keys if key[0] not in ("uri", "command", "adopt-pid", "adopt-pidfd", "hang-up-grace")]))
        self.send(ROOT, MANAGER, "Launch", "a{sv}", [lambda: options], "o", descriptor=self.things._process if kind >= 0.75 else None)

    def property(self):
        path, there = self.target()
        interface, name, kind = self.rng.choice(there.properties) if self.rng.random() < 0.8 else (self.values.text(), self.values.text(), None)
        which = self.rng.randrange(3)
        if which == 0:
            self.send(path, PROPERTIES, "Get", "ss", [lambda: interface, lambda: name], "v")
        elif which == 1:
            self.send(path, PROPERTIES, "GetAll", "s", [lambda: interface], "a{sv}")
        else:
            value = Variant(kind, self.values.of(kind)) if kind and self.rng.random() < 0.5 else self.values.variant()
            self.send(path, PROPERTIES, "Set", "ssv", [lambda: interface, lambda: name, lambda: value], "")

    def stray(self):
        """An object, an interface and a method that need not be anywhere, or not together."""
        names = [method.name for method in self.root.methods] + ["Nothing", "Toggle", "a" * 255]
        name = self.rng.choice(names)
        if name in ENDING:
            return
        interface = self.rng.choice([None, MANAGER, SESSION, PROPERTIES, "org.freedesktop.DBus.Peer", "a.b", "x." + "a" * 250])
        path = self.rng.choice([ROOT, *self.paths, "/", FOLDER[:-1], "/org", "/a" * 100])
        self.send(path, interface, name, self.values.signature(), None, None)

    def crooked(self):
        """Bytes that the bus may let through or not, over a connection of their own."""
        name, path = self.rng.choice(["Launch", "EventsSince", "Describe", "SetNotification", "SetMuted"]), self.rng.choice([ROOT, *self.paths])
        fields = {PATH: path, INTERFACE: MANAGER if path == ROOT else SESSION, MEMBER: name, DESTINATION: NAME}
        signature = self.rng.choice(["a{sv}", "t", "s", "b", "v", self.values.signature()])
        try:
            data = message(2, CALL, fields, signature, [self.values.of(signature)], order=self.rng.choice("<>"))
            other = Connection()
        except OverflowError:
            return
        try:
            other.write(spoiled(self.rng, data))
            other.take(0.02)
        except Closed:
            self.results["crooked bytes that the bus refused"] += 1
        finally:
            other.close()
        self.results["crooked"] += 1

    def hasty(self):
        """A client that calls and is gone before it is answered."""
        other = Connection()
        for _ in range(self.rng.choice([1, 1, 5, 50])):
            path, there = self.target()
            method = self.rng.choice([method for method in there.methods if method.name not in ENDING])
            self.values.descriptors = 0
            try:
                other.call(NAME, path, method.interface, method.name, "".join(method.takes),
                           [self.argument(method, kind) for kind in method.takes], self.rng.choice((0, NO_REPLY)))  # fmt: skip
            except Closed:
                break
            self.results["hasty"] += 1
        other.close()

    # How it is called

    def send(self, path, interface, name, signature, makers, gives, descriptor=None):
        """`gives` is the type of a good answer, or None where any will do. The values are made when it is known how many
        descriptors come along."""
        descriptors = [descriptor()] if descriptor else []
        if not descriptor and self.rng.random() < 0.12:
            count = self.rng.choice([1, 1, 2, 3, 16, 100] if self.rng.random() < 0.3 else [1])
            descriptors = [self.things.descriptor() for _ in range(count)]
        self.values.descriptors = len(descriptors)
        try:
            values = [make() for make in makers] if makers is not None else [self.values.of(signature)]
            flags = self.rng.choice([0] * 12 + [NO_REPLY, INTERACTIVE])
            serial = self.connection.call(NAME, path, interface, name, signature, values, flags, self.rng.choice("<<<<<<>"), descriptors)
        finally:
            close(descriptors)
        self.results["calls"] += 1
        if not flags & NO_REPLY:
            self.outstanding[serial] = (time.monotonic(), name, f"{interface}.{name}({signature}) of {path}", gives)

    def again(self):
        self.results["connections that the bus closed"] += 1
        self.connection.close()
        self.outstanding.clear()
        self.connection = Connection()

    # What is answered

    def listen(self):
        while True:
            patient = sum(name in PATIENT for _, name, *_ in self.outstanding.values())
            is_full = len(self.outstanding) - patient >= WINDOW or patient >= PATIENT_WINDOW
            item = self.connection.take(1.0 if is_full else 0.0)
            if item is not None:
                self.take(item)
            self.look_for_the_late()
            if item is None and not is_full:
                return

    def take(self, item):
        close(item.descriptors)
        if self.secret and self.secret in item.raw:
            self.fault(f"it is told what is not its own: {item.fields} {item.body!r:.400}")
        if item.kind not in (RETURN, ERROR) or item.reply_to not in self.outstanding:
            return
        began, name, what, gives = self.outstanding.pop(item.reply_to)
        self.slowest = max(self.slowest, (time.monotonic() - began, what[:200])) if name not in PATIENT else self.slowest
        if error := item.error:
            self.results[error.name] += 1
            self.examples.setdefault(error.name, []).append(f"{what:.160}: {error.text:.200}")
            if not error.name.startswith(ERRORS):
                self.fault(f"{what} is answered with an error of another family: {error}")
            elif error.name.startswith(ERRORS[0]) and any(c < " " or "\x7f" <= c <= "\x9f" or c in REORDERING for c in error.text):
                self.fault(f"{what} is answered with an error that cannot be shown: {error.name}: {error.text!r:.300}")
            return
        self.results["answers"] += 1
        if gives is not None and item.fields.get(SIGNATURE, "") != gives:
            self.fault(f"{what} is answered with {item.fields.get(SIGNATURE, '')!r}, not {gives!r}")
        if name == "Launch" and item.body and item.body[0].startswith(FOLDER):
            self.paths.append(item.body[0])
            del self.paths[len(self.keep):-20]

    def look_for_the_late(self):
        now = time.monotonic()
        for serial, (began, name, what, _) in list(self.outstanding.items()):
            if now - began > (PATIENT_BOUND if name in PATIENT else BOUND):
                del self.outstanding[serial]
                self.fault(f"{what} is not answered after {now - began:.0f} s")

    def fault(self, text):
        self.results["faults"] += 1
        if len(self.faults) < 20:
            self.faults.append(text)

    def end(self):
        """Everything is answered, and of what was launched nothing is left."""
        while self.outstanding:
            try:
                if (item := self.connection.take(1.0)) is not None:
                    self.take(item)
            except Closed:
                self.again()
            self.look_for_the_late()
        mine = contract.managed(self.connection) if self.secret else {path: None for path in self.paths}
        for path in mine:
            if path in self.keep:
                continue
            try:
                self.connection.ask(NAME, path, SESSION, "Abort", within=PATIENT_BOUND)
            except (Refused, TimeoutError) as error:
                if not str(error).startswith("org.freedesktop.DBus.Error.UnknownObject"):
                    self.fault(f"{path} cannot be aborted: {error}")
        self.things.close()
        self.connection.close()


def main():
    storm = Storm(**json.loads(sys.argv[1]))
    try:
        storm.run()
    finally:
        storm.things.close()
    print(json.dumps({"results": storm.results, "faults": storm.faults, "slowest": storm.slowest,
                      "examples": {name: texts[:1] for name, texts in storm.examples.items()}}))


if __name__ == "__main__":
    main()
