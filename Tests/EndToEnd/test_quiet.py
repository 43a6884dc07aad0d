# SPDX-License-Identifier: Apache-2.0
"""What the programs cost a machine that nothing happens on: how often they wake, and what that rareness may not cost."""

import time

from booted import wait_for
from calls import UNIT
from test_repair import kill

SECONDS = 10
STARTED = 2
"""Seconds in which what a launch has begun comes to rest."""


def wakes(user, process):
    lines = user.run("cat", f"/proc/{process}/status").stdout.splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("voluntary_ctxt_switches"))


def wakes_in_a_while(user, *processes):
    """How often each of them wakes in a while. What is tested is time itself."""
    time.sleep(STARTED)
    before = [wakes(user, process) for process in processes]
    time.sleep(SECONDS)
    return [wakes(user, process) - count for process, count in zip(processes, before)]


def engine(calls, unit):
    return int(calls.user.unit(unit, "MainPID")["MainPID"])


def test_without_calls_only_the_watchdog_is_fed(calls):
    calls.start()
    assert wakes_in_a_while(calls.user, calls.daemon())[0] <= 1


def test_a_program_wakes_nobody(calls):
    session = calls.launch(command=["/bin/sleep", "1000"], terminal=True)
    unit = session.wait_until("joined")["Unit"]
    daemon, engines = wakes_in_a_while(calls.user, calls.daemon(), engine(calls, unit))
    assert daemon <= 2
    assert engines <= 1
    session.call("Abort")


def test_an_engine_of_a_program_that_hangs_is_found_out(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    kill(calls, session.wait_until("joined")["Unit"], "STOP")
    began = time.monotonic()
    values = session.wait_until("ended", seconds=60)
    assert (values["EndReason"], values["EndDetail"]) == ("engine-failed", "the engine hangs: it does not answer")
    # Two pings and a look, each with the daemon's pulse: 35 s, and some for a busy machine.
    assert time.monotonic() - began < 45
    calls.assert_nothing_runs()


def test_what_would_keep_a_killed_daemon_is_kept_for_the_next(calls):
    """A watch of a directory, which the kernel is slow to take down: it does not end with the daemon."""
    def stored():
        return int(calls.user.unit(UNIT, "NFileDescriptorStore")["NFileDescriptorStore"])

    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    # The channel, and the watch.
    assert stored() == 2
    for _ in range(3):
        before = calls.daemon()
        calls.user.systemctl("kill", "--signal", "KILL", UNIT)
        wait_for("another daemon", lambda: calls.daemon() not in (0, before))
        assert session["State"] == "joined"
        assert stored() == 2
    session.call("Abort")
    calls.assert_nothing_runs()
    wait_for("the channel to be forgotten", lambda: stored() == 1)
