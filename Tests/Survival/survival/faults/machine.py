# SPDX-License-Identifier: Apache-2.0
"""What the calls do not need, and their daemon can be made to wait for."""

import contextlib
import time

from booted import wait_for

from ..fault import Fault

FILL = "/srv/ongoingcall/Tests/Survival/inside/fill_journal.py"
JOURNALD = "systemd-journald.service"
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
        scene.bed.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", JOURNALD)
        try:
            filled = scene.bed.run("/usr/bin/python3", FILL).stdout.strip()
            scene.demand(int(filled) > 0, "the journal's queue was not filled")
            yield
        finally:
            scene.bed.run("systemctl", "kill", "--kill-whom=main", "--signal=CONT", JOURNALD)


class SystemBusRestarted(Fault):
    """Sleep is told to the far end after it as before."""

    name = "system-bus-restarted"
    text = "the system's dbus-daemon: SIGKILL"

    def play(self, scene):
        daemon = scene.calls.daemon()
        before = self._inhibitors(scene)
        scene.demand(before, "nothing keeps the machine from sleeping at once")
        scene.bed.run("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "dbus.service")
        scene.bed.run("systemctl", "restart", "systemd-logind.service")
        wait_for("the inhibitors to be there again", lambda: self._inhibitors(scene) == before, 60)
        scene.demand(scene.calls.daemon() == daemon, "the daemon was replaced")
        scene.far_end.hear(50)

    @staticmethod
    def _inhibitors(scene):
        """What the daemon delays and blocks."""
        shown = scene.bed.run("systemd-inhibit", "--list", "--no-legend", "--no-pager", check=False).stdout
        return sorted(line.split()[0] + line[-20:] for line in shown.splitlines() if scene.user.name in line)
