# SPDX-License-Identifier: Apache-2.0
from .x11 import OnX11


class Xfce(OnX11):
    program = "xfce4-notifyd"
    window_class = "Xfce4-notifyd"

    def command(self):
        return ["/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd"]

    def count(self):
        return len(self.windows())

    def hang_up(self, session):
        """The last of three buttons."""
        self.click(1, x=0.85, y=0.75)

    def be_quiet(self, quiet):
        self.run("xfconf-query", "-c", "xfce4-notifyd", "-p", "/do-not-disturb", "-n", "-t", "bool", "-s", str(quiet).lower())

    def dismiss(self):
        self.click(1, x=0.5, y=0.2)
