#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Calls with descriptors of every kind, by the fuzzer's means: `passing.py CALLS`. Prints what was answered."""

import collections
import random
import sys

sys.path.insert(0, "/srv/ongoingcall/Tests/Fuzz/daemon/inside")

from contract import MANAGER, NAME, ROOT  # noqa: E402
from things import KINDS, Things  # noqa: E402
from wire import Connection, Refused, Variant, close  # noqa: E402

things = Things(random.Random(1), [1])
connection = Connection()
answers = collections.Counter()
for number in range(int(sys.argv[1])):
    kind = KINDS[number % len(KINDS)]
    count = (1, 2, 4, 16)[number // len(KINDS) % 4]
    descriptors = [getattr(things, "_" + kind)() for _ in range(count)]
    options = ([("adopt-pidfd", Variant("h", 0))], [("adopt-pidfd", Variant("h", count))],
               [("unknown", Variant("ah", list(range(count))))], [])[number % 4]  # fmt: skip
    if "process" in kind:
        # It would be adopted, rightly.
        options = [("unknown", Variant("h", 0))]
    what = ("Launch", "a{sv}", [options]) if number % 3 else ("Describe",)
    try:
        connection.ask(NAME, ROOT, MANAGER, *what, descriptors=descriptors)
        answers["answers"] += 1
    except Refused as error:
        answers[error.name.rpartition(".")[2]] += 1
    close(descriptors)
things.close()
print(sum(answers.values()), dict(answers))
