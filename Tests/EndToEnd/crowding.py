#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls with descriptors that the daemon finds all at once: `crowding.py DAEMON CALLS DESCRIPTORS BYTES ANSWERS`. Each has
so many descriptors, and so many bytes in its header besides. Prints what so many of them were answered."""

import collections
import os
import signal
import sys

sys.path.insert(0, "/srv/ongoingcall/Tests/Fuzz/daemon/inside")

from contract import MANAGER, NAME, ROOT  # noqa: E402
from wire import BUS, BUS_PATH, ERROR, RETURN, Connection, Variant  # noqa: E402

daemon, calls, descriptors, size, expected = map(int, sys.argv[1:])
connection = Connection()
file = os.open("/dev/null", os.O_RDONLY)
path = ROOT + "/x" * (size // 2)
serials = set()
os.kill(daemon, signal.SIGSTOP)
for _ in range(calls):
    serials.add(connection.call(
        NAME, path, MANAGER, "Launch", "a{sv}", [[("unknown", Variant("h", 0))]], descriptors=[file] * descriptors))  # fmt: skip
    connection.ask(BUS, BUS_PATH, BUS, "GetId")
os.kill(daemon, signal.SIGCONT)
answers = collections.Counter()
for _ in range(expected):
    answer = connection.wait(lambda m: m.kind in (RETURN, ERROR) and m.reply_to in serials, 20)
    if answer is None:
        break
    serials.remove(answer.reply_to)
    answers[answer.error.name.rpartition(".")[2] if answer.error else "done"] += 1
# What was sent before has been read by now.
connection.ask(NAME, ROOT, "org.freedesktop.DBus.Peer", "Ping")
print(sum(answers.values()), " ".join(sorted(answers)))
