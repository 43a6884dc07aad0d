# SPDX-License-Identifier: Apache-2.0
"""The daemon as a service: it starts when it is called, comes back when it is lost, and goes when it is told."""

import json
import os
import re
import signal
import time

import pytest
from beds import new_user
from booted import wait_for
from buses import on_both_buses
from calls import MANAGER, PROPERTIES, UNIT, BusError

pytestmark = on_both_buses


def test_the_first_call_starts_it(calls):
    assert calls.user.unit(UNIT, "ActiveState")["ActiveState"] == "inactive"
    assert calls.ctl("list").stdout == "no calls\n"
    # Who only looks on starts none.
    assert calls.user.unit(UNIT, "ActiveState")["ActiveState"] == "inactive"
    assert calls.ctl("abort", "--all").returncode == 0
    state = calls.user.unit(UNIT, "ActiveState", "Type", "BusName", "Slice")
    # By the version of systemd.
    assert state.pop("Type") in ("notify", "notify-reload")
    assert state == {"ActiveState": "active", "BusName": "org.ongoingcall.Calls1",
                     "Slice": "session.slice"}  # fmt: skip
    assert calls.user.bed.run("stat", "--format=%a", f"/run/user/{calls.user.uid}/ongoingcalld").stdout == "700\n"


def test_systemctl_start_waits_until_it_is_ready(calls):
    calls.user.systemctl("start", "ongoingcalld")
    names = calls.user.busctl("call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "ListNames")["data"][0]
    assert "org.ongoingcall.Calls1" in names


def test_nothing_is_wrong_with_the_unit(calls):
    calls.user.systemctl("start", "ongoingcalld")
    path = calls.user.unit(UNIT, "FragmentPath")["FragmentPath"]
    verified = calls.user.run("systemd-analyze", "--user", "verify", path, check=False)
    complaints = [line for line in verified.stderr.splitlines() if "ongoingcall" in line]
    assert complaints == []
    assert [entry for entry in calls.journal() if int(entry["PRIORITY"]) <= 4] == []


def test_a_hanging_daemon_is_replaced_and_comes_back_ready(bed, calls):
    calls.start()
    hanging = calls.daemon()
    watchdog = int(calls.user.unit(UNIT, "WatchdogUSec")["WatchdogUSec"].removesuffix("s"))
    bed.run("kill", "-STOP", str(hanging))
    started = time.monotonic()
    # The bus holds the question until there is somebody to answer it, or the hanging one has it still: ask again.
    wait_for("another daemon", lambda: calls.daemon() not in (0, hanging), seconds=watchdog + 10)
    assert time.monotonic() - started < watchdog + 5
    wait_for("it to be ready", lambda: calls.user.unit(UNIT, "ActiveState")["ActiveState"] == "active")
    assert calls.ctl("list").returncode == 0
    state = calls.user.unit(UNIT, "NRestarts", "Result", "SubState")
    assert state == {"NRestarts": "1", "Result": "success", "SubState": "running"}


def test_a_daemon_that_cannot_start_is_said_to_with_the_way_out(bus, calls):
    """Its unit fails for good. dbus-daemon goes on waiting for it; dbus-broker says at once that there will be none."""
    said = {"dbus-daemon": rf"its unit {UNIT} (failed \(|does not start)", "dbus-broker": "could not be started: "}
    user = calls.user
    dropin = ".config/systemd/user/ongoingcalld.service.d/gone.conf"
    user.install("[Service]\nExecStart=\nExecStart=/nonexistent/ongoingcalld\n", dropin)
    user.systemctl("daemon-reload")
    for _ in range(2):
        asked = calls.ctl("abort", "--all")
        assert asked.returncode == 69, asked.stderr
        assert re.search(said[bus], asked.stderr)
        assert f"journalctl --user -u {UNIT}" in asked.stderr
    for verb in ("list", "hangup"):
        assert json.loads(calls.ctl(verb, "--json").stderr)["error"]["name"] == "not-started"
    user.run("rm", dropin)
    user.systemctl("daemon-reload")
    asked = calls.ctl("abort", "--all")
    # Of dbus-broker, which does not wait, it was not asked often enough for systemd to try no more.
    assert asked.returncode == 69 or bus == "dbus-broker"
    if asked.returncode != 0:
        user.run("sh", "-c", asked.stderr.partition("; then run: ")[2].partition("; to end")[0])
    assert calls.ctl("status").returncode == 0


def test_a_daemon_that_fails_again_and_again_is_said_to(bus, calls):
    said = {"dbus-daemon": f"its unit {UNIT} does not start, after ", "dbus-broker": "could not be started: "}
    dropin = ".config/systemd/user/ongoingcalld.service.d/vain.conf"
    calls.user.install("[Service]\nExecStart=\nExecStart=/bin/sh -c 'sleep 0.2; exit 3'\n", dropin)
    calls.user.systemctl("daemon-reload")
    asked = calls.ctl("abort", "--all", "--timeout", "5")
    assert asked.returncode == 69, asked.stderr
    assert said[bus] in asked.stderr
    assert f"journalctl --user -u {UNIT}" in asked.stderr


def test_a_bus_without_the_service_manager_is_said_to_be_the_wrong_one(calls):
    asked = calls.user.run("dbus-run-session", "--", "ongoingcallctl", "status", check=False)
    assert asked.returncode == 69
    assert "it is not the bus of your systemd manager" in asked.stderr
    remedy = re.search(r"DBUS_SESSION_BUS_ADDRESS=\S+", asked.stderr)[0]
    again = calls.user.run("dbus-run-session", "--", "sh", "-c", f"{remedy} ongoingcallctl status")
    assert again.stdout == calls.ctl("status").stdout


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
def test_a_killed_daemon_comes_back(bed, calls, number):
    calls.start()
    killed = calls.daemon()
    bed.run("kill", f"-{int(number)}", str(killed))
    assert calls.ctl("list").returncode == 0
    assert calls.daemon() not in (0, killed)


def program(calls):
    """The daemon's own."""
    return calls.user.run("readlink", f"/proc/{calls.daemon()}/exe").stdout.strip()


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--version"], ["--daemonize"], ["--help", "x"]])
def test_started_once_more_it_touches_nothing(calls, arguments):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    running = calls.daemon()
    before = calls.user.unit(session["Unit"], "MainPID", "ActiveState"), session.events()
    result = calls.user.run(program(calls), *arguments, check=False, timeout=10)
    if arguments == ["--help"]:
        assert (result.returncode, result.stderr) == (0, "") and "Usage: ongoingcalld" in result.stdout
    elif arguments == ["--version"]:
        (version,) = calls.call("Get", MANAGER, "Version", interface=PROPERTIES)
        assert (result.returncode, result.stdout) == (0, f"ongoingcalld {version}\n")
    elif arguments:
        assert (result.returncode, result.stdout) == (os.EX_USAGE, "")
        assert arguments[-1] in result.stderr and "--help" in result.stderr
    else:
        assert (result.returncode, result.stdout) == (os.EX_CONFIG, "")
        assert f"process {running} " in result.stderr
        assert any(f"process {running} " in entry["MESSAGE"] for entry in calls.user.journal.entries())
    assert (calls.user.unit(session["Unit"], "MainPID", "ActiveState"), session.events()) == before
    assert calls.daemon() == running and session["State"] == "joined"
    # Nor does the one after it find anything else.
    calls.user.bed.run("kill", "-KILL", str(running))
    assert calls.ctl("list").returncode == 0
    assert session["State"] == "joined" and session.events() == before[1]


def test_started_by_hand_between_two_of_the_service_it_touches_nothing(bed, calls):
    """The one that hangs has everything until it is gone; so has the next one from then on."""
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    executable, hanging = program(calls), calls.daemon()
    bed.run("kill", "-STOP", str(hanging))
    result = calls.user.run(executable, check=False, timeout=10)
    assert result.returncode == os.EX_CONFIG and f"process {hanging} " in result.stderr
    wait_for("another daemon", lambda: calls.daemon() not in (0, hanging), seconds=30)
    assert session["State"] == "joined"
    assert [event["name"] for event in session.events()] == ["session-launched", "session-joined"]


def test_a_launch_while_it_is_being_stopped_is_refused(calls):
    """An engine that does not end keeps the daemon from ending at once."""
    session = calls.launch(command=["/bin/sh", "-c", "trap '' TERM HUP; while :; do sleep 1; done"])
    session.wait_until("joined")
    calls.user.systemctl("stop", "--no-block", "ongoingcalld")
    wait_for("it to be stopping", lambda: session["State"] == "leaving")
    with pytest.raises(BusError) as caught:
        calls.launch(command=["/bin/sleep", "1000"])
    assert caught.value.kind == "EngineFailed" and "is stopping" in caught.value.message
    wait_for("it to be gone", lambda: calls.user.unit(UNIT, "ActiveState")["ActiveState"] == "inactive", seconds=20)
    calls.assert_nothing_runs()


def test_many_kills_are_not_too_many(bed, calls):
    calls.start()
    for _ in range(40):
        if process := calls.daemon():
            bed.run("kill", "-KILL", str(process), check=False)
        result = calls.ctl("list")
        assert result.returncode == 0, result.stderr
    assert int(calls.user.unit(UNIT, "NRestarts")["NRestarts"]) >= 30


def test_a_stop_is_a_stop_and_its_calls_end(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    calls.user.systemctl("stop", "ongoingcalld")
    calls.assert_nothing_runs()
    assert calls.user.unit(UNIT, "ActiveState", "Result") == {"ActiveState": "inactive", "Result": "success"}
    assert not os.path.exists(calls.user.bed.path(f"/run/user/{calls.user.uid}/ongoingcalld"))
    # It can be called again, and knows of no call.
    assert calls.live() == []


@pytest.mark.parametrize("verb", ["daemon-reload", "daemon-reexec"])
def test_a_reload_of_the_service_manager_ends_no_call(calls, verb):
    """The installation of any package reloads it, an upgrade of systemd executes it anew."""
    session = calls.launch(command=["/bin/sleep", "1000"])
    engine = calls.user.unit(session.wait_until("joined")["Unit"], "MainPID", "LoadState", "ActiveState")
    for _ in range(3):
        calls.user.systemctl(verb)
        assert calls.ctl("list").returncode == 0
    assert session["State"] == "joined"
    assert calls.user.unit(session["Unit"], "MainPID", "LoadState", "ActiveState") == engine
    # Its end is seen afterwards too.
    calls.ctl("abort", check=True)
    calls.assert_nothing_runs()
    assert session["EndReason"] == "aborted"


def test_only_its_own_user_can_reach_it(bed, calls):
    calls.start()
    with new_user(bed) as other:
        result = other.run("gdbus", "call", "--address", calls.user.environment["DBUS_SESSION_BUS_ADDRESS"], "--dest",
                           "org.ongoingcall.Calls1", "--object-path", "/org/ongoingcall/Calls1", "--method",
                           "org.ongoingcall.Calls1.Manager.Describe", check=False)  # fmt: skip
    assert result.returncode != 0


def test_unknown_methods_and_objects_are_errors(calls):
    with pytest.raises(BusError) as caught:
        calls.call("Frobnicate")
    assert caught.value.name == "org.freedesktop.DBus.Error.UnknownMethod"
    with pytest.raises(BusError) as caught:
        calls.session("00000000").call("Abort")
    assert caught.value.name == "org.freedesktop.DBus.Error.UnknownObject"
