# SPDX-License-Identifier: Apache-2.0
"""A program on a pseudo-terminal as the call."""

import json
import time

import pytest
from booted import wait_for
from names import message_ids

# Says what it runs on, then goes on for ever, a line every 20 ms.
PROGRAM = """#!/usr/bin/python3
import os, sys, time
with open(sys.argv[1], "w", buffering=1) as file:
    print("terminal" if os.isatty(1) else "no terminal", os.getsid(0) == os.getpid(), file=file)
    while True:
        print("x" * 4096, flush=True)
        print("line", time.monotonic(), file=file)
        time.sleep(0.02)
"""


def lines(user, name):
    file = user.bed.path(f"{user.home}/{name}")
    return file.read_text().splitlines() if file.exists() else []


@pytest.mark.alone
def test_a_program_outlives_its_terminal_and_its_login(bed, calls):
    user = calls.user
    user.install(PROGRAM, "talk", mode=0o755)
    first = user.login()
    first.run("(setsid nohup sleep 4321 >/dev/null 2>&1 &)")
    status, output = first.run("ongoingcallctl launch --terminal --title 'Pair talk' --wait --json -- ./talk heard")
    assert status == 0, output
    joined_at = time.monotonic()
    identifier = json.loads(output.splitlines()[-1])["session"]["id"]
    unit = calls.session(identifier)["Unit"]
    wait_for("its first line", lambda: lines(user, "heard"))
    assert lines(user, "heard")[0] == "terminal True"

    first.close()
    bed.run("loginctl", "terminate-session", first.session, check=False)
    wait_for("the login session's processes to be killed",
             lambda: not bed.run("pgrep", "-u", user.name, "-x", "sleep", check=False).stdout)
    count = len(lines(user, "heard"))
    wait_for("it to go on", lambda: len(lines(user, "heard")) > count + 50)

    second = user.login()
    status, output = second.run("ongoingcallctl status --json")
    shown = json.loads(output)["sessions"][0]
    assert (shown["id"], shown["state"], shown["engine"]) == (identifier, "joined", "command")
    assert shown["duration-usec"] / 1e6 == pytest.approx(time.monotonic() - joined_at, abs=1.5)
    status, output = second.run("ongoingcallctl abort")
    assert status == 0, output
    wait_for("the program to be gone", lambda: not bed.run("pgrep", "-f", "talk heard", check=False).stdout)
    wait_for("the unit to be gone", lambda: unit not in calls.engine_units())
    ids = message_ids()
    found = [entry["MESSAGE_ID"] for entry in calls.journal_of(identifier) if "ONGOINGCALL_EVENT" in entry]
    assert found == [ids["launched"], ids["joined"], ids["left"]]


def test_without_a_terminal_if_none_is_asked_for(calls):
    calls.user.install(PROGRAM, "talk", mode=0o755)
    session = calls.launch(command=[f"{calls.user.home}/talk", "heard"])
    session.wait_until("joined")
    wait_for("its first line", lambda: lines(calls.user, "heard"))
    assert lines(calls.user, "heard")[0].startswith("no terminal")
    calls.ctl("abort", check=True)


@pytest.mark.parametrize(("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -KILL $$", 137)])
def test_its_exit_status_is_the_reason(calls, script, status):
    session = calls.launch(command=["/bin/sh", "-c", f"sleep 0.5; {script}"])
    assert session.wait_until("ended")["EndReason"] == "exited"
    last = session.events()[-1]
    assert last["name"] == "session-left"
    assert last["details"]["exit-status"] == status


ARGUMENTS = [
    "$HOME", "${HOME}", "$$", "%n", "%%", "%h/x", "two words", "'single'", '"double"', "back\\slash", "new\nline",
    "tab\tbed", "", "*", "~", "`id`", "$(id)", ";", "ünïcödé 🎧", "-n", "--", "@x", "\\x20", "#", "=", "a=b",
]  # fmt: skip


@pytest.mark.parametrize("terminal", [False, True])
def test_arguments_arrive_untouched_by_the_control_tool(calls, terminal):
    program = "#!/usr/bin/python3\nimport json, sys\njson.dump(sys.argv[1:], open('arguments', 'w'))\n"
    calls.user.install(program, "note arguments", mode=0o755)
    options = ["--terminal"] if terminal else []
    calls.ctl("launch", *options, "--", "./note arguments", *ARGUMENTS, check=True)
    wait_for("the program to have run", lambda: calls.user.bed.path(f"{calls.user.home}/arguments").exists())
    assert json.loads(wait_for("arguments", lambda: calls.user.run("cat", "arguments").stdout)) == ARGUMENTS


def test_arguments_arrive_untouched_by_the_bus(calls):
    program = "import json, sys; json.dump(sys.argv[1:], open('arguments', 'w'))"
    session = calls.launch(command=["/usr/bin/python3", "-c", program, *ARGUMENTS])
    session.wait_until("ended")
    assert json.loads(calls.user.run("cat", "arguments").stdout) == ARGUMENTS


def test_a_programs_environment_and_directory(calls):
    program = "import json, os; json.dump([os.getcwd(), dict(os.environ)], open('seen', 'w'))"
    calls.user.run("mkdir", "a place")
    session = calls.launch(command=["python3", "-c", program], environment=["GREETING=$HOME %n", "EMPTY="],
                           working_directory=f"{calls.user.home}/a place")  # fmt: skip
    session.wait_until("ended")
    directory, environment = json.loads(calls.user.run("cat", "a place/seen").stdout)
    assert directory == f"{calls.user.home}/a place"
    assert environment["GREETING"] == "$HOME %n"
    assert environment["EMPTY"] == ""
    assert environment["ONGOINGCALL_SESSION"] == session.id
