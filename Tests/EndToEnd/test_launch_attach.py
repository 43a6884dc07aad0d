# SPDX-License-Identifier: Apache-2.0
"""launch with a program on a terminal, as people know it of tmux: it attaches at once, and the same line comes back."""

import json
import termios

import pytest
from booted import wait_for
from test_launch_view import SCRIPT, only_call
from windows import Window

DETACHING = b"\x1cd"
CAT = ("launch", "--terminal", "--", "cat")


def see(window, notice="detaches"):
    """Reads what attach says first, and waits until what is typed goes to the program."""
    window.read_until(notice)
    wait_for("the terminal to be raw", lambda: not termios.tcgetattr(window.master)[3] & termios.ICANON)


def detach(window):
    window.type(DETACHING)
    window.read_until(r"\[detached from \w+; to attach again: ongoingcallctl attach \w+\]")
    assert window.end() == 0


def test_it_attaches_at_once_and_the_program_goes_on(calls):
    with Window(calls.user, *CAT) as window:
        see(window, r"\[\w{8} cat: Ctrl-\\ then d detaches\]")
        window.type("hello\n")
        window.read_until("hello\r?\n.*hello")
        detach(window)
    assert calls.session(only_call(calls))["State"] == "joined"


def test_its_exit_status_is_the_programs(calls):
    with Window(calls.user, "launch", "-t", "--", "sh", "-c", "read line; exit 7") as window:
        see(window)
        window.type("\n")
        window.read_until(r"\[the program of \w{8} has exited: exit status 7\]")
        assert window.end() == 7


def test_a_program_that_is_gone_at_once(calls):
    with Window(calls.user, "launch", "-t", "--", "sh", "-c", "echo last words >&2; exit 3") as window:
        window.read_until("last words")
        window.read_until(r"\[the program of \w{8} has exited: exit status 3\]")
        assert window.end() == 3


def test_detach_does_not_attach(calls):
    with Window(calls.user, "launch", "-d", "-t", "--", "cat") as window:
        window.read_until(r"^\w{8} \w+ \(see it: ")
        assert window.end() == 0
    assert "attached" not in calls.ctl("list").stdout


@pytest.mark.parametrize("options", [["--json"], ["--quiet"], ["--wait"]])
def test_what_is_for_scripts_does_not_attach(calls, options):
    with Window(calls.user, "launch", *options, "-t", "--", "cat") as window:
        assert window.end() == 0


def test_scripts_are_not_attached(calls):
    """Those that were written before launch attached go on as they did."""
    with Window(calls.user, *CAT, before=SCRIPT) as window:
        window.read_until(r"^\w{8} \w+ \(see it: (?s:.*)status 0")
    for shell in ('"$@" | cat', '"$@" < /dev/null'):
        with Window(calls.user, *CAT, before=("bash", "-c", shell, "bash")) as window:
            window.read_until(r"\w{8} \w+ \(see it: |● .*\w{8} joined")
            assert window.end() == 0
    launched = calls.ctl(*CAT)
    assert launched.returncode == 0 and "(see it: " in launched.stdout


def test_the_same_line_comes_back(calls):
    line = ("launch", "--name", "work", "-t", "--", "cat")
    for turn in range(3):
        with Window(calls.user, *line) as window:
            see(window)
            window.type(f"turn {turn}\n")
            for earlier in range(turn + 1):
                window.read_until(f"turn {earlier}")
            detach(window)
    assert len(calls.live()) == 1


def test_another_program_does_not_come_to_the_name(calls):
    calls.ctl("launch", "--name", "work", "-t", "--", "cat", check=True)
    with Window(calls.user, "launch", "--name", "work", "-t", "--", "sleep", "100") as window:
        window.read_until("--name: the call (\\w{8}) has this name, and runs “cat.*”")
        window.read_until("to attach to it: ongoingcallctl attach work; or give another name")
        assert window.end() == 64
    with Window(calls.user, "launch", "-A", "--name", "work", "-t", "--", "sleep", "100") as window:
        see(window, "cat: .* detaches")
        detach(window)
    assert len(calls.live()) == 1


def test_attach_or_create_in_a_script(calls):
    line = ("launch", "-A", "--name", "work", "-t", "--", "cat")
    for _ in range(2):
        with Window(calls.user, *line, before=SCRIPT) as window:
            see(window)
            window.type(DETACHING)
            window.read_until("status 0")
    assert len(calls.live()) == 1
    refused = calls.ctl(*line)
    assert refused.returncode == 64 and "standard input is not a terminal" in refused.stderr
    assert calls.ctl("launch", "-A", "--", "cat").returncode == 64


def test_attach_takes_the_only_call_with_a_terminal(calls):
    for command in (["sleep", "1000"], ["sleep", "2000"]):
        calls.ctl("launch", "--", *command, check=True)
    calls.ctl("launch", "-t", "--", "cat", check=True)
    with Window(calls.user, "attach") as window:
        see(window, r"\[\w{8} cat: .*detaches")
        detach(window)
    assert calls.ctl("send-keys", "typed", "Enter").returncode == 0


@pytest.mark.parametrize(("given", "line"), [
    (["bash"], "ongoingcallctl launch -t -- bash"),
    (["bash", "-c", "echo hi; read x"], "ongoingcallctl launch -t -- bash -c 'echo hi; read x'"),
    (["ls", "-l", "/tmp"], "ongoingcallctl launch -t -- ls -l /tmp"),
    (["cat", "a", "b", "c", "d", "e", "f", "g"], "ongoingcallctl launch -t -- cat a b c d e f g"),
    (["-t", "bash"], "ongoingcallctl launch -t -- bash"),
    (["-d", "cat", "-n"], "ongoingcallctl launch -d -t -- cat -n"),
    (["/bin/sh"], "ongoingcallctl launch -t -- /bin/sh"),
])  # fmt: skip
def test_a_program_without_dashes_is_answered_with_the_line_to_type(calls, given, line):
    refused = calls.ctl("launch", *given)
    assert refused.returncode == 64, refused.stderr
    assert f"to run it: {line}\n" in refused.stderr
    assert calls.live() == []


def test_the_hint_about_logout_comes_last(visitor):
    session = visitor.login()
    try:
        # A person's shell is interactive: what it starts has the terminal.
        with Window(visitor, "launch", "--", "sleep", "1000") as window:
            window.read_until("next: ongoingcallctl logs, ongoingcallctl status, ongoingcallctl abort")
            window.read_until("ends at your last logout")
    finally:
        session.close()


def test_sleeps_are_told_apart(calls):
    one, other = [calls.launch(command=["/bin/sleep", str(time)]) for time in (1000, 1001)]
    same = calls.launch(command=["/bin/sleep", "1000"])
    for session in (one, other, same):
        session.wait_until("joined")
    processes = {session.id: session["Program"]["pid"] for session in (one, other, same)}
    assert len(set(processes.values())) == 3
    for session in (one, other, same):
        assert calls.user.run("cat", f"/proc/{processes[session.id]}/comm").stdout == "sleep\n"
    rows = {row.split()[0]: row for row in calls.ctl("list").stdout.splitlines()[1:]}
    assert rows[one.id].endswith(f"{processes[one.id]}  sleep 1000")
    assert rows[other.id].endswith(f"{processes[other.id]}  sleep 1001")
    shown = calls.ctl("status", same.id).stdout
    assert "  Command: /bin/sleep 1000\n" in shown or "  Command: /usr/bin/sleep 1000\n" in shown
    assert f"  Process: {processes[same.id]}\n" in shown
    refused = calls.ctl("abort").stderr
    for session, time in ((one, 1000), (other, 1001), (same, 1000)):
        assert f"{session.id} (sleep {time}, process {processes[session.id]})" in refused


def test_size_and_viewers_are_shown(calls):
    session = calls.launch(command=["/bin/cat"], terminal=True)
    session.wait_until("joined")
    wait_for("the size", lambda: "  Terminal: 24×80\n" in calls.ctl("status").stdout)
    with Window(calls.user, "attach", columns=90, rows=33) as one:
        see(one)
        with Window(calls.user, "attach", columns=100, rows=40) as two:
            see(two)
            wait_for("the viewers", lambda: "Terminal: 40×100, 2 attached\n" in calls.ctl("status").stdout)
            assert "cat (40×100, 2 attached)" in calls.ctl("list").stdout
            daemon = calls.daemon()
            calls.user.run("kill", "-KILL", str(daemon))
            wait_for("the next daemon to know", lambda: "40×100, 2 attached" in calls.ctl("status").stdout)
            assert calls.ctl_json("status", session.id)["session"]["program"]["viewers"] == 2
            detach(two)
        detach(one)
    wait_for("nobody to be attached", lambda: "attached" not in calls.ctl("status").stdout)


def test_exit_status_and_command_outlive_the_call(calls):
    session = calls.launch(command=["/bin/sh", "-c", "sleep 0.2; exit 7"])
    session.wait_until("ended")
    assert session["Program"]["exit-status"] == 7
    process = session["Program"]["pid"]
    (past,) = wait_for("the journal", lambda: calls.ctl_json("history")["calls"])
    assert (past["exit-status"], past["pid"], past["command"]) == (7, process, "sh -c 'sleep 0.2; exit 7'")
    row = calls.ctl("history").stdout.splitlines()[1]
    assert "it exited (exit status 7)" in row and row.endswith("sh -c 'sleep 0.2; exit 7'")
    why = calls.ctl("why").stdout
    assert why.startswith(f"{session.id} sh -c 'sleep 0.2; exit 7'\n")
    assert f", process {process}\n" in why


@pytest.mark.parametrize("columns", [80, 40])
def test_list_and_history_fit(calls, columns):
    long = ["/bin/sh", "-c", "sleep 1000 # " + "ä long text, " * 20]
    calls.launch(command=long, name="a-name-of-some-length", terminal=True).wait_until("joined")
    calls.launch(command=long).wait_until("joined")
    calls.ctl("abort", "a-name-of-some-length", check=True)
    calls.launch(command=long, name="another-name", title="Stand-up " * 20).wait_until("joined")
    for verb, count in (("list", 2), ("history", 1)):
        with Window(calls.user, verb, columns=columns) as window:
            assert window.end() == 0
            window.read_until("\n")
            lines = window.transcript.replace("\r", "").splitlines()
            assert lines and all(len(line) <= columns for line in lines), lines
            for session in calls.ctl_json("list" if verb == "list" else "history")["sessions" if verb == "list" else "calls"]:
                assert any(session["id"] in line for line in lines)
            assert len(lines) <= (count + 1 if columns == 80 else 3 * count), lines


# What is said of programs


@pytest.mark.parametrize("verb", [["mute"], ["hold"], ["dtmf", "1"], ["record", "start", "/tmp/x.wav"]])
def test_what_only_an_address_can_do(calls, verb):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    refused = calls.ctl(*verb)
    assert refused.returncode == 1
    assert f"{session.id} runs a program; only a call to an address can do this" in refused.stderr


def test_the_story_of_a_program_speaks_of_a_program(calls):
    session = calls.launch(command=["/bin/sh", "-c", "sleep 0.2; exit 7"])
    session.wait_until("ended")
    wait_for("the journal", lambda: calls.ctl_json("history")["calls"])
    why = calls.ctl("why").stdout
    assert "\nThe program ran for 0s, and exited (exit status 7).\n" in why
    assert f"ongoingcallctl logs {session.id}" in why
    assert "far end" not in why and "other side" not in why


def test_a_channel_that_is_not_there(calls):
    for words in (["channel", "delete", "nosuch"], ["launch", "--channel", "nosuch", "--", "cat"]):
        refused = calls.ctl(*words)
        assert refused.returncode == 66, refused.stderr
        assert "there is no notification channel “nosuch”" in refused.stderr


def test_hanging_up_says_how_long_it_may_take(calls):
    process = calls.user.run("sh", "-c", "nohup sleep 4321 > /dev/null 2>&1 & echo $!").stdout.strip()
    calls.ctl("launch", "--adopt", process, "--hang-up-grace", "2", check=True)
    with Window(calls.user, "hangup") as window:
        window.read_until(f"process {process} was asked to exit; waiting up to 2 s for it to end")
        window.read_until("ended: hung-up")
        assert window.end() == 0


def test_the_output_of_a_program(calls):
    script = "echo one; echo two >&2; printf '\\033[31mred\\033[0m\\n'; read line; echo never"
    session = calls.launch(command=["/bin/sh", "-c", "sleep 1000 | { " + script + "; }"])
    session.wait_until("joined")
    wait_for("its output", lambda: "red" in calls.ctl("logs").stdout)
    lines = calls.ctl("logs").stdout.splitlines()
    assert lines[-3:] == ["one", "two", "\x1b[31mred\x1b[0m"]
    assert calls.ctl("logs", "-n", "2").stdout.splitlines() == lines[-2:]
    shown = [json.loads(line)["line"]["message"] for line in calls.ctl("logs", "--json", "-n", "3").stdout.splitlines()]
    assert shown[:2] == ["one", "two"]
    with Window(calls.user, "logs", "-f") as window:
        window.read_until("one")
        window.read_until("red")
        assert "\x1b[31m" not in window.transcript
        calls.ctl("abort", check=True)
        assert window.end() == 0
    assert calls.ctl("logs").stdout.splitlines()[: len(lines)] == lines
    calls.user.systemctl("stop", "ongoingcalld.service")
    assert calls.ctl("logs", session.id[:5]).stdout.splitlines()[: len(lines)] == lines
    assert calls.ctl("logs", "nosuch").returncode == 66


def test_the_output_of_a_program_with_a_terminal(calls):
    session = calls.launch(command=["/bin/cat"], terminal=True)
    session.wait_until("joined")
    refused = calls.ctl("logs")
    assert refused.returncode == 1 and f"ongoingcallctl attach {session.id}" in refused.stderr


def test_no_pager_for_eight_lines(calls):
    calls.launch(command=["/bin/sleep", "0.1"]).wait_until("ended")
    wait_for("the journal", lambda: calls.ctl_json("history")["calls"])
    # A terminal that does not know its size.
    with Window(calls.user, "why", columns=0, rows=0, env={"PAGER": "sed s/^/paged/"}) as window:
        window.read_until("The program ran for 0s")
        assert window.end() == 0
        assert "paged" not in window.transcript


def test_since_is_a_time(calls):
    refused = calls.ctl("history", "--since", "nonsense")
    assert refused.returncode == 64 and "--since: " in refused.stderr
    assert calls.ctl("watch", "--since", "0").returncode == 64
