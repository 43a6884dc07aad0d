# SPDX-License-Identifier: Apache-2.0
"""Attacks on the daemon in a booted testbed: by the bus, by its engines, and by what it reads when it starts."""

from report import Attack

from .bus import bus
from .engine import engine
from .records import records
from .signals import signals

ATTACKS = [
    Attack("bus", "calls on the bus", 150_000, 2_000, bus),
    Attack("signals", "forged signals and replies", 200_000, 4_000, signals),
    Attack("engine", "calls of hostile engines", 2_000, 50, engine),
    Attack("records", "rounds of spoiled files", 150, 8, records),
]
