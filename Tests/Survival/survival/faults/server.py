# SPDX-License-Identifier: Apache-2.0
"""Calls through an account's servers, which ask for its password, and which are restarted."""

import contextlib

from booted import wait_for

from ..fault import Fault
from ..proxies import inside, proxies_before
from .engine import Killed

USER, PASSWORD = "standup", "c0rrect-horse"
ASKS = ("--password", f"{USER}:{PASSWORD}", "--challenge-for", "ALL")


def add_account(scene, *options):
    host = scene.far_end.address.partition("@")[2]
    added = scene.calls.ctl(
        "account", "add", f"sip:{USER}@{host}", "--default", "--password-place", "file", *options)
    scene.demand(added.returncode == 0, f"account add: {added.stderr.strip()}")
    kept = scene.calls.ctl("account", "password", f"sip:{USER}@{host}", input=PASSWORD + "\n")
    scene.demand(kept.returncode == 0, f"account password: {kept.stderr.strip()}")


class Asked(Killed):
    name = "engine-killed-challenged"
    text = "engine: SIGKILL; a server asks for the password at every request"
    far_end = ASKS
    options = ()

    def place(self, scene):
        add_account(scene, *self.options)
        super().place(scene)

    def play(self, scene):
        super().play(scene)
        scene.demand(scene.said("challenged"), "nobody asked for the password")


class Registered(Asked):
    name = "engine-killed-registered"
    text = "engine: SIGKILL; the account is registered"
    options = ("--register",)

    def play(self, scene):
        super().play(scene)
        contacts = [said["contacts"][-1] for said in scene.said("registered")]
        scene.demand(len(contacts) > 1, "the next engine has not gone on with the registration")
        scene.demand(len(set(contacts)) == 1, f"the registration has other contacts: {contacts}")

    def finish(self, scene):
        scene.demand(scene.said("unregistered"), "the account is registered still")


class WhileAsked(Asked):
    """The next engine is to go on with the INVITE that was asked about; nothing is heard yet."""

    name = "engine-killed-while-challenged"
    text = "engine: SIGKILL while a server asks for the password"
    events = ()
    goal = None
    far_end = (*ASKS, "--answer-after", "500")

    def place(self, scene):
        super().place(scene)
        scene.far_end.wait("challenged")
        before = scene.user.unit(scene.session["Unit"], "MainPID")["MainPID"]
        scene.signal("KILL", int(before))
        wait_for("another engine",
                 lambda: scene.user.unit(scene.session["Unit"], "MainPID")["MainPID"] not in ("0", before))

    def play(self, scene):
        scene.far_end.hear(50)


class Restarted(Fault):
    """The sound goes past it, and the call goes on through it."""

    name = "proxies-restarted"
    text = "two proxies restarted, over TCP; then hold and resume"
    events = ("on-hold-changed", "on-hold-changed")
    loses_nothing = False
    goal = None

    def place(self, scene):
        self.stack = contextlib.ExitStack()
        self.proxies = self.stack.enter_context(proxies_before(scene.ground, scene.far_end))
        self.proxies.transport = "tcp"
        scene.place(self.proxies.uri)

    def play(self, scene):
        inside(scene.ground.networks.far, lambda: [proxy.restart() for proxy in self.proxies.proxies])
        scene.client("hold", scene.session.id)
        scene.client("resume", scene.session.id)

    def finish(self, scene):
        self.stack.close()
