# SPDX-License-Identifier: Apache-2.0
"""The `command` engine with real programs: the terminal, leaving, floods, and the daemon's end of the channel."""

import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import time

import pytest

from engine_process import ADRIFT, EngineProcess, executable
from run_engine import SESSION, Fifo, Growth, ended, engine, fifo, is_alive, join, python, result, start  # noqa: F401 (fixtures)


# The terminal


def test_terminal(engine, tmp_path):
    out = tmp_path / "terminal.json"
    python(engine, """
import json, os, sys, termios
tty = os.open("/dev/tty", os.O_RDWR)
json.dump({
    "isatty": [os.isatty(fd) for fd in (0, 1, 2)],
    "same": os.ttyname(0) == os.ttyname(1) == os.ttyname(2),
    "leads": os.getsid(0) == os.getpid() == os.getpgrp() == os.tcgetpgrp(tty),
    "size": list(os.get_terminal_size(0)),
    "descriptors": len(os.listdir("/proc/self/fd")),
}, open(sys.argv[1], "w"))
""", out, terminal=True)
    assert result(ended(engine)) == ("exited", 0, "exit status 0")
    assert json.loads(out.read_text()) == {
        "isatty": [True] * 3, "same": True, "leads": True, "size": [80, 24], "descriptors": 5}


@pytest.mark.parametrize("terminal,name", [(True, "HUP"), (False, "TERM")])
def test_leave_asks_the_program_to_end(engine, fifo, tmp_path, terminal, name):
    source = f"trap 'echo {name} > {tmp_path}/got; exit 7' {name}; echo > {fifo}; while :; do sleep 600 & wait; done"
    join(engine, "/bin/bash", "-c", source, terminal=terminal)
    fifo.line()
    engine.send({"type": "leave"})
    assert result(ended(engine)) == ("hung-up", 7, "exit status 7")
    assert (tmp_path / "got").read_text() == f"{name}\n"
    assert engine.wait_for_exit() == 0


def test_leave_reaches_a_stopped_program(engine, fifo):
    join(engine, "/bin/bash", "-c", f"trap 'exit 5' HUP; echo > {fifo}; kill -STOP $$; exit 6", terminal=True)
    engine.wait_for_state("joined")
    fifo.line()
    engine.send({"type": "leave"})
    message = ended(engine)
    assert message["reason"] == "hung-up" and message["exit-status"] in (5, 6)


def test_leave_reaches_the_job_in_the_foreground(engine, fifo):
    # Job control: `sleep` runs in a group of its own, in the foreground.
    join(engine, "/bin/bash", "-c", f"set -m; trap '' HUP; (trap - HUP; echo $BASHPID > {fifo}; exec sleep 600); exit 8",
         terminal=True)
    job = int(fifo.line())
    engine.send({"type": "leave"})
    message = ended(engine)
    assert (message["reason"], message["exit-status"]) == ("hung-up", 8)
    assert not is_alive(job)


@pytest.mark.parametrize("terminal", [True, False])
def test_a_program_that_does_not_want_to_end_is_killed_with_its_children(engine, fifo, terminal):
    join(engine, "/bin/bash", "-c", f"trap '' HUP TERM; sleep 600 & echo $! > {fifo}; while :; do wait; sleep 1; done",
         terminal=terminal)
    child = int(fifo.line())
    assert is_alive(child)
    started = time.monotonic()
    engine.send({"type": "leave"})
    assert result(ended(engine)) == ("hung-up", 137, "killed by signal 9 (SIGKILL)")
    assert 1.9 < time.monotonic() - started < 3
    assert not is_alive(child)


def test_children_that_outlive_their_parent_are_killed_too(engine, fifo):
    join(engine, "/bin/bash", "-c", f"(trap '' TERM; echo $BASHPID > {fifo}; exec sleep 600) & wait")
    child = int(fifo.line())
    engine.send({"type": "leave"})
    assert result(ended(engine)) == ("hung-up", 143, "killed by signal 15 (SIGTERM)")
    assert not is_alive(child)


def test_leaving_takes_no_longer_than_the_program_and_its_children(engine, fifo):
    join(engine, "/bin/bash", "-c", f"sleep 600 & sleep 600 & trap 'exit 1' TERM; echo > {fifo}; wait")
    fifo.line()
    started = time.monotonic()
    engine.send({"type": "leave"})
    assert result(ended(engine))[:2] == ("hung-up", 1)
    assert time.monotonic() - started < 1


def test_orphans_leave_no_zombies(engine, fifo):
    go = Fifo(f"{fifo}.go")
    join(engine, "/bin/bash", "-c", f"(sh -c 'echo $$ > {fifo}; read line' < {go} &); exec sleep 600")
    orphan = int(fifo.line())
    descriptor = os.pidfd_open(orphan)
    go.write("go")
    select.select([descriptor], [], [], 10)
    os.close(descriptor)
    deadline = time.monotonic() + 10
    while os.path.exists(f"/proc/{orphan}"):
        assert time.monotonic() < deadline, "a zombie is left"
        engine.ping()
    go.close()


# Output that nobody looks at


def test_a_flood_neither_blocks_nor_grows(engine, fifo):
    join(engine, "/bin/sh", "-c", f"echo warm; echo > {fifo}; stty -opost; head -c 1073741824 /dev/zero; echo > {fifo}; exec sleep 600",
         terminal=True)
    fifo.line()
    growth = Growth(engine.pid)
    fifo.line(timeout=240)
    assert growth.bytes < 4 << 20
    # The channel was served all the time.
    engine.ping()


def test_the_channel_is_served_during_a_flood(engine):
    join(engine, "/usr/bin/yes", terminal=True)
    engine.wait_for_state("joined")
    for _ in range(20):
        engine.ping()
    engine.send({"type": "leave"})
    assert result(ended(engine))[:2] == ("hung-up", 129)


def test_a_program_that_closes_its_terminal_costs_nothing(engine, fifo):
    join(engine, "/bin/sh", "-c", f"exec <&- >&- 2>&-; echo > {fifo}; exec sleep 600", terminal=True)
    fifo.line()

    def switches():
        status = pathlib.Path(f"/proc/{engine.pid}/status").read_text()
        return sum(int(line.split()[1]) for line in status.splitlines() if "ctxt_switches" in line)

    before = switches()
    for _ in range(3):
        engine.ping()
    # A loop that spins would be interrupted, or sleep, far more often in three round trips.
    assert switches() - before < 50


def test_it_does_nothing_while_idle(engine):
    join(engine, "/bin/sleep", "600", terminal=True)
    engine.wait_for_state("joined")

    def used():
        fields = pathlib.Path(f"/proc/{engine.pid}/stat").read_text().rsplit(")", 1)[1].split()
        status = pathlib.Path(f"/proc/{engine.pid}/status").read_text()
        voluntary = next(line for line in status.splitlines() if line.startswith("voluntary_ctxt_switches"))
        return int(fields[11]) + int(fields[12]), int(voluntary.split()[1])

    engine.ping()
    time.sleep(0.2)  # It goes back to sleep; no event tells of that.
    ticks, switches = used()
    time.sleep(2)  # The measurement itself.
    assert used() == (ticks, switches)


# The daemon goes, or says odd things


def test_a_closed_channel_ends_the_program(engine, fifo):
    join(engine, "/bin/bash", "-c", f"echo $$ > {fifo}; exec sleep 600", terminal=True)
    program = int(fifo.line())
    engine.close_channel()
    assert engine.wait_for_exit() == 0
    assert not is_alive(program)


def test_a_channel_closed_before_the_join_ends_the_engine(engine):
    engine.close_channel()
    assert engine.wait_for_exit() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_the_engine_leaves(engine, number):
    join(engine, "/bin/sleep", "600")
    engine.wait_for_state("joined")
    os.kill(engine.pid, number)
    assert result(ended(engine)) == ("hung-up", 143, "killed by signal 15 (SIGTERM)")
    assert engine.wait_for_exit() == 0


def test_leave_before_join(engine):
    engine.send({"type": "leave"})
    assert result(ended(engine))[0] == "hung-up"
    assert engine.wait_for_exit() == 0


def test_without_a_program_the_lease_is_all_there_is():
    with start(lease=1) as engine:
        assert result(ended(engine))[0] == "lease-expired"
        assert engine.wait_for_exit() == 0


def test_a_program_goes_on_while_a_daemon_is_away():
    with start(lease=1, stderr=subprocess.PIPE, env={"ONGOINGCALL_SESSION": SESSION}) as engine:
        join(engine, "/bin/sleep", "600", terminal=True)
        engine.wait_for_state("joined")
        said = next(line for line in engine.process.stderr if b"lost contact" in line).decode()
        # In its journal, with the way out.
        assert said.startswith("<4>") and f"systemctl --user stop 'app-ongoingcall-*@{SESSION}.service'" in said
        engine.ping()
        assert [m["state"] for m in engine.messages if m["type"] == "state"] == ["joined"]
        os.kill(engine.pid, signal.SIGTERM)
        assert result(ended(engine))[0] == "hung-up"
        engine.process.stderr.close()


def start_adrift(**options):
    engine = EngineProcess([*ADRIFT, executable("ongoingcall-run")])
    engine.hello(SESSION, **options)
    return engine


def test_a_program_that_nobody_can_end_ends_with_the_lease():
    with start_adrift(lease=1) as engine:
        join(engine, "/bin/sleep", "600", terminal=True)
        engine.wait_for_state("joined")
        engine.process.kill()
        assert result(ended(engine)) == ("lease-expired", 129, "killed by signal 1 (SIGHUP)")


def test_a_daemon_that_is_heard_renews_the_lease():
    with start_adrift(lease=1) as engine:
        join(engine, "/bin/sleep", "600")
        engine.wait_for_state("joined")
        engine.process.kill()
        end = time.monotonic() + 2.5
        while time.monotonic() < end:
            engine.ping()
            assert engine.messages[-1]["type"] == "pong"
            time.sleep(0.25)  # The daemon's interval: what is tested is time itself.
        assert ended(engine)["reason"] == "lease-expired"


@pytest.mark.parametrize("request_", [
    {"type": "set-muted", "muted": True}, {"type": "set-held", "held": True}, {"type": "send-dtmf", "digits": "1"},
    {"type": "network", "reachable": False}, {"type": "from-the-future", "muted": {"a": 1}},
])
def test_unsupported_requests(engine, request_):
    engine.send(request_)
    message = engine.wait_for(lambda m: True)
    assert (message["type"], message["code"], message["request"]) == ("error", "unsupported", request_["type"])


def test_report_repeats_the_state(engine):
    for state in ("connecting", "joined"):
        engine.send({"type": "report"})
        assert engine.wait_for(lambda m: True)["state"] == state
        if state == "connecting":
            join(engine, "/bin/sleep", "600")
            engine.wait_for_state("joined")


def test_a_join_that_comes_again_is_ignored(engine):
    join(engine, "/bin/sleep", "600")
    engine.wait_for_state("joined")
    engine.hello(SESSION)
    join(engine, "/bin/false")
    engine.send({"type": "report"})
    assert engine.wait_for(lambda m: True)["state"] == "joined"


def test_join_before_hello_is_an_error():
    with EngineProcess([executable("ongoingcall-run")]) as engine:
        join(engine, "/bin/true")
        message = engine.wait_for(lambda m: True)
        assert (message["type"], message["code"], message["request"]) == ("error", "invalid", "join")


def test_another_version_of_the_protocol_is_refused():
    with EngineProcess([executable("ongoingcall-run")]) as engine:
        engine.send({"type": "hello", "version": 2, "session": SESSION, "lease": 60})
        message = ended(engine)
        assert message["reason"] == "refused" and "version 2" in message["detail"]


@pytest.mark.parametrize("garbage", [
    b"garbage\n", b"{\n", b"[]\n", b"\xff\xfe\n", b'{"type":7}\n', b'{"type":"ping"}\n', b"[" * 60000 + b"\n",
    b"x" * 200000 + b"\n", b"\n\n\n", b'{"type":"set-muted","muted":"yes"}\n', b'{"type":"join","command":"sh"}\n',
], ids=lambda garbage: repr(garbage[:20]))
def test_garbage_is_answered_and_harmless(engine, garbage):
    join(engine, "/bin/sleep", "600")
    engine.wait_for_state("joined")
    engine.send_bytes(garbage)
    engine.send({"type": "report"})
    messages = []
    engine.wait_for(lambda m: messages.append(m) or m["type"] == "state")
    assert [m["type"] for m in messages] == ["state"] if not garbage.strip() else ["error", "state"]
    assert messages[-1]["state"] == "joined"
    for message in messages[:-1]:
        assert message["code"] == "invalid" and len(message["message"].encode()) <= 512


def test_a_line_that_was_cut_by_a_daemons_end_is_skipped(engine):
    engine.send_bytes(b'{"type":"set-mu')
    engine.send_bytes(b"\n")
    engine.send({"type": "report"})
    messages = []
    engine.wait_for(lambda m: messages.append(m) or m["type"] == "state")
    assert [m["type"] for m in messages] == ["error", "state"]


def test_a_daemon_that_does_not_read_gets_the_newest_state(engine):
    join(engine, "/bin/cat", terminal=True)
    engine.wait_for_state("joined")
    growth = Growth(engine.pid)
    for serial in range(50_000):
        engine.send({"type": "ping", "serial": serial})
    engine.send({"type": "leave"})
    assert growth.bytes < 4 << 20
    assert result(ended(engine, timeout=20))[0] == "hung-up"
