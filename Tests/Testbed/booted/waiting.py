# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition of another process, with a deadline."""

import time


class DeadlineExceeded(AssertionError):
    """What was waited for did not come about in time."""


def wait_for(what, condition, seconds=30.0, interval=0.02):
    """Returns `condition()` as soon as it is true; raises DeadlineExceeded, naming `what`, when `seconds` have passed."""
    deadline = time.monotonic() + seconds
    while True:
        began = time.monotonic()
        value = condition()
        if value:
            return value
        now = time.monotonic()
        if now > deadline:
            raise DeadlineExceeded(f"waited {seconds:g} s in vain for {what}; last seen: {value!r}")
        # A condition that is long in finding out, by programs of its own, is not to use up a processor by being asked.
        time.sleep(max(interval, min(2 * (now - began), 0.2)))
