# SPDX-License-Identifier: Apache-2.0
"""Who is not the user, and says what would end a call if somebody else said it."""

from beds import new_user
from flatpak import Flatpak

from ..fault import Fault

FORGE = "/srv/ongoingcall/Tests/Survival/inside/forge.py"
SECONDS = 4


class Forgery(Fault):
    def forge(self, scene, liar, which, *more):
        daemon, engine = scene.calls.daemon(), scene.engine()
        # The system's Python, which has GLib's bindings.
        sent = liar.run("/usr/bin/python3", FORGE, which, daemon, SECONDS, *more).stdout.strip()
        scene.far_end.hear(50)
        scene.client("list")
        scene.demand(scene.calls.daemon() == daemon, "the daemon was replaced")
        scene.demand(scene.engine() == engine, "the engine was replaced")
        scene.notes.append(f"{sent} signals were forged")


class OfTheSystem(Forgery):
    name = "another-user-forges"
    text = "another user forges the login manager's signals: shutdown, sleep"

    def play(self, scene):
        with new_user(scene.bed) as other:
            self.forge(scene, other, "system")


class OfTheSession(Forgery):
    name = "sandbox-forges"
    text = "a sandboxed application forges the bus's, the manager's and the desktop's words"

    def play(self, scene):
        self.forge(scene, Flatpak(scene.user, "org.example.Liar"), "session", scene.unit)
