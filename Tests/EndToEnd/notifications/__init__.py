# SPDX-License-Identifier: Apache-2.0
"""Notification servers for a user of the testbed, each for a `with`: real ones, on screens that nobody sees but the
test, and one whose user the test is."""

from .cinnamon import Cinnamon
from .desktop import Desktop
from .dunst import Dunst
from .gnome import Gnome
from .lxqt import LXQt
from .mako import Mako
from .mate import Mate
from .plasma import Plasma
from .swaync import SwayNC
from .xfce import Xfce

__all__ = ["Cinnamon", "Desktop", "Dunst", "Gnome", "LXQt", "Mako", "Mate", "Plasma", "SwayNC", "Xfce"]
