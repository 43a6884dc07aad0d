# SPDX-License-Identifier: Apache-2.0
"""The demonstration of the README shows what it says, in both of its places, and leaves nothing behind."""

import subprocess
import sys

from booted import wait_for
from calls import Calls
from names import PROJECT
from test_packaging import files, install
from test_testbed import outside_of

SHOWN = ["ongoingcallctl launch sip:", "joined", "SIGHUP", "ongoingcallctl status", "ongoingcallctl abort", "BYE,",
         "session-left (aborted)", "0 lost by sequence number", "Nothing was lost."]  # fmt: skip


def assert_shown(output):
    place = 0
    for words in SHOWN:
        assert words in output[place:], f"“{words}” does not come after what came before:\n{output}"
        place = output.index(words, place)


def test_in_the_users_own_session(bare):
    bare.run("touch", ".bash_history")
    before = {line.split()[2] for line in files(bare)}
    with bare.login() as terminal:
        status, output = terminal.run("python3 -B /srv/ongoingcall/packaging/demo-call session", seconds=120)
        assert status == 0, output
        assert_shown(output)
        # The engine has said that the call is over, and then takes its sound apart.
        wait_for("none of its programs to be left", lambda: terminal.run("pgrep ongoingcall") == (1, ""))
    assert {line.split()[2] for line in files(bare)} == before


def test_beside_another_call(bare):
    install(bare)
    other = Calls(bare).launch(command=["/bin/sleep", "1000"])
    other.wait_until("joined")
    with bare.login() as terminal:
        status, output = terminal.run("python3 -B /srv/ongoingcall/packaging/demo-call session", seconds=120)
        assert status == 0, output
        assert_shown(output)
    assert other["State"] == "joined"


def test_in_a_testbed_of_its_own(programs):
    result = subprocess.run([sys.executable, "-B", PROJECT / "packaging/demo-call", "testbed"], capture_output=True,
                            text=True, timeout=120, check=False)  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr
    assert_shown(result.stdout)
    name = next(line.split()[-1] for line in result.stdout.splitlines() if "booted in" in line)
    wait_for("nothing of the testbed to be left", lambda: not outside_of(name))
