# SPDX-License-Identifier: Apache-2.0
from booted import wait_for

from .real import GROUND, SCREEN, RealServer

SWAY = f"""output * resolution {SCREEN} bg {GROUND} solid_color
default_border none
"""


class OnSway(RealServer):
    def open_screen(self):
        self.user.install(SWAY, "sway")
        runtime = f"/run/user/{self.user.uid}"
        headless = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"}
        self.spawn("sway", "-c", f"{self.user.home}/sway", env=headless)
        self.environment = {"WAYLAND_DISPLAY": "wayland-1"}
        wait_for("a Wayland display", lambda: self.user.bed.path(f"{runtime}/wayland-1").exists())

    def grab(self, file):
        self.run("grim", file)
