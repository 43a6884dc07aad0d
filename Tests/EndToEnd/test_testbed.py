# SPDX-License-Identifier: Apache-2.0
"""The testbed itself: that it is a whole systemd, and that nothing of it stays."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from booted import TerminalClosed, Testbed, machine, wait_for
from booted.machine import STATE
from buses import on_both_buses

TESTBED = Path(__file__).resolve().parents[1] / "Testbed" / "testbed"


def test_systemd_is_running(bed):
    assert bed.state == "running", bed.run("systemctl", "--failed", "--no-pager").stdout


def test_pid_one_is_systemd(bed):
    assert bed.run("cat", "/proc/1/comm").stdout == "systemd\n"


def test_the_machine_itself_is_not_written_to(bed):
    bed.install("inside\n", "/etc/ongoingcall-testbed-was-here")
    assert bed.run("cat", "/etc/ongoingcall-testbed-was-here").stdout == "inside\n"
    assert not os.path.exists("/etc/ongoingcall-testbed-was-here")


def test_a_lingering_user_has_a_manager_and_a_bus(user):
    assert user.systemctl("is-system-running").stdout == "running\n"
    assert user.run_in_manager("printenv", "XDG_RUNTIME_DIR").stdout == f"/run/user/{user.uid}\n"
    names = user.busctl("call", "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "ListNames")
    assert "org.freedesktop.systemd1" in names["data"][0]


def test_what_else_is_installed_here_does_not_run_there(bare_bed, bare):
    """Neither a sound server, nor an agent for keys, nor whatever desktops have enabled for every user."""
    question = ["list-units", "--state=active", "--no-legend", "--plain", "--no-pager"]
    started = (bare_bed.run("systemctl", *question, "--type=socket,path,timer"),
               bare.systemctl(*question, "--type=service,socket,path,timer"))  # fmt: skip
    for shown in started:
        units = {line.split()[0] for line in shown.stdout.splitlines()}
        assert {unit for unit in units if not unit.startswith(("dbus.", "systemd-"))} == set()
    assert bare_bed.run("ls", "/usr/local").stdout == ""


@on_both_buses
def test_every_bus_is_the_program_that_was_asked_for(bus, bed, user):
    name = "org.freedesktop.DBus"
    question = ["--json=short", "call", name, "/", name, "GetConnectionUnixProcessID", "s", name]
    for asked in (bed.run("busctl", *question), user.run("busctl", "--user", *question)):
        # Of dbus-broker's two processes, dbus-broker-launch is the one that is told of.
        assert bed.run("cat", f"/proc/{json.loads(asked.stdout)['data'][0]}/comm").stdout.startswith(bus)
    assert bed.state == "running", bed.run("systemctl", "--failed", "--no-pager").stdout


def test_a_terminal_is_a_login_session_in_its_own_scope(user):
    with user.login() as terminal:
        status, groups = terminal.run("cat /proc/self/cgroup")
        assert status == 0
        assert terminal.scope in groups
        assert terminal.run("tty") == (0, f"/dev/{terminal.tty}")
        assert terminal.run("echo $XDG_RUNTIME_DIR") == (0, f"/run/user/{user.uid}")
        assert terminal.run("(exit 7)") == (7, "")


def test_closing_a_terminal_hangs_up_its_session(bed, user):
    terminal = user.login()
    terminal.run("sleep 1000 & echo $!")
    terminal.close()
    wait_for("the session to end", lambda: not terminal.is_logged_in)
    assert bed.run("pgrep", "-u", user.name, "sleep", check=False).stdout == ""


def test_terminating_a_session_kills_what_ignores_the_hangup(bed, user):
    terminal = user.login()
    terminal.run("(nohup setsid sleep 1001 >/dev/null 2>&1 &)")
    wait_for("sleep to run", lambda: bed.run("pgrep", "-u", user.name, "sleep", check=False).stdout)
    terminal.terminate()
    wait_for("sleep to be killed", lambda: not bed.run("pgrep", "-u", user.name, "sleep", check=False).stdout)
    with pytest.raises(TerminalClosed):
        terminal.run("true")
    terminal.close()
    assert user.systemctl("is-system-running").stdout == "running\n", "a lingering user's manager stays"


def test_the_users_journal_is_readable_as_fields(user):
    user.run_in_manager("systemd-cat", "--identifier=ongoingcall-test", "echo", "one\x1btwo")
    entries = user.journal.entries("--identifier=ongoingcall-test")
    assert [entry["MESSAGE"] for entry in entries] == ["one\x1btwo"]
    assert entries[0]["_UID"] == str(user.uid)


def systemd_is(bed):
    """Its state: `degraded` where a unit of another test has failed."""
    return bed.run("systemctl", "is-system-running", check=False).stdout


def outside_of(name):
    """Everything on this machine that a testbed could leave behind."""
    processes = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                processes += [process.name] if name in (process / "cgroup").read_text() else []
                processes += [process.name] if name.encode() in (process / "cmdline").read_bytes() else []
            except OSError:
                continue
    # os.walk, for groups that go while it looks.
    groups = [path for path, _, _ in os.walk("/sys/fs/cgroup") if name in path]
    mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if name in line]
    folders = [str(path) for path in STATE.glob(f"{name}*")]
    return processes + groups + mounts + folders


def owner_of_a_testbed():
    """A process that boots a testbed, says its name and keeper, and then waits until this one ends."""
    code = (
        "import sys, json; sys.path.insert(0, sys.argv[1])\n"
        "from booted import Testbed\n"
        "with Testbed() as bed:\n"
        "    bed.run('sh', '-c', 'sleep 1000 >/dev/null 2>&1 &')\n"
        "    print(json.dumps([bed.name, bed.keeper, bed.leader]), flush=True)\n"
        "    sys.stdin.read()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(TESTBED.parent)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)  # fmt: skip
    return process, *json.loads(process.stdout.readline())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_owner_ends(number):
    owner, name, _, _ = owner_of_a_testbed()
    assert outside_of(name)
    owner.send_signal(number)
    owner.wait(timeout=60)
    wait_for("nothing of the testbed to be left", lambda: not outside_of(name), seconds=20)


def test_a_killed_keeper_leaves_no_process_and_no_mount_and_the_next_start_removes_the_rest():
    owner, name, keeper, leader = owner_of_a_testbed()
    os.kill(keeper, signal.SIGKILL)
    wait_for("the testbed's PID 1 to be gone", lambda: not os.path.exists(f"/proc/{leader}"))
    owner.kill()
    owner.wait(timeout=60)
    with Testbed() as next_one:
        assert name not in machine.all_names()
        assert next_one.name in machine.all_names()
    wait_for("nothing to be left", lambda: not outside_of(name))


def test_two_testbeds_at_once_do_not_meet(bed):
    before = systemd_is(bed)
    with Testbed() as other:
        other.run("systemd-run", "--unit=only-here", "sleep", "1000")
        assert other.run("systemctl", "is-active", "only-here").stdout == "active\n"
        assert bed.run("systemctl", "is-active", "only-here", check=False).stdout == "inactive\n"
    assert systemd_is(bed) == before


def test_where_systemd_is_pid_one_already(bed):
    """As on a developer's machine, which here is a testbed itself."""

    def testbed(*arguments):
        return bed.run("python3", "-B", "/srv/ongoingcall/Tests/Testbed/testbed", *arguments).stdout

    before = systemd_is(bed)
    name = testbed("up", "--user", "somebody").strip()
    assert testbed("list") == f"{name}\n"
    assert bed.run("systemctl", "is-active", f"{name}.scope").stdout == "active\n"
    assert testbed("exec", "--user", "somebody", "systemctl", "--user", "is-system-running") == "running\n"
    testbed("down")
    wait_for("its scope to be gone",
             lambda: bed.run("systemctl", "is-active", f"{name}.scope", check=False).stdout == "inactive\n")  # fmt: skip
    assert testbed("list").strip() == ""
    assert systemd_is(bed) == before


def test_the_command_line(tmp_path):
    def testbed(*arguments):
        return subprocess.run([TESTBED, *arguments], capture_output=True, text=True, check=True).stdout

    name = testbed("up", "--owner", str(os.getpid()), "--user", "somebody").strip()
    try:
        assert name in testbed("list").split()
        assert testbed("--name", name, "exec", "--user", "somebody", "whoami") == "somebody\n"
    finally:
        testbed("--name", name, "down")
    wait_for("nothing of it to be left", lambda: not outside_of(name))
