# SPDX-License-Identifier: Apache-2.0
"""What the calls do not need, and their daemon can be made to wait for."""

import contextlib
import time

from booted import wait_for
from booted.frozen import FreezableHome
from frozen import stopped_journal

from ..fault import Fault
from .sleep import Suspended

EVENTS = ("muted-changed", "muted-changed")


class Standstill(Fault):
    """Meanwhile the user does what users do, and the daemon is killed once."""

    events = EVENTS

    def __init__(self, seconds):
        self.seconds = seconds

    @contextlib.contextmanager
    def standstill(self, scene):
        raise NotImplementedError

    def play(self, scene):
        with self.standstill(scene):
            end = time.monotonic() + self.seconds
            scene.client("mute", scene.session.id)
            daemon = scene.calls.daemon()
            scene.signal("KILL", daemon)
            scene.wait_for_another_daemon(daemon)
            while time.monotonic() < end:
                scene.far_end.hear(50)
            scene.client("unmute", scene.session.id)
            other = scene.calls.launch(command=["/bin/sleep", "1000"])
            other.wait_until("joined")
            scene.client("abort", other.id)
        scene.far_end.hear(50)


class JournalStopped(Standstill):
    name = "journald-stopped"

    def __init__(self, seconds=100):
        super().__init__(seconds)
        self.text = f"journald: SIGSTOP for {seconds} s, its queue full; daemon: SIGKILL"

    def briefly(self):
        return JournalStopped(10)

    @contextlib.contextmanager
    def standstill(self, scene):
        with stopped_journal(scene.bed):
            yield


class HomeFrozen(Standstill):
    name = "home-frozen"

    def __init__(self, seconds=100):
        super().__init__(seconds)
        self.text = f"the home frozen for {seconds} s, a channel created there; daemon: SIGKILL"

    def briefly(self):
        return HomeFrozen(10)

    def place(self, scene):
        self.home = FreezableHome(scene.user)
        super().place(scene)

    @contextlib.contextmanager
    def standstill(self, scene):
        with self.home.frozen():
            # The daemon waits for a file for 5 s, and the client for the daemon.
            scene.refused("channel", "create", "standstill", because="does not answer", within=10)
            yield

    def finish(self, scene):
        scene.client("channel", "create", "standstill")
        scene.user.systemctl("stop", "ongoingcalld.service")
        self.home.take_away()


class SystemBusRestarted(Suspended):
    """The far end is told of the sleep that comes after it, as before it."""

    name = "system-bus-killed"
    text = "the system's dbus-daemon: SIGKILL; then suspended for 3 s, and resumed"

    def play(self, scene):
        daemon = scene.calls.daemon()
        scene.bed.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "dbus.service")
        # That of systemd 257 goes on without a bus, and does not come back by itself.
        scene.bed.run("systemctl", "restart", "systemd-logind.service")
        wait_for("the daemon to be on the next bus", lambda: self._is_there(scene, daemon), 60)
        scene.far_end.hear(50)
        over = super().play(scene)
        scene.demand(scene.calls.daemon() == daemon, "the daemon was replaced")
        return over

    @staticmethod
    def _is_there(scene, daemon):
        """With what delays the machine's sleep: then it has asked for all it wants."""
        shown = scene.bed.run("busctl", "--no-legend", "--no-pager", "list", check=False).stdout
        return any(line.split()[1:2] == [str(daemon)] for line in shown.splitlines())
