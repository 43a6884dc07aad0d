# SPDX-License-Identifier: Apache-2.0
"""Kills the user's daemon again and again, each time at a random moment of its life, and prints how often it did.

    python3 kill_often.py TIMES LONGEST-LIFE-MS
"""

import os
import random
import signal
import sys
import time

times, longest = int(sys.argv[1]), int(sys.argv[2]) / 1000


def daemon():
    for entry in os.scandir("/proc"):
        try:
            if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
                with open(f"{entry.path}/comm") as name:
                    if name.read() == "ongoingcalld\n":
                        return int(entry.name)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return None


killed, last = 0, None
deadline = time.monotonic() + 30 + 2 * times
while killed < times:
    process = daemon()
    if process is None or process == last:
        if time.monotonic() > deadline:
            break
        time.sleep(0.001)
        continue
    time.sleep(random.uniform(0, longest))
    try:
        os.kill(process, signal.SIGKILL)
        killed += 1
    except ProcessLookupError:
        pass
    last = process
print(killed)
