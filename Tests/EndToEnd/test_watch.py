# SPDX-License-Identifier: Apache-2.0
"""ongoingcallctl watch and status --follow against the real daemon: nothing is lost, nothing doubled."""

import json
import subprocess

import pytest
from booted import wait_for
from buses import on_both_buses
from follower import Follower


def follow(user, *arguments):
    """A verb that goes on."""
    return Follower(user, "ongoingcallctl", *arguments)


def test_every_event_once_over_kills_of_the_daemon(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    with follow(calls.user, "watch", "--json", "--after", "0") as watch:
        watch.wait("session-joined")
        for number in range(5):
            daemon = calls.daemon()
            calls.user.run("kill", "-KILL", str(daemon))
            # The bus has the question wait for the next daemon.
            other = calls.launch(command=["/bin/sleep", "1000"])
            other.wait_until("joined")
            other.call("Abort")
        calls.user.systemctl("restart", "ongoingcalld")
        session.call("Abort")
        watch.wait(f'"session":"{session.id}","name":"session-left"')
        told = [json.loads(line)["event"] for line in watch.lines]
    known = calls.events()
    assert [event["sequence"] for event in told] == list(range(1, len(known) + 1))
    assert [(e["sequence"], e["time-usec"], e["session"], e["name"]) for e in told] == [
        (e["sequence"], e["time"], e["id"], e["name"]) for e in known]  # fmt: skip
    assert calls.ctl("watch", session.id, "--json").stdout.count("\n") == len(session.events())


@on_both_buses
def test_the_bus_that_is_killed_costs_no_event(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    with follow(calls.user, "watch", session.id) as watch:
        wait_for("it to listen", lambda: "ongoingcallctl" in calls.user.run("busctl", "--user", "list").stdout)
        main = calls.user.unit("dbus.service", "MainPID")["MainPID"]
        calls.user.run("kill", "-KILL", main)
        wait_for("the daemon to be back", lambda: calls.ctl("status", session.id).returncode == 0)
        calls.ctl("abort", session.id, check=True)
        watch.wait_for_end()
        assert len(watch.lines) == 1 and "ended: it was aborted on this machine" in watch.lines[0]


@pytest.mark.alone
def test_a_daemon_that_was_stopped_stays_so_and_another_counts_anew(calls):
    calls.launch(command=["/bin/sleep", "1000"]).wait_until("joined")
    with follow(calls.user, "watch", "--after", "0") as watch, follow(calls.user, "status", "--follow") as status:
        watch.wait("joined")
        status.wait_last("sleep 0m")
        calls.user.systemctl("stop", "ongoingcalld")
        status.wait_last("")
        watch.wait("ended")
        assert calls.daemon() == 0
        calls.launch(command=["/bin/sleep", "1000"], title="Other")
        watch.wait("ongoingcalld was stopped; events count from 1 again")
        watch.wait("joined  “Other”")
        status.wait_last("Other 0m")


def test_a_line_for_each_change(calls):
    with follow(calls.user, "status", "--follow", "--format", "{title} {state} {muted}") as status:
        wait_for("its first line", lambda: status.lines == [""])
        # It starts no daemon.
        assert calls.daemon() == 0
        session = calls.launch(command=["/bin/sleep", "1000"], title="Nap")
        session.wait_until("joined")
        status.wait("Nap joined")
        for _ in range(5):
            daemon = calls.daemon()
            calls.user.run("kill", "-KILL", str(daemon))
            wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))
        assert session["State"] == "joined"
        session.call("Abort")
        wait_for("its end", lambda: len(status.lines) > 2 and status.lines[-1] == "")
        # What replaces a daemon is no change.
        shown = [line for line in status.lines if not line.startswith(("Nap launching", "Nap leaving"))]
        assert shown == ["", "Nap joined ", ""]


@pytest.mark.alone
def test_seconds_go_on(calls):
    calls.launch(command=["/bin/sleep", "1000"]).wait_until("joined")
    with follow(calls.user, "status", "--follow", "--format", "{elapsed}") as status:
        status.wait("0:03")
        numbers = [int(line.split(":")[1]) for line in status.lines]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


@pytest.mark.parametrize("verb", [["watch"], ["status", "--follow"]])
def test_it_ends_with_its_reader(calls, verb):
    calls.start()
    process = calls.user.spawn("ongoingcallctl", *verb, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    wait_for("it to listen", lambda: "ongoingcallctl" in calls.user.run("busctl", "--user", "list").stdout)
    process.stdout.close()
    assert process.wait(timeout=20) != 0
