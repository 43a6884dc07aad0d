# SPDX-License-Identifier: Apache-2.0
"""A real systemd, booted from this machine's own files: PID 1, logind, journald, user managers, buses.

    with Testbed() as bed:
        user = bed.create_user("caller")
        terminal = user.login()
        terminal.run("systemctl --user status")
"""

from .journal import Journal
from .machine import BUSES, Testbed, TestbedError, sweep
from .networks import Networks
from .sleep import Sleep
from .sound import SOUND_AGAIN, UNDISTURBED
from .terminal import Terminal, TerminalClosed
from .user import User
from .waiting import DeadlineExceeded, wait_for

__all__ = [
    "BUSES",
    "SOUND_AGAIN",
    "UNDISTURBED",
    "DeadlineExceeded",
    "Journal",
    "Networks",
    "Sleep",
    "Terminal",
    "TerminalClosed",
    "Testbed",
    "TestbedError",
    "User",
    "sweep",
    "wait_for",
]
