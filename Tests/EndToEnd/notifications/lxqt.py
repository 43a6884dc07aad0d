# SPDX-License-Identifier: Apache-2.0
from .x11 import OnX11


class LXQt(OnX11):
    program = "lxqt-notificationd"
    window_class = "lxqt-notificationd"

    def command(self):
        return ["lxqt-notificationd"]

    def count(self):
        return len(self.windows())

    def hang_up(self, session):
        """The last of three buttons."""
        self.click(1, x=0.71, y=0.78)

    def dismiss(self):
        self.click(1, x=0.92, y=0.16)
