# SPDX-License-Identifier: Apache-2.0
"""Times: nanoseconds of the monotonic clock."""

import time

OLDEST = 10_000_000_000


def now():
    return time.monotonic_ns()


def milliseconds():
    return time.monotonic_ns() // 1_000_000


def of_realtime(stamp):
    """The monotonic time of a packet's realtime stamp; None where that clock was set meanwhile."""
    age = time.time_ns() - stamp
    if not 0 <= age < OLDEST:
        return None
    return time.monotonic_ns() - age
