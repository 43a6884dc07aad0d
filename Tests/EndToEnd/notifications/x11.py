# SPDX-License-Identifier: Apache-2.0
import xscreen
from booted import wait_for

from .real import SCREEN, RealServer


class OnX11(RealServer):
    window_class = None
    screen = SCREEN

    def open_screen(self):
        _, display = xscreen.begin(self.spawn, self.screen)
        self.environment = {"DISPLAY": display}

    def grab(self, file):
        self.run("import", "-window", "root", file)

    def windows(self):
        """Those of the server that are to be seen."""
        return self.run("xdotool", "search", "--onlyvisible", "--class", self.window_class, check=False).stdout.split()

    def click(self, button, x=0.5, y=0.5):
        """With the pointer, on the notification; the place is a part of its width and height."""
        window = wait_for("a notification's window", self.windows)[-1]
        shown = self.run("xdotool", "getwindowgeometry", "--shell", window).stdout
        size = dict(line.split("=") for line in shown.splitlines())
        place = [str(int(int(size["WIDTH"]) * x)), str(int(int(size["HEIGHT"]) * y))]
        self.run("xdotool", "mousemove", "--window", window, *place, "click", str(button))
