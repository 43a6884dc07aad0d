# SPDX-License-Identifier: Apache-2.0
"""ongoingcallctl attach, on real terminals: the program's screen, its size, detaching, and whatever goes away meanwhile."""

import json
import os
import re
import signal
import termios

import pytest
from booted import wait_for
from windows import Window

# Echoes what is typed, and says its terminal's size at the start, at SIGWINCH, and for an s.
PROGRAM = """#!/usr/bin/python3
import os, signal, sys, tty
def say(*_):
    os.write(1, b"<size %d %d>" % os.get_terminal_size(0))
tty.setraw(0)
signal.signal(signal.SIGWINCH, say)
os.write(1, b"<ready>")
say()
while data := os.read(0, 4096):
    if data == b"q":
        os.write(1, b"<bye>")
        sys.exit(7)
    os.write(1, b"<" + data + b">")
"""


class Attached(Window):
    """`ongoingcallctl attach` on a terminal of its own, its window."""

    def __init__(self, user, *arguments, **options):
        super().__init__(user, "attach", *arguments, **options)

    @property
    def is_raw(self):
        return not termios.tcgetattr(self.master)[3] & termios.ICANON

    def pid(self):
        """Of ongoingcallctl, as the testbed numbers processes."""
        shown = self.user.bed.run("pgrep", "-t", self.tty, "-x", "ongoingcallctl", check=False).stdout
        return int(shown.split()[0]) if shown.strip() else None

    def detach(self):
        self.type(b"\x1cd")
        self.read_until(r"\[detached from ")
        assert self.end() == 0


@pytest.fixture
def program(calls):
    """The id of a call whose program is PROGRAM."""
    calls.user.install(PROGRAM, "talk", mode=0o755)
    session = calls.launch(command=[f"{calls.user.home}/talk"], terminal=True)
    session.wait_until("joined")
    return session.id


def cpu(user, pid):
    """The processor time of a process of the testbed, in seconds."""
    fields = user.bed.run("cat", f"/proc/{pid}/stat").stdout.rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak(user, pid):
    """The most memory that a process of the testbed has ever had, in KiB."""
    status = user.bed.run("cat", f"/proc/{pid}/status").stdout
    return int(re.search(r"^VmHWM:\s*(\d+)", status, re.MULTILINE)[1])


def test_attach_type_resize_and_detach(calls, program):
    with Attached(calls.user) as view:
        assert view.read_until(rf"\[{program} talk: Ctrl-\\ then d detaches\]")
        view.read_until("<ready>")
        view.read_until("<size 100 30>")
        assert view.is_raw
        view.type("hello\x03\x1a\r\x00")
        view.read_until("<hello\x03\x1a\r\x00>")
        view.resize(120, 40)
        view.read_until("<size 120 40>")
        view.type(b"\x1c")  # The first of the keys alone is the program's, as soon as another comes.
        view.type("x")
        view.read_until("<\x1cx>")
        view.detach()
        assert termios.tcgetattr(view.master) == view.modes
    # The program goes on; one who comes again sees what it has shown, of which a control character is no part.
    with Attached(calls.user, program[:4]) as view:
        view.read_until("<size 120 40>.*<x>")
        view.detach()


def test_a_terminal_is_not_shown_on_itself(calls):
    session = calls.launch(command=["/bin/bash", "--norc"], terminal=True)
    session.wait_until("joined")
    with Attached(calls.user, session.id) as view:
        for attach in ("attach", "attach --read-only"):
            view.type(f"ongoingcallctl {attach} {session.id}; echo st=$?\n")
            view.read_until(f"this is the terminal of {session.id} itself; it cannot show itself")
            view.read_until("st=64")
        view.detach()


def test_a_daemon_that_is_killed_is_not_noticed(calls, program):
    user = calls.user
    with Attached(user) as view:
        view.read_until("<size 100 30>")
        for _ in range(3):
            daemon = calls.daemon()
            user.run("kill", "-KILL", str(daemon))
            view.type("on")
            view.read_until("<on>")
            wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))
            view.type("and on")
            view.read_until("<and on>")
        view.detach()
    with Attached(user) as view:
        view.read_until("<and on>")
        view.type("again")
        view.read_until("<again>")
        user.systemctl("restart", "ongoingcalld.service")
        view.type("after the restart")
        view.read_until("<after the restart>")
        view.detach()


def test_the_programs_end_is_told(calls, program):
    with Attached(calls.user) as view:
        view.read_until("<size 100 30>")
        view.type("q")
        view.read_until("<bye>")
        view.read_until(rf"\[the program of {program} has exited: exit status 7\]")
        assert view.end() == 7
        assert termios.tcgetattr(view.master) == view.modes
    refused = calls.ctl("attach", program)
    assert refused.returncode == 64 and "standard input is not a terminal" in refused.stderr
    with Attached(calls.user, program) as view:
        view.read_until(f"the call {program} has ended")
        assert view.end() == 1


def test_a_call_that_is_aborted_ends_the_view(calls, program):
    with Attached(calls.user) as view:
        view.read_until("<size 100 30>")
        calls.ctl("abort", program, check=True)
        view.read_until(r"was aborted \(ongoingcallctl abort\); its program: killed by signal 1 \(SIGHUP\)\]")
        assert view.end() == 129


def test_two_views_and_one_that_only_looks(calls, program):
    user = calls.user
    with Attached(user, columns=90) as one:
        one.read_until("<size 90 30>")
        with Attached(user, columns=110) as two:
            for view in (one, two):
                view.read_until("<size 110 30>")
            one.type("1")
            # In either order: the program may see its new size before it reads.
            two.read_until(r"(?s)<1>.*<size 90 30>|<size 90 30>.*<1>")
            with Attached(user, "--read-only", "--detach-keys", "ctrl-p,ctrl-q", columns=50) as looking:
                looking.read_until("read-only: Ctrl-P then Ctrl-Q detaches")
                looking.read_until("<1>")
                looking.type("no")
                two.type("2")
                shown = one.read_until("<2>").string
                assert "<no>" not in shown and "<size 50" not in shown
                looking.read_until("<2>")
                looking.type(b"\x1cd")
                looking.type(b"\x10\x11")
                assert looking.end() == 0
            one.close()
            two.type("3")
            two.read_until("<3>")
            two.detach()


ENDING = [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGALRM, signal.SIGUSR1, signal.SIGPIPE,
          signal.SIGSEGV, signal.SIGABRT, signal.SIGXCPU, signal.SIGRTMIN]  # fmt: skip


@pytest.mark.parametrize("number", ENDING, ids=lambda number: signal.Signals(number).name)
def test_whatever_ends_it_the_terminal_is_as_it_was(calls, program, number):
    with Attached(calls.user, before=("bash", "-c", 'ulimit -c 0; "$@"; echo "status $?"', "bash")) as view:
        view.read_until("<size 100 30>")
        assert view.is_raw
        calls.user.run("kill", f"-{int(number)}", str(view.pid()))
        view.read_until(f"status {128 + number}")
        assert termios.tcgetattr(view.master) == view.modes
    assert calls.session(program)["State"] == "joined"


def test_what_the_program_has_set_is_undone(calls):
    script = r"stty raw -echo; printf '\033[?1049h\033[?25l\033[?2004h\033[?1006hpainted'; exec cat"
    calls.launch(command=["/bin/sh", "-c", script], terminal=True).wait_until("joined")
    for leave in ("keys", "signal"):
        with Attached(calls.user) as view:
            view.read_until("painted")
            if leave == "keys":
                view.type(b"\x1cd")
            else:
                calls.user.run("kill", "-TERM", str(view.pid()))
            shown = view.read_until(r"\x1b\[\?1049l\x0f\x1b\[0m\x1b\[23;0t").string
            for sequence in ("\x1b[?25h", "\x1b[?2004l", "\x1b[?1006l"):
                assert sequence in shown
            view.end()
            assert termios.tcgetattr(view.master) == view.modes


def test_from_the_background_to_the_foreground(calls, program):
    # In the background it may not make the terminal raw, and is stopped; brought to the foreground, it goes on.
    shell = 'set -m; "$@" & until jobs -s | grep -q .; do sleep 0.05; done; echo "stopped"; fg; echo "status $?"'
    with Attached(calls.user, before=("bash", "-c", shell, "bash")) as view:
        view.read_until("stopped")
        view.read_until("<size 100 30>")
        assert view.is_raw
        view.type(b"\x1cd")
        view.read_until("status 0")


def test_stopping_and_going_on(calls, program):
    shell = 'set -m; "$@"; echo "stopped $(stty -a | grep -c -w icanon)"; fg; echo "status $?"'
    with Attached(calls.user, before=("bash", "-c", shell, "bash")) as view:
        view.read_until("<size 100 30>")
        calls.user.run("kill", "-TSTP", str(view.pid()))
        view.read_until("stopped 1")
        # Brought back, it is raw, and shows the terminal anew.
        view.read_until("<size 100 30>")
        view.type("back")
        view.read_until("<back>")
        view.type(b"\x1cd")
        view.read_until("status 0")


@pytest.mark.parametrize(("arguments", "shell", "size", "message"), [
    (["--detach-keys", "ctrl-ä"], None, (100, 30), "is not a key"),
    (["nosuchid"], None, (100, 30), "there is no call with the ID"),
    ([], '"$@" > /dev/null', (100, 30), "standard output is not a terminal"),
    ([], '"$@" < /dev/null', (100, 30), "standard input is not a terminal"),
    ([], '"$@" >&-', (100, 30), "standard output is not a terminal"),
    ([], '"$@" <&-', (100, 30), "standard input is not a terminal"),
    ([], None, (9, 30), "the terminal is too small: 9 columns and 30 rows"),
    ([], None, (100, 2), "the terminal is too small: 100 columns and 2 rows"),
])  # fmt: skip
def test_what_cannot_be_attached_is_said(calls, program, arguments, shell, size, message):
    before = ("bash", "-c", shell, "bash") if shell else ()
    with Attached(calls.user, *arguments, columns=size[0], rows=size[1], before=before) as view:
        assert not view.is_raw
        view.read_until(message)
        assert view.end() in (64, 66)


def test_without_a_terminal_of_its_own(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    with Attached(calls.user) as view:
        view.read_until("was launched without a terminal")
        view.read_until("only a program that was launched with --terminal has a terminal to show")
        assert view.end() == 1


def test_json(calls, program):
    with Attached(calls.user, "--json") as view:
        view.read_until("<size 100 30>")
        view.type("q")
        line = view.read_until(r"^\{.*\}$").group()
        assert view.end() == 7
    answer = json.loads(line)
    assert (answer["version"], answer["end"], answer["exit-status"]) == (1, "exited", 7)
    assert answer["session"]["id"] == program


def test_a_flood_that_nobody_reads_costs_neither_memory_nor_the_daemon(calls):
    user = calls.user
    script = "stty -opost; echo '<ready>'; read line; yes | head -c 268435456; echo '<end>'; touch ~/flooded; exec cat"
    session = calls.launch(command=["/bin/sh", "-c", script], terminal=True)
    session.wait_until("joined")
    other = calls.launch(command=["/bin/sleep", "1000"])
    engine = int(user.unit(session["Unit"], "MainPID")["MainPID"])
    with Attached(user, session.id) as view:
        view.read_until("<ready>")
        daemon, used, before = calls.daemon(), cpu(user, calls.daemon()), cpu(user, engine)
        memory = peak(user, engine)
        view.type("go\n")
        # Nobody reads this window while it floods; another looks then, and is shown its end.
        flooded = user.bed.path(f"{user.home}/flooded")
        wait_for("the end of the flood", flooded.exists, seconds=900)
        with Attached(user, session.id) as reading:
            reading.read_until("<end>")
            reading.detach()
        assert peak(user, engine) - memory < 4096
        # The bytes do not pass the daemon: what it does meanwhile is ping.
        assert calls.daemon() == daemon
        assert cpu(user, daemon) - used < (cpu(user, engine) - before) / 5
        view.read_until(r"^\[\d+ bytes skipped\]")
        view.read_until("<end>")
        view.type("still there\n")
        view.read_until("still there")
        view.detach()
    assert other["State"] == "joined"
