# SPDX-License-Identifier: Apache-2.0
"""Another program has waited for the daemon's name on the bus, and gets it."""

import contextlib
import os
import subprocess

from booted import wait_for
from buses import on_both_buses
from calls import NAME, UNIT

pytestmark = on_both_buses

SQUATTER = f"""
from gi.repository import Gio, GLib

bus = Gio.bus_get_sync(Gio.BusType.SESSION)
bus.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "RequestName",
              GLib.Variant("(su)", ("{NAME}", 0)), None, 0, -1, None)
print("queued", flush=True)
GLib.MainLoop().run()
"""


@contextlib.contextmanager
def squatter(calls):
    """In the queue for the name; it gets it when the daemon is killed."""
    calls.user.install(SQUATTER, "squatter.py")
    process = calls.user.spawn("python3", "squatter.py", stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "queued\n"
        calls.user.bed.run("kill", "-KILL", str(calls.daemon()))
        yield owner(calls)
    finally:
        calls.user.bed.run("pkill", "-u", calls.user.uid, "-f", "squatter.py", check=False)
        process.communicate()


def owner(calls):
    def find():
        found = calls.user.busctl("call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                  "GetConnectionUnixProcessID", "s", NAME)  # fmt: skip
        return found["data"][0]

    return wait_for("somebody to own the name", find)


def test_who_has_the_name_is_said_and_how_calls_are_ended(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    with squatter(calls) as process:
        for verb in (["list"], ["status", session.id], ["watch", session.id], ["hangup", session.id],
                     ["abort", "--all"], ["launch", "--", "/bin/true"]):  # fmt: skip
            result = calls.ctl(*verb)
            assert result.returncode == os.EX_UNAVAILABLE, verb
            assert result.stderr.startswith(f"ongoingcallctl: {NAME} on the session bus belongs to process {process}")
            assert "which is not ongoingcalld\n" in result.stderr and f"kill {process}; " in result.stderr
        daemon = next(line for line in calls.ctl("doctor").stdout.splitlines() if "  daemon " in line)
        assert daemon.startswith("problem") and f"process {process}" in daemon
        wait_for("the daemon to say so", lambda: calls.said(f"it belongs to process {process} (python3), which is not"), 60)
        assert not calls.said("another daemon of this user is running")
        calls.user.run("sh", "-c", result.stderr.split("without it: ")[1])
        calls.assert_nothing_runs()
    calls.user.systemctl("reset-failed", UNIT, check=False)
    calls.user.systemctl("start", UNIT)
    assert calls.ctl("list").stdout == "no calls\n"
