# SPDX-License-Identifier: Apache-2.0
"""ongoingcallctl doctor, on whole systems with one thing wrong."""

import json

import pytest
from beds import INSTALL, PROGRAMS_INSIDE
from booted import wait_for
from calls import UNIT, Calls
from notifications import Desktop

ENGINES = ".local/share/ongoingcall/engines"


class Checkup:
    """What the doctor says to a user."""

    def __init__(self, user, *options):
        result = Calls(user).ctl("doctor", "--json", *options)
        assert result.stderr == ""
        answer = json.loads(result.stdout)
        assert answer["version"] == 1
        self.status, self.worst = result.returncode, answer["worst"]
        self.checks = {check["check"]: check for check in answer["checks"]}

    def marks(self, mark):
        return {name for name, check in self.checks.items() if check["verdict"] == mark}

    def assert_problem(self, name, found, remedy):
        check = self.checks[name]
        assert check["verdict"] == "problem", check
        assert found in check["found"] and remedy in check["remedy"], check
        assert self.worst == "problem" and self.status == 1


@pytest.fixture
def own(bare):
    """A user who has installed it for themselves."""
    bare.run(INSTALL, "--user", "--bin-dir", PROGRAMS_INSIDE)
    # Which of the servers that are installed here the bus would start is an accident.
    bare.install("[D-BUS Service]\nName=org.freedesktop.Notifications\nExec=/bin/false\n",
                 ".local/share/dbus-1/services/org.freedesktop.Notifications.service")  # fmt: skip
    bare.systemctl("reload", "dbus")
    return bare


def test_all_is_well(own):
    """But for what a container has not: sound, and perhaps a way to call addresses."""
    with Desktop(own):
        checkup = Checkup(own)
    assert checkup.marks("problem") == set()
    assert checkup.marks("warning") <= {"sip-engine", "audio", "sleep"}
    assert checkup.worst in ("ok", "warning") and checkup.status == 0
    assert "version" in checkup.checks["daemon"]["found"]
    assert f"{own.home}/.local/share/systemd/user/{UNIT}" in checkup.checks["unit"]["found"]
    assert "command" in checkup.checks["engines"]["found"]
    assert f"/run/user/{own.uid}/bus" in checkup.checks["session-bus"]["found"]
    strict = Checkup(own, "--strict")
    assert strict.status == 1 and "notifications" in strict.marks("warning")


def test_for_people(own):
    result = Calls(own).ctl("doctor", "--color", "always")
    lines = result.stdout.splitlines()
    assert len(lines) == len(Checkup(own).checks)
    assert lines[0].startswith("\x1b[1;32mok     \x1b[0m  \x1b[1msession-bus")
    assert any(line.startswith("\x1b[1;33mwarning\x1b[0m  \x1b[1mnotifications") for line in lines)


def test_the_daemon_is_not_installed(own):
    own.run(INSTALL, "--user", "--uninstall")
    result = own.run(f"{PROGRAMS_INSIDE}/ongoingcallctl", "doctor", "--json", check=False)
    checks = {check["check"]: check for check in json.loads(result.stdout)["checks"]}
    assert result.returncode == 1
    for name in ("unit", "daemon"):
        assert checks[name]["verdict"] == "problem" and "packaging/install" in checks[name]["remedy"]
    assert checks["engines"]["verdict"] == "problem"


def test_the_unit_is_masked(own):
    own.systemctl("mask", "--runtime", UNIT)
    checkup = Checkup(own)
    checkup.assert_problem("unit", "masked", "unmask")
    assert checkup.checks["daemon"]["verdict"] == "problem"


def test_the_start_limit_is_hit(own):
    own.install("[Unit]\nStartLimitBurst=2\n[Service]\nExecStart=\nExecStart=/bin/false\n",
                f".config/systemd/user/{UNIT}.d/broken.conf")  # fmt: skip
    own.systemctl("daemon-reload")
    own.systemctl("start", UNIT, check=False)
    wait_for("systemd to give up", lambda: own.unit(UNIT, "ActiveState")["ActiveState"] == "failed")
    Checkup(own).assert_problem("unit", "start limit", "reset-failed")


def test_no_notification_server(own):
    checkup = Checkup(own)
    assert checkup.checks["notifications"]["verdict"] == "warning"
    assert "abort" in checkup.checks["notifications"]["found"]
    assert checkup.status == 0, checkup.checks


OTHER_DAEMON = """
import dbus.service, dbus.mainloop.glib, gi.repository.GLib as GLib

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)


class Manager(dbus.service.Object):
    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        return {"Version": "0.0.1"}


bus = dbus.SessionBus()
name = dbus.service.BusName("org.ongoingcall.Calls1", bus)
manager = Manager(bus, "/org/ongoingcall/Calls1")
GLib.MainLoop().run()
"""


def test_a_daemon_of_another_version(own):
    """As an update leaves it: the old daemon goes on."""
    own.install(OTHER_DAEMON, "other.py")
    own.install(f"[Service]\nType=dbus\nWatchdogSec=0\nSystemCallFilter=\nMemoryDenyWriteExecute=no\nExecStart=\n"
                f"ExecStart=/usr/bin/python3 {own.home}/other.py\n",
                f".config/systemd/user/{UNIT}.d/other.conf")  # fmt: skip
    own.systemctl("daemon-reload")
    checkup = Checkup(own)
    daemon = checkup.checks["daemon"]
    assert daemon["verdict"] == "warning", daemon
    assert "0.0.1" in daemon["found"] and "restart" in daemon["remedy"]
    assert checkup.checks["watchdog"]["verdict"] == "warning"


def test_a_daemon_whose_program_was_replaced(own):
    Calls(own).start()
    own.run(INSTALL, "--user", "--bin-dir", PROGRAMS_INSIDE)
    daemon = Checkup(own).checks["daemon"]
    assert daemon["verdict"] == "warning" and "still runs the old program" in daemon["found"]
    own.systemctl("restart", UNIT)
    assert Checkup(own).checks["daemon"]["verdict"] == "ok"


def test_no_engine(own):
    own.run("sh", "-c", f"rm {ENGINES}/*")
    Checkup(own).assert_problem("engines", "no engine in", "install")


def test_a_spoiled_descriptor(own):
    own.install('{"name": "rooms", ', f"{ENGINES}/rooms.json")
    Checkup(own).assert_problem("engines", f"{own.home}/{ENGINES}/rooms.json", "fix it")


def test_an_engine_that_cannot_be_run(own):
    own.run("rm", f"{own.home}/.local/libexec/ongoingcall-run")
    Checkup(own).assert_problem("engines", "ongoingcall-run", "install")


def test_a_state_folder_that_is_not_ours(own):
    own.run("sh", "-c", "mkdir -p .local/state/ongoingcall && chmod 500 .local/state/ongoingcall")
    Checkup(own).assert_problem("state-folder", "Permission denied", "700")


def test_a_bus_that_is_not_the_managers(own):
    """As dbus-run-session makes one."""
    result = own.run("dbus-run-session", "ongoingcallctl", "doctor", "--json", check=False)
    checks = {check["check"]: check for check in json.loads(result.stdout)["checks"]}
    assert result.returncode == 1
    assert checks["session-bus"]["verdict"] == "problem"
    assert checks["session-bus"]["remedy"].endswith(f"unix:path=/run/user/{own.uid}/bus")


def test_who_does_not_linger(visitor):
    with visitor.login() as terminal:
        terminal.run("ongoingcallctl doctor --json >checks")
        checks = {c["check"]: c for c in json.loads(visitor.run("cat", "checks").stdout)["checks"]}
    assert checks["logout"]["verdict"] == "warning" and "Linger=yes" in checks["logout"]["remedy"]
