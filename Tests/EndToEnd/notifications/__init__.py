# SPDX-License-Identifier: Apache-2.0
"""Notification servers for a user of the testbed, each for a `with`: real ones, on screens that nobody sees but the
test, and one whose user the test is."""

from .desktop import Desktop
from .dunst import Dunst
from .mako import Mako
from .xfce import Xfce

__all__ = ["Desktop", "Dunst", "Mako", "Xfce"]
