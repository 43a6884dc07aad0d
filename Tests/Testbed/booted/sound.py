# SPDX-License-Identifier: Apache-2.0
"""What is promised of sound. How long it really takes is measured by Tests/Benchmarks/run, on a machine without load."""

SOUND_AGAIN = 1000
"""Milliseconds, at most, in which a far end hears nothing after a fault."""

UNDISTURBED = 100
"""The same in a call that nothing happens to. Only where nothing else runs: beside other tests, `SOUND_AGAIN` holds."""
