# SPDX-License-Identifier: Apache-2.0
from .x11 import OnX11


class Mate(OnX11):
    program = "mate-notification-daemon"
    window_class = "mate-notification-daemon"

    def command(self):
        return ["/usr/lib/mate-notification-daemon/mate-notification-daemon"]

    def signal(self, name):
        # The kernel keeps fifteen letters of a name.
        self.user.bed.run("pkill", f"-{name}", "-u", self.user.name, "-x", self.program[:15])

    def count(self):
        return len(self.windows())

    def hang_up(self, session):
        """The last of three buttons."""
        self.click(1, x=0.84, y=0.8)

    def be_quiet(self, quiet):
        self.run("gsettings", "set", "org.mate.NotificationDaemon", "do-not-disturb", str(quiet).lower())

    def dismiss(self):
        self.click(1, x=0.93, y=0.2)
