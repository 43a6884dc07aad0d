# SPDX-License-Identifier: Apache-2.0
from .x11 import OnX11

# One line of the menu that dunst hands to the user's dmenu; the test is the user.
DMENU = """#!/bin/sh
grep -m 1 "$(cat "$HOME/choice")"
"""
DUNST = """[global]
width = 400
height = 300
origin = top-right
offset = 20x20
font = DejaVu Sans 11
markup = full
format = "<b>%s</b>\\n%b"
frame_width = 2
frame_color = "#3584e4"
corner_radius = 6
padding = 12
horizontal_padding = 14
icon_position = left
max_icon_size = 48
enable_recursive_icon_lookup = true
icon_theme = "hicolor, Adwaita"
min_icon_size = 48
show_indicators = no
ignore_dbusclose = false
dmenu = {home}/dmenu
mouse_left_click = do_action
mouse_middle_click = close_current
mouse_right_click = context
[urgency_normal]
background = "#242424"
foreground = "#ffffff"
timeout = 10
[urgency_critical]
background = "#5c1414"
foreground = "#ffffff"
"""


class Dunst(OnX11):
    program = "dunst"
    window_class = "Dunst"

    def command(self):
        self.user.install(DMENU, "dmenu", mode=0o755)
        self.user.install(DUNST.format(home=self.user.home), "dunstrc")
        return ["dunst", "-conf", f"{self.user.home}/dunstrc"]

    def count(self):
        counts = self.run("dunstctl", "count", check=False).stdout
        return sum(int(line.split()[-1]) for line in counts.splitlines() if "History" not in line)

    def hang_up(self, session):
        self.user.install("Hang up", "choice")
        self.click(3)

    def return_to(self, session):
        self.click(1)

    def be_quiet(self, quiet):
        self.run("dunstctl", "set-paused", str(quiet).lower())

    def dismiss(self):
        self.click(2)
