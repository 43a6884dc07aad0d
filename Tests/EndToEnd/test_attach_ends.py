# SPDX-License-Identifier: Apache-2.0
"""How a view of a program's terminal ends: what is said is what has happened; and how one that does not begin says so."""

import json
import re

import pytest
from booted import wait_for
from test_attach import Attached, program  # noqa: F401 (fixture)
from test_launch_attach import see
from test_launch_view import only_call
from windows import Window


@pytest.mark.parametrize(("verb", "said"), [
    ("abort", r"was aborted \(ongoingcallctl abort\)"),
    ("hangup", r"was hung up \(ongoingcallctl hangup, or its notification\)"),
])
def test_who_has_ended_it_is_said(calls, program, verb, said):
    with Attached(calls.user) as view:
        view.read_until("<size 100 30>")
        calls.ctl(verb, program, check=True)
        view.read_until(rf"\[the call {program} {said}; its program: killed by signal 1 \(SIGHUP\)\]")
        assert view.end() == 129


@pytest.mark.parametrize("verb", ["attach", "launch"])
def test_a_program_whose_engine_is_killed_is_lost(calls, verb):
    arguments = ("launch", "--terminal", "--", "cat") if verb == "launch" else ("attach",)
    if verb == "attach":
        calls.launch(command=["cat"], terminal=True).wait_until("joined")
    with Window(calls.user, *arguments) as window:
        see(window)
        session = calls.session(only_call(calls))
        calls.user.run("kill", "-KILL", calls.user.unit(session["Unit"], "MainPID")["MainPID"])
        window.read_until(rf"the program of {session.id} is lost with its engine: the engine closed its channel")
        window.read_until("launch it again: ongoingcallctl launch -t -- .*cat")
        assert window.end() == 1
    assert session["State"] == "ended"


def test_detach_from_elsewhere(calls, program):
    assert calls.ctl("detach", check=True).stdout == f"no terminal shows {program}\n"
    with Attached(calls.user) as one, Attached(calls.user, "--read-only") as two:
        for view in (one, two):
            view.read_until("<size 100 30>")
        answer = json.loads(calls.ctl("detach", "--json", check=True).stdout)
        assert answer["session"]["id"] == program
        for view in (one, two):
            view.read_until(rf"\[detached from {program}; to attach again: ongoingcallctl attach {program}\]")
            assert view.end() == 0
    # The program goes on, and who comes again sees it.
    with Attached(calls.user) as view:
        view.read_until("<size 100 30>")
        assert calls.ctl("detach", program[:4], check=True).stdout == f"detached 1 terminal from {program}\n"
        assert view.end() == 0


def test_detach_typed_in_the_program_itself(calls):
    # Another call with a view, which is not meant.
    calls.launch(command=["cat"], terminal=True).wait_until("joined")
    session = calls.launch(command=["/bin/bash", "--norc"], terminal=True)
    session.wait_until("joined")
    with Attached(calls.user, session.id) as view:
        view.read_until("detaches")
        view.type("ongoingcallctl detach\n")
        view.read_until(rf"\[detached from {session.id};")
        assert view.end() == 0
    assert session["State"] == "joined"


def test_a_call_with_a_name_is_called_by_it(calls):
    with Window(calls.user, "launch", "--name", "work", "-t", "--", "cat") as window:
        see(window, r"\[work cat: Ctrl-\\ then d detaches\]")
        assert calls.ctl("detach", check=True).stdout == "detached 1 terminal from work\n"
        window.read_until(r"\[detached from work; to attach again: ongoingcallctl attach work\]")
        assert window.end() == 0
    calls.launch(command=["cat"], terminal=True).wait_until("joined")
    refused = calls.ctl("detach")
    assert refused.returncode == 66 and "no terminal shows the program of a call" in refused.stderr


def test_detach_needs_a_terminal(calls):
    calls.launch(command=["sleep", "1000"]).wait_until("joined")
    refused = calls.ctl("detach")
    assert refused.returncode == 1 and "was launched without a terminal" in refused.stderr
    assert calls.ctl("detach-client").stderr.count("did you mean “detach”?") == 1


def test_modes_that_nobody_knows_are_brought_back_by_the_terminal(calls):
    """Such as 1007 of a terminal in which it is usually on."""
    script = r"stty raw -echo; printf '\033[?9001h\033[?9001l\033[?9002;9003l\033[?9002h\033[?25l\033[?25hpainted'; exec cat"
    calls.launch(command=["/bin/sh", "-c", script], terminal=True)
    with Attached(calls.user) as view:
        view.read_until("painted")
        calls.ctl("send-keys", "-l", "\x1b[?9004lmore", check=True)
        view.read_until("more")
        view.detach()
        shown = view.transcript
    # Of what was printed before, only who has seen it knows.
    assert "\x1b[?9004s\x1b[?9004l" in shown
    assert shown.rindex("\x1b[?9004r") > shown.index("more")
    assert "?9001s" not in shown and "?25s" not in shown


@pytest.mark.parametrize(("shell", "env", "why"), [
    ('exec "$@" | cat', {}, "standard output is not a terminal"),
    ('exec "$@" < /dev/null', {}, "standard input is not a terminal"),
    ('exec "$@"', {"TERM": "dumb"}, r"a terminal of the type “dumb” \(TERM\) cannot show a program's screen"),
    ('exec "$@"', {"TERM": ""}, "TERM is empty"),
    ('unset TERM; exec "$@"', {}, "TERM is not set"),
])
def test_launch_says_why_it_does_not_attach(calls, shell, env, why):
    # As an interactive shell runs it: in a process group of its own, in the foreground.
    with Window(calls.user, "launch", "-t", "--", "cat", before=("bash", "-ic", shell, "bash"), env=env) as window:
        window.read_until(rf"ongoingcallctl: not attached: {why}; to attach: ongoingcallctl attach \w{{8}}")
        assert window.end() == 0
    assert calls.session(only_call(calls))["State"] == "joined"


def test_what_is_for_scripts_says_nothing(calls):
    for options in (["-d"], ["--quiet"], ["--json"]):
        with Window(calls.user, "launch", *options, "-t", "--", "cat", before=("bash", "-ic", 'exec "$@" | cat', "bash")) as window:
            assert window.end() == 0
            assert "not attached" not in window.transcript
    with Window(calls.user, "launch", "-t", "--", "cat", before=("sh", "-c", '"$@" | cat', "sh")) as window:
        assert window.end() == 0
        assert "not attached" not in window.transcript
