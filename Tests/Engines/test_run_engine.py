# SPDX-License-Identifier: Apache-2.0
"""The `command` engine (ongoingcall-run), as a process, with real programs."""

import json
import os
import pathlib
import select
import signal
import stat
import sys
import time

import pytest

from engine_process import EngineProcess, executable

SESSION = "7k3m9x2p"


def start(env=None, lease=60, **options):
    """An engine that was greeted; to be used as a context manager."""
    process = EngineProcess([executable("ongoingcall-run")], env=env, **options)
    process.hello(SESSION, lease)
    return process


@pytest.fixture
def engine():
    with start() as process:
        yield process


def join(engine, *command, **options):
    names = {"working_directory": "working-directory"}
    engine.send({"type": "join", "command": [str(c) for c in command],
                 **{names.get(k, k): v for k, v in options.items()}})


def python(engine, source, *arguments, **options):
    join(engine, sys.executable, "-c", source, *arguments, **options)


def ended(engine, timeout=10):
    return engine.wait_for_state("ended", timeout)


def result(message):
    return message["reason"], message.get("exit-status"), message.get("detail")


class Fifo:
    """By which a program tells how far it is: an event, not a sleep."""

    def __init__(self, path):
        os.mkfifo(path)
        self._path = path
        # For writing too: it never comes to its end, and no program waits to open it.
        self._stream = open(os.open(path, os.O_RDWR), "rb", buffering=0)

    def __str__(self):
        return str(self._path)

    def line(self, timeout=60):
        text = b""
        while not text.endswith(b"\n"):
            if not select.select([self._stream], [], [], timeout)[0]:
                raise TimeoutError(f"no line in {timeout} s")
            text += self._stream.read(1)
        return text.decode().strip()

    def write(self, text):
        os.write(self._stream.fileno(), text.encode() + b"\n")

    def close(self):
        self._stream.close()


@pytest.fixture
def fifo(tmp_path):
    fifo = Fifo(tmp_path / "fifo")
    yield fifo
    fifo.close()


def is_alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def memory(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


# What the program gets


ARGUMENTS = [
    "$HOME", "${HOME}", "$$", "%n", "%%", "\\", "\\n", "'", '"', "`id`", "$(id)", " ", "", "two words", "a\nb\n", "\t",
    "*", "~", "-c", "--", "höhe 🧑‍🚀 \u202e", "\x01\x1b[31m", "a" * 20000,
]


def test_arguments_arrive_untouched(engine, tmp_path):
    out = tmp_path / "argv.json"
    python(engine, "import sys, json; json.dump(sys.argv[2:], open(sys.argv[1], 'w'))", out, *ARGUMENTS)
    engine.wait_for_state("joined")
    assert result(ended(engine)) == ("exited", 0, "exit status 0")
    assert json.loads(out.read_text()) == ARGUMENTS
    assert engine.wait_for_exit() == 0


def test_environment_is_added_to_the_engines_own(tmp_path):
    out = tmp_path / "environment.json"
    own = {
        "PATH": "/usr/bin:/bin", "HOME": "/somewhere", "KEPT": "a=b", "REPLACED": "old", "NOTIFY_SOCKET": "/run/x",
        "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1", "LISTEN_FDS": "1", "LISTEN_PID": "1", "LISTEN_FDNAMES": "a",
        "RUNTIME_DIRECTORY": "/run/x", "SYSTEMD_EXEC_PID": "1", "JOURNAL_STREAM": "8:1", "INVOCATION_ID": "0",
        "ONGOINGCALL_SESSION": "wrong",
    }
    source = "import os, sys, json; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"
    for terminal in (False, True):
        with start(own) as engine:
            python(engine, source, out, terminal=terminal,
                   environment=["REPLACED=new", "ADDED=ä\n=", "EMPTY=", "REPEATED=1", "REPEATED=2"])
            assert result(ended(engine))[:2] == ("exited", 0)
        expected = {"PATH": "/usr/bin:/bin", "HOME": "/somewhere", "KEPT": "a=b", "REPLACED": "new", "ADDED": "ä\n=",
                    "EMPTY": "", "REPEATED": "2", "ONGOINGCALL_SESSION": SESSION}
        expected |= {"TERM": "xterm-256color"} if terminal else {"JOURNAL_STREAM": "8:1", "INVOCATION_ID": "0"}
        got = json.loads(out.read_text())
        got.pop("LC_CTYPE", None)  # Python's own (PEP 538)
        assert got == expected


def test_environment_decides_what_the_terminal_is_and_where_programs_are(engine, tmp_path):
    program = tmp_path / "only-here"
    program.write_text(f"#!/bin/sh\nprintf %s \"$TERM\" > {tmp_path}/term\n")
    program.chmod(0o755)
    join(engine, "only-here", terminal=True, environment=[f"PATH=relative:{tmp_path}:/bin", "TERM=vt100"])
    assert result(ended(engine))[:2] == ("exited", 0)
    assert (tmp_path / "term").read_text() == "vt100"


def test_working_directory(engine, tmp_path):
    join(engine, "/bin/sh", "-c", "pwd > here", working_directory=str(tmp_path))
    assert result(ended(engine))[:2] == ("exited", 0)
    assert (tmp_path / "here").read_text() == f"{tmp_path}\n"


def test_signals_and_descriptors_are_fresh(engine, tmp_path):
    out = tmp_path / "status"
    python(engine, """
import os, sys
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
fds = sorted(os.listdir("/proc/self/fd"))
open(sys.argv[1], "w").write(f"{int(status['SigBlk'], 16)} {os.path.realpath('/proc/self/fd/0')} {fds}")
""", out)
    assert result(ended(engine))[:2] == ("exited", 0)
    # One descriptor is that of the listing itself.
    assert out.read_text() == "0 /dev/null ['0', '1', '2', '3']"


def test_a_broken_pipe_kills_as_usual(engine, tmp_path):
    join(engine, "/bin/bash", "-c", f"yes | head -n 1 > /dev/null; echo ${{PIPESTATUS[0]}} > {tmp_path}/status")
    assert result(ended(engine))[:2] == ("exited", 0)
    assert (tmp_path / "status").read_text() == "141\n"


def test_without_terminal_output_goes_to_the_engines_standard_error(tmp_path):
    with open(tmp_path / "stderr", "wb") as stderr, start(stderr=stderr) as engine:
        join(engine, "/bin/sh", "-c", "echo to-output; echo to-error >&2; tty || true")
        ended(engine)
        engine.wait_for_exit()
        lines = (tmp_path / "stderr").read_text().splitlines()
        assert [line for line in lines if not line.startswith("<6>")] == ["to-output", "to-error", "not a tty"]
        assert not engine.reader.unparsed


def test_what_a_terminal_shows_stays_out_of_the_journal(tmp_path):
    with open(tmp_path / "stderr", "wb") as stderr, start(stderr=stderr) as engine:
        join(engine, "/bin/sh", "-c", "echo to-output; echo to-error >&2", "secret-argument", terminal=True)
        ended(engine)
        engine.wait_for_exit()
        lines = (tmp_path / "stderr").read_text().splitlines()
        assert [line.split(" as process")[0] for line in lines] == [
            "<6>running /bin/sh", "<6>exited: exit status 0"]
        assert not engine.reader.unparsed


# How it ends


@pytest.mark.parametrize("status", [0, 1, 3, 127, 255])
@pytest.mark.parametrize("terminal", [False, True])
def test_exit_status(engine, status, terminal):
    join(engine, "/bin/sh", "-c", f"exit {status}", terminal=terminal)
    engine.wait_for_state("joined")
    assert result(ended(engine)) == ("exited", status, f"exit status {status}")
    assert engine.wait_for_exit() == 0
    assert engine.reader.drain() == [] and engine.reader.at_end


@pytest.mark.parametrize("name", ["SIGTERM", "SIGKILL", "SIGSEGV", "SIGHUP"])
def test_killed_by_a_signal(engine, name):
    number = int(getattr(signal, name))
    join(engine, "/bin/sh", "-c", f"ulimit -c 0; kill -{number} $$")
    assert result(ended(engine)) == ("exited", 128 + number, f"killed by signal {number} ({name})")


def test_a_descendant_that_keeps_the_terminal_does_not_keep_the_session(engine, fifo):
    join(engine, "/bin/bash", "-c", f"trap '' HUP; (sleep 600) & echo $! > {fifo}; exit 4", terminal=True)
    child = int(fifo.line())
    try:
        assert result(ended(engine)) == ("exited", 4, "exit status 4")
        assert engine.wait_for_exit() == 0
    finally:
        os.kill(child, signal.SIGKILL)


# What cannot be run


def files(folder):
    (folder / "not-executable").write_text("#!/bin/sh\n")
    (folder / "no-interpreter").write_text("#!/nowhere/at-all\n")
    (folder / "not-a-program").write_text("no program\n")
    for name in ("no-interpreter", "not-a-program"):
        (folder / name).chmod(0o755)


@pytest.mark.parametrize("command,reason,detail", [
    (["{0}/missing"], "not-found", "cannot run “{0}/missing”: No such file or directory"),
    (["{0}/not-executable/below"], "not-found", "cannot run “{0}/not-executable/below”: Not a directory"),
    (["no-such-program"], "not-found", "there is no program “no-such-program” in PATH ({0}:/usr/bin:/bin)"),
    (["{0}/not-executable"], "not-permitted", "cannot run “{0}/not-executable”: Permission denied"),
    (["not-executable"], "not-permitted", "cannot run “{0}/not-executable”: Permission denied"),
    (["{0}"], "not-permitted", "cannot run “{0}”: it is a directory"),
    (["{0}/no-interpreter"], "not-found",
     "cannot run “{0}/no-interpreter”: the interpreter that its first line or its header names is missing"),
    (["{0}/not-a-program"], "refused",
     "cannot run “{0}/not-a-program”: it is neither a program for this machine nor a script that begins with #!"),
    (["./missing"], "refused",
     "“./missing” is neither an absolute path nor the name of a program; write the whole path"),
    ([""], "refused", "“” is neither an absolute path nor the name of a program; write the whole path"),
    ([], "refused", "there is no command to run; this engine takes no addresses"),
    (["/bin/echo", "a\0b"], "refused",
     "an argument of “/bin/echo” has a NUL character in it, which no program can be given"),
])
@pytest.mark.parametrize("terminal", [False, True])
def test_what_cannot_be_run(engine, tmp_path, command, reason, detail, terminal):
    files(tmp_path)
    join(engine, *[c.format(tmp_path) for c in command], terminal=terminal,
         environment=[f"PATH={tmp_path}:/usr/bin:/bin"])
    message = engine.wait_for(lambda m: True)
    assert (message["state"], *result(message)) == ("ended", reason, None, detail.format(tmp_path))
    assert engine.wait_for_exit() == 0


@pytest.mark.parametrize("directory,reason,text", [
    ("{0}/missing", "refused", "No such file or directory"),
    ("{0}/file", "refused", "Not a directory"),
    ("relative", "refused", "is not an absolute path"),
])
def test_working_directory_that_cannot_be(engine, tmp_path, directory, reason, text):
    (tmp_path / "file").touch()
    join(engine, "/bin/true", working_directory=directory.format(tmp_path))
    message = engine.wait_for(lambda m: True)
    assert (message["state"], message["reason"]) == ("ended", reason)
    assert "working directory" in message["detail"] and text in message["detail"]


@pytest.mark.parametrize("entry", ["NOTHING", "=value", "A=b\0c"])
def test_environment_that_cannot_be(engine, entry):
    join(engine, "/bin/true", environment=[entry])
    message = ended(engine)
    assert message["reason"] == "refused" and "NAME=VALUE" in message["detail"]


def test_an_address_is_refused(engine):
    engine.send({"type": "join", "uri": "sip:someone@example.org"})
    assert result(ended(engine))[0] == "refused"


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
    before = memory(engine.pid, "VmRSS")
    fifo.line(timeout=240)
    assert memory(engine.pid, "VmHWM") - before < 4 << 20
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


def test_an_expired_lease_ends_the_program():
    with start(lease=1) as engine:
        join(engine, "/bin/sleep", "600", terminal=True)
        engine.wait_for_state("joined")
        assert result(ended(engine)) == ("lease-expired", 129, "killed by signal 1 (SIGHUP)")
        assert engine.wait_for_exit() == 0


def test_a_daemon_that_is_heard_renews_the_lease():
    with start(lease=1) as engine:
        join(engine, "/bin/sleep", "600")
        engine.wait_for_state("joined")
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
    before = memory(engine.pid, "VmRSS")
    for serial in range(50_000):
        engine.send({"type": "ping", "serial": serial})
    engine.send({"type": "leave"})
    assert memory(engine.pid, "VmHWM") - before < 4 << 20
    assert result(ended(engine, timeout=20))[0] == "hung-up"
