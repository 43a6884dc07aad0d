# SPDX-License-Identifier: Apache-2.0
import contextlib

from .server import NAME
from .x11 import OnX11

# Holds as long as it is on the bus.
INHIBITOR = f"""
import dbus, signal
notifications = dbus.SessionBus().get_object("{NAME}", "/org/freedesktop/Notifications")
notifications.Inhibit("org.example.Film", "test", {{}}, dbus_interface="{NAME}", signature="ssa{{sv}}")
signal.pause()
"""


class Plasma(OnX11):
    program = "plasmashell"
    window_class = "plasmashell"
    screen = "1280x800"

    def open_screen(self):
        super().open_screen()
        self.environment |= {"XDG_CURRENT_DESKTOP": "KDE", "QT_QUICK_BACKEND": "software", "KDE_FULL_SESSION": "true",
                             "KDE_SESSION_VERSION": "5", "QT_QPA_PLATFORM": "xcb"}  # fmt: skip
        # What the shell has the manager start.
        self.user.systemctl("set-environment", *(f"{name}={value}" for name, value in self.environment.items()))

    def command(self):
        return ["plasmashell", "--no-respawn"]

    def windows(self):
        """Without the desktop's own."""
        return [window for window in super().windows()
                if "_TYPE_NOTIFICATION" in self.run("xprop", "-id", window, "_NET_WM_WINDOW_TYPE", check=False).stdout]  # fmt: skip

    def count(self):
        return len(self.windows())

    def hang_up(self, session):
        """The last of three buttons."""
        self.click(1, x=0.87, y=0.83)

    def dismiss(self):
        self.click(1, x=0.95, y=0.12)

    def is_inhibited(self):
        return self.user.busctl("get-property", NAME, "/org/freedesktop/Notifications", NAME, "Inhibited")["data"]

    @contextlib.contextmanager
    def another(self):
        """A notification of somebody else's."""
        to = (NAME, "/org/freedesktop/Notifications", NAME)
        (number,) = self.user.busctl("call", *to, "Notify", "susssasa{sv}i", "another", "0", "", "Another", "", "0", "0", "0")["data"]
        yield
        self.user.busctl("call", *to, "CloseNotification", "u", str(number))

    def be_quiet(self, quiet):
        if quiet:
            self.inhibitor = self.spawn("python3", "-c", INHIBITOR)
        else:
            self.inhibitor.kill()
