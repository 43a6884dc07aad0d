# SPDX-License-Identifier: Apache-2.0
import json

from .x11 import OnX11

SHELL = ("org.Cinnamon", "/org/Cinnamon", "org.Cinnamon")


class Cinnamon(OnX11):
    """Its shell, which does what its own language is used to tell it."""

    program = "cinnamon"
    screen = "1280x800"
    tells_all = True
    is_silent = False

    def open_screen(self):
        super().open_screen()
        self.environment |= {"XDG_CURRENT_DESKTOP": "X-Cinnamon", "XDG_SESSION_TYPE": "x11", "LIBGL_ALWAYS_SOFTWARE": "1",
                             "CINNAMON_2D": "1"}  # fmt: skip

    def command(self):
        return ["cinnamon", "--replace"]

    def start(self):
        super().start()
        # What is seen is the notification alone.
        self.evaluate("Main.panelManager.panels.forEach(panel => panel && panel.actor.hide())")

    def is_there(self):
        return super().is_there() and self.evaluate("1") == 1

    def evaluate(self, script):
        answer = self.run("busctl", "--user", "--json=short", "call", *SHELL, "Eval", "s", script, check=False).stdout
        good, value = json.loads(answer)["data"] if answer.strip() else (False, "")
        return json.loads(value) if good and value else None

    def all(self, what):
        """Of each notification."""
        return self.evaluate("Object.keys(Main.notificationDaemon._notifications)"
                             ".map(id => Main.notificationDaemon._notifications[id].notification)"
                             ".filter(n => n).map(n => (%s))" % what) or []  # fmt: skip

    def count(self):
        return len(self.all("1"))

    def hang_up(self, session):
        # A click on the button does the same.
        self.all(f"n.emit('action-invoked', 'hang-up.{session}')")

    def dismiss(self):
        self.all("n.destroy(imports.ui.messageTray.NotificationDestroyedReason.DISMISSED)")

    def be_quiet(self, quiet):
        self.run("gsettings", "set", "org.cinnamon.desktop.notifications", "display-notifications",
                 "false" if quiet else "true")  # fmt: skip

    def expire_banner(self):
        """As when its time is over; it stays up where the pointer is still."""
        self.evaluate("Main.messageTray._hideNotification()")

    def banner(self):
        """The labels of the buttons on the banner that is up; None where there is none."""
        return self.evaluate("(n => n && (n._actionArea ? n._actionArea.get_children().map(b => b.label) : []))"
                             "(Main.messageTray._notification)")  # fmt: skip
