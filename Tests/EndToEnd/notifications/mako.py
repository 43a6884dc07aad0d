# SPDX-License-Identifier: Apache-2.0
from .server import NAME
from .sway import OnSway

LIST = (NAME, "/fr/emersion/Mako", "fr.emersion.Mako", "ListNotifications")
MAKO = """font=DejaVu Sans 11
width=400
height=200
margin=20
padding=14
border-radius=6
border-color=#3584e4
background-color=#242424
max-icon-size=48
icon-path=/usr/share/icons/hicolor:/usr/share/icons/Adwaita
default-timeout=10000
"""

class Mako(OnSway):
    program = "mako"
    tells_all = True

    def command(self):
        self.user.install(MAKO, "makorc")
        return ["mako", "-c", f"{self.user.home}/makorc"]

    def listed(self):
        # What makoctl prints is another with each version.
        listed = self.user.busctl("call", *LIST, check=False)
        return listed["data"][0] if listed else []

    def count(self):
        return len(self.listed())

    def hang_up(self, session):
        self._invoke(f"hang-up.{session}")

    def return_to(self, session):
        self._invoke("default")

    def _invoke(self, key):
        self.run("makoctl", "invoke", "-n", str(self.listed()[0]["id"]["data"]), key)

    def dismiss(self):
        self.run("makoctl", "dismiss", "--all")

    def sessions(self):
        """Those that have a notification, as the server itself lists them."""
        keys = [key for shown in self.listed() for key in shown["actions"]["data"]]
        return sorted(key.removeprefix("hang-up.") for key in keys if key.startswith("hang-up."))
