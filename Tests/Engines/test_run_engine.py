# SPDX-License-Identifier: Apache-2.0
"""The `command` engine (ongoingcall-run) with real programs: what they get, how they end, what cannot be run."""

import json
import os
import signal
import sys

import pytest

from run_engine import SESSION, ended, engine, fifo, join, python, result, start  # noqa: F401 (fixtures)


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
     "cannot run “{0}/no-interpreter”: its interpreter is missing"),
    (["{0}/not-a-program"], "refused",
     "cannot run “{0}/not-a-program”: it is neither a program for this machine nor a script with a #! line"),
    (["./missing"], "refused",
     "“./missing” is neither an absolute path nor the name of a program; give an absolute path"),
    ([""], "refused", "“” is neither an absolute path nor the name of a program; give an absolute path"),
    ([], "refused", "there is no command to run; this engine does not call addresses"),
    (["/bin/echo", "a\0b"], "refused",
     "an argument of “/bin/echo” contains a NUL character, which cannot be passed to a program"),
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
