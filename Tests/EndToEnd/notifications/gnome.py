# SPDX-License-Identifier: Apache-2.0
import contextlib
import json

from booted import DeadlineExceeded, wait_for

from .real import RealServer
from .server import NAME

SHELL = ("org.gnome.Shell", "/org/gnome/Shell", "org.gnome.Shell")


class Gnome(RealServer):
    """GNOME Shell without a screen, which does what its own language is used to tell it."""

    program = "gnome-shell"
    tells_all = True

    def open_screen(self):
        self.environment = {"XDG_SESSION_TYPE": "wayland", "XDG_CURRENT_DESKTOP": "GNOME", "LIBGL_ALWAYS_SOFTWARE": "1"}

    def activated(self):
        return "/usr/bin/gjs /usr/share/gnome-shell/org.gnome.Shell.Notifications"

    def command(self):
        return ["gnome-shell", "--headless", "--wayland", "--virtual-monitor", "1280x800", "--unsafe-mode", "--no-x11"]

    def start(self):
        super().start()
        # A shell without a display manager says that it cannot lock the screen, until somebody moves the pointer.
        with contextlib.suppress(DeadlineExceeded):
            wait_for("it to say so", lambda: self.evaluate("Main.messageTray.getSources().length"), 10)
        self.evaluate("Main.messageTray.getSources().forEach(s => s.destroy())")
        self.evaluate("Main.overview.hide()")

    def is_there(self):
        return self.user.busctl("call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                "NameHasOwner", "s", NAME)["data"] == [True] and self.evaluate("1") == 1  # fmt: skip

    def evaluate(self, script):
        answer = self.run("busctl", "--user", "--json=short", "call", *SHELL, "Eval", "s", script, check=False).stdout
        good, value = json.loads(answer)["data"] if answer.strip() else (False, "")
        return json.loads(value) if good and value else None

    def all(self, what):
        """Of each notification."""
        return self.evaluate("Main.messageTray.getSources().flatMap(s => s.notifications)"
                             # The shell's own, which misses its display manager.
                             ".filter(n => !n.title.startsWith('Screen Lock')).map(n => (%s))" % what) or []  # fmt: skip

    def count(self):
        return len(self.all("1"))

    def hang_up(self, session):
        # A click on a banner's button does the same.
        self.all("n.actions.filter(a => a.label == 'Hang up').forEach(a => a.callback())")

    def dismiss(self):
        self.all("n.destroy(imports.ui.messageTray.NotificationDestroyedReason.DISMISSED)")

    def return_to(self, session):
        self.all("n.activate()")

    def be_quiet(self, quiet):
        self.run("gsettings", "set", "org.gnome.desktop.notifications", "show-banners", "false" if quiet else "true")

    def turn_off(self, off):
        """For this application alone, as its page in the settings does."""
        place = "/org/gnome/desktop/notifications/application/org-ongoingcall-ongoingcall/"
        self.run("gsettings", "set", f"org.gnome.desktop.notifications.application:{place}", "enable", str(not off).lower())

    def expire_banner(self):
        """As when its time is over; it stays up for a user who is away."""
        self.evaluate("Main.messageTray._expireNotification()")

    def on_lock_screen(self):
        """The texts that the lock screen would have."""
        return self.evaluate(
            "(() => { const box = new imports.ui.unlockDialog.NotificationsBox(), found = [];"
            " const look = a => { if (!a.visible) return; if (a.text) found.push(a.text); a.get_children().forEach(look); };"
            " look(box._notificationBox); box.destroy(); return found; })()")  # fmt: skip

    def count_banners(self):
        """From now on."""
        self.evaluate("(() => { const tray = Main.messageTray, show = tray._showNotification; tray._shownByNow = 0;"
                      " tray._showNotification = function () { this._shownByNow += 1; show.call(this); }; })()")  # fmt: skip

    def banners(self):
        return self.evaluate("Main.messageTray._shownByNow")

    def banner(self):
        """The labels of the buttons on the banner that is up; None where there is none."""
        return self.evaluate(
            "(() => { const b = Main.messageTray._banner; if (!b) return null; const found = [];"
            " const look = a => { if (a.label && a.has_style_class_name && a.has_style_class_name('notification-button'))"
            " found.push(a.label); for (const c of a.get_children()) look(c); }; look(b); return found; })()")

    def grab(self, file):
        self.run("gdbus", "call", "--session", "--dest", "org.gnome.Shell.Screenshot", "--object-path",
                 "/org/gnome/Shell/Screenshot", "--method", "org.gnome.Shell.Screenshot.Screenshot", "false", "false",
                 file)  # fmt: skip
