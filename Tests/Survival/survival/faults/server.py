# SPDX-License-Identifier: Apache-2.0
"""Calls through an account's servers, which ask for its password, and which are restarted."""

import contextlib
import subprocess

from booted import wait_for

from ..fault import Fault
from ..proxies import inside, proxies_before
from .engine import Killed

USER, PASSWORD = "standup", "c0rrect-horse"
RULES = """\
table ip router {
  chain out {
    type nat hook postrouting priority 100
    udp dport PORT masquerade to :40000-49999 random
  }
}
"""
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


class Disconnected(Fault):
    """The sound does not care; what the far end says afterwards comes over another connection."""

    name = "tls-cut"
    text = "the TLS connection is cut; the far end holds and takes back"
    loses_nothing = True

    def far_end_options(self, ground):
        return ("--certificate", str(ground.certificate))

    def uri(self, scene):
        port = scene.said("listening")[0]["tls-port"]
        return f"sip:standup@{scene.far_end.host}:{port};transport=tls"

    def play(self, scene):
        place = len(scene.far_end.events)
        scene.far_end.tell("disconnect")
        # The call's own offer over a new connection: without it, the far end reaches nobody.
        scene.far_end.wait("running", after=place)
        scene.ask_far_end("hold", "held")
        scene.ask_far_end("unhold", "running")


class Rebound(Fault):
    """What the call says to the far end gets another port, as a router gives it; then that is forgotten."""

    name = "nat-rebound"
    text = "a router with NAT forgets the call's port"
    loses_nothing = False

    def place(self, scene):
        # The far end wants to hear the sound from where it is to send its own.
        port = scene.far_end.address.rpartition(":")[2]
        self._in_near(scene, "nft", "-f", "-", input=RULES.replace("PORT", port))
        super().place(scene)

    def play(self, scene):
        place = len(scene.far_end.events)
        self._in_near(scene, "conntrack", "-F")
        scene.far_end.wait("running", after=place, seconds=40)

    def finish(self, scene):
        self._in_near(scene, "nft", "delete", "table", "ip", "router")

    @staticmethod
    def _in_near(scene, *argv, **options):
        subprocess.run([*scene.ground.networks.inside(scene.ground.networks.near), *argv], check=True, text=True,
                       capture_output=True, **options)  # fmt: skip


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
