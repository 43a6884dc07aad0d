# SPDX-License-Identifier: Apache-2.0
"""What README tells a newcomer to type does what it says."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from booted import wait_for

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text()


def commands(containing):
    """The lines, without their comments, of the one block of commands in README that has such a line."""
    blocks = [block for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) if containing in block]
    assert len(blocks) == 1, containing
    return [line for line in (line.split("#")[0].strip() for line in blocks[0].splitlines()) if line]


START = commands("systemctl --user start ongoingcalld")
LAUNCHES = [line for line in START if " launch " in line]


@pytest.mark.parametrize("launch", LAUNCHES)
def test_starting_it_goes_as_it_is_written(calls, far_end, launch):
    # The address and the program are the reader's; here there are a far end of the test's and a program that stays.
    here = launch.replace("sip:standup@example.org", far_end.address).replace("baresip", "cat")
    assert here != launch
    for line in START:
        if line in LAUNCHES and line != launch:
            continue
        result = calls.user.run(*shlex.split(here if line == launch else line), timeout=60)
        if line == launch:
            wait_for("the call to be joined", lambda: "joined" in calls.ctl("status").stdout)
        elif line == "ongoingcallctl status":
            assert "State: joined" in result.stdout
        elif line == "ongoingcallctl abort":
            assert "ended: aborted" in result.stdout
        elif line.startswith("journalctl"):
            assert "session-left (aborted" in result.stdout
    calls.assert_nothing_runs()


def test_the_exit_statuses_are_those_of_the_help(calls):
    table = re.findall(r"^\| (\d+) \| (.*) \|$", README, re.MULTILINE)
    shown = re.findall(r"^ +(\d+)  (.*)$", calls.ctl("--help").stdout, re.MULTILINE)
    assert table and [list(row) for row in table] == [list(row) for row in shown[: len(table)]]


def test_every_verb_is_there(calls):
    verbs = re.findall(r"`([a-z]+)[ `]", "".join(re.findall(r"^\| (`.*?) \|", README, re.MULTILINE)))
    assert {"launch", "status", "list", "abort", "hangup", "mute", "unmute", "hold", "resume", "dtmf"} <= set(verbs)
    for verb in set(verbs):
        assert calls.ctl(verb, "--help").returncode == 0, verb


def test_the_table_of_faults_has_all_that_can_be_played():
    listed = subprocess.run([PROJECT / "Tests/Survival/run", "--list"], capture_output=True, text=True, check=True).stdout
    table = README[README.index("| fault ") :]
    shown = re.findall(r"^\| (\S.*?) +\| (?:yes|NO) ", table, re.MULTILINE)
    assert shown and shown == [line.split(maxsplit=1)[1] for line in listed.splitlines()]
