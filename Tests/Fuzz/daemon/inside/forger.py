#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends the daemon signals that others send, and replies to what it has asked others: `forger.py JSON`.

Prints one JSON object: how many of each."""

import collections
import json
import random
import sys
import time

from contract import NAME
from values import Values
from wire import BUS, BUS_PATH, ERROR, RETURN, SIGNAL, Closed, Connection, Refused, Variant
from wire import DESTINATION, ERROR_NAME, INTERFACE, MEMBER, PATH, REPLY_SERIAL, message

SYSTEM_BUS = "/run/dbus/system_bus_socket"
SYSTEMD, SYSTEMD_PATH = "org.freedesktop.systemd1", "/org/freedesktop/systemd1"
LOGIN, LOGIN_PATH = "org.freedesktop.login1", "/org/freedesktop/login1"
NOTIFICATIONS, NOTIFICATIONS_PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"
PROPERTIES = "org.freedesktop.DBus.Properties"
# What a service would answer, and what no call of the daemon's is answered.
ANSWERS = [("", []), ("s", [":1.1"]), ("u", [1]), ("b", [True]), ("b", [False]), ("o", ["/org/freedesktop/systemd1/job/1"]), ("h", [0]), ("v", [Variant("u", 0)]),
           ("v", [Variant("s", "inactive")]), ("a{sv}", [[]]), ("a{sv}", [[("ProcessID", Variant("u", 1)), ("UnixUserID", Variant("u", 0))]]), ("as", [["persistence"]]),
           ("ssss", ["a", "b", "1", "1.2"]), ("a(ssssssouso)", [[]])]  # fmt: skip
ERRORS = [f"{BUS}.Error.NoReply", f"{BUS}.Error.NameHasNoOwner", f"{BUS}.Error.ServiceUnknown", f"{BUS}.Error.Failed", f"{BUS}.Error.Disconnected", f"{BUS}.Error.AccessDenied",
          "org.freedesktop.systemd1.NoSuchUnit", "org.freedesktop.systemd1.JobTypeNotApplicable", "x.y"]  # fmt: skip


class Forger:
    def __init__(self, seed, count, system, process, units, own_bus_name):
        self.rng, self.left, self.system = random.Random(seed), count, system
        self.process, self.units = process, units
        self.own_bus_name = own_bus_name
        self.counts = collections.Counter()
        self.values = Values(self.rng, 4096)
        self.connect()

    def connect(self):
        self.connection = Connection(SYSTEM_BUS if self.system else None)
        self.targets = self.daemon()

    def daemon(self):
        """The daemon's connections to the bus."""
        if not self.system:
            try:
                return self.connection.ask(BUS, BUS_PATH, BUS, "GetNameOwner", "s", [NAME])
            except Refused:
                # There is none any more, which is seen elsewhere.
                return []
        found = []
        for name in self.connection.ask(BUS, BUS_PATH, BUS, "ListNames")[0]:
            try:
                if name.startswith(":") and self.connection.ask(BUS, BUS_PATH, BUS, "GetConnectionUnixProcessID", "s", [name])[0] == self.process:
                    found.append(name)
            except Refused:
                """It has gone meanwhile."""
        return found

    def run(self):
        while self.left > 0 and self.targets:
            self.left -= 1
            try:
                self.send()
                while self.connection.take() is not None:
                    pass
            except Closed:
                self.counts["connections that the bus closed"] += 1
                self.connect()
            if self.left % 200 == 0:
                time.sleep(0.02)
        try:
            # What was sent has been taken by the bus.
            self.connection.ask(BUS, BUS_PATH, BUS, "GetId")
        except Closed:
            self.counts["connections that the bus closed"] += 1

    def send(self):
        target = self.rng.choice(self.targets)
        if self.rng.random() < 0.3:
            return self.reply(target)
        path, interface, member, signature, values = self.rng.choice((self.login,) if self.system else (self.bus, self.systemd, self.systemd, self.notifications, self.login))()
        if self.rng.random() < 0.1:
            signature = self.values.signature()
            values = [self.values.of(signature)]
        fields = {PATH: path, INTERFACE: interface, MEMBER: member}
        if self.rng.random() < 0.85:
            fields[DESTINATION] = target
        self.connection.write(message(self.connection.number(), SIGNAL, fields, signature, values))
        self.counts[member] += 1

    def reply(self, target):
        fields = {DESTINATION: target, REPLY_SERIAL: self.rng.choice([self.rng.randint(1, 50), self.rng.randint(1, 5000)])}
        if self.rng.random() < 0.4:
            kind, signature, values = ERROR, "s", ["no"]
            fields[ERROR_NAME] = self.rng.choice(ERRORS)
        else:
            kind, (signature, values) = RETURN, self.rng.choice([answer for answer in ANSWERS if answer[0] != "h"])
        self.connection.write(message(self.connection.number(), kind, fields, signature, values))
        self.counts["replies"] += 1

    def bus(self):
        kind = self.rng.random()
        if kind < 0.3:
            interface = self.rng.choice([f"{BUS}.Local", BUS, "a.b"])
            return self.rng.choice([BUS_PATH, f"{BUS_PATH}/Local", "/"]), interface, "Disconnected", "", []
        name = self.rng.choice([NOTIFICATIONS, SYSTEMD, LOGIN, NAME, BUS, self.own_bus_name, ":1.7"])
        owners = self.rng.choice([("", self.connection.name), (":1.3", ""), (self.connection.name, ":1.3"), ("", "")])
        return BUS_PATH, BUS, self.rng.choice(["NameOwnerChanged"] * 4 + ["NameLost", "NameAcquired"]), "sss", [name, *owners]

    def systemd(self):
        unit = self.rng.choice([*self.units, "ongoingcalld.service", "dbus.service"])
        path = f"{SYSTEMD_PATH}/unit/" + "".join(c if c.isalnum() else f"_{ord(c):02x}" for c in unit)
        kind = self.rng.randrange(5)
        if kind == 0:
            job = self.rng.randint(1, 2000)
            result = self.rng.choice(["failed", "canceled", "timeout", "dependency", "skipped", "done"])
            return SYSTEMD_PATH, f"{SYSTEMD}.Manager", "JobRemoved", "uoss", [job, f"{SYSTEMD_PATH}/job/{job}", unit, result]
        if kind == 1:
            return SYSTEMD_PATH, f"{SYSTEMD}.Manager", "UnitRemoved", "so", [unit, path]
        if kind == 2:
            return SYSTEMD_PATH, f"{SYSTEMD}.Manager", self.rng.choice(["Reloading", "UnitFilesChanged"]), "b", [True]
        changed = [("ActiveState", Variant("s", "failed")), ("MainPID", Variant("u", 0)), ("ControlGroup", Variant("s", "")), ("SubState", Variant("s", "dead"))]
        return path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [self.rng.choice([f"{SYSTEMD}.Service", f"{SYSTEMD}.Unit"]), changed, ["MainPID"]]

    def notifications(self):
        number = self.rng.randint(0, 20)
        kind = self.rng.randrange(3)
        if kind == 0:
            key = self.rng.choice(["default", "hang-up", "return", "mute", *(f"{action}.{unit.rpartition('@')[2][:8]}" for unit in self.units for action in ("hang-up", "mute"))])
            return NOTIFICATIONS_PATH, NOTIFICATIONS, "ActionInvoked", "us", [number, key]
        if kind == 1:
            return NOTIFICATIONS_PATH, NOTIFICATIONS, "NotificationClosed", "uu", [number, self.rng.randint(0, 4)]
        return NOTIFICATIONS_PATH, NOTIFICATIONS, "ActivationToken", "us", [number, "token"]

    def login(self):
        kind = self.rng.randrange(4)
        if kind < 3:
            return LOGIN_PATH, f"{LOGIN}.Manager", self.rng.choice(["PrepareForSleep", "PrepareForShutdown"]), "b", [self.rng.random() < 0.6]
        return LOGIN_PATH, f"{LOGIN}.Manager", self.rng.choice(["UserRemoved", "SessionRemoved"]), "so", ["1", LOGIN_PATH]


def main():
    forger = Forger(**json.loads(sys.argv[1]))
    forger.run()
    print(json.dumps({"counts": forger.counts, "targets": forger.targets}))


if __name__ == "__main__":
    main()
