# SPDX-License-Identifier: Apache-2.0
"""A call's name: given with the launch, changed later, taken for the ID by every verb, and known to the next daemon."""

import json

import pytest
from booted import wait_for
from calls import BusError
from windows import Window


def test_a_name_in_place_of_the_id(calls):
    launch = calls.ctl("launch", "--json", "--detach", "--name", "work", "--terminal", "--", "/bin/sh", "-c",
                       "echo ready; exec cat", check=True)  # fmt: skip
    identifier = json.loads(launch.stdout)["session"]["id"]
    session = calls.session(identifier)
    session.wait_until("joined")
    assert session["Name"] == "work"
    assert calls.ctl_json("status", "work")["session"]["id"] == identifier
    with Window(calls.user, "attach", "work") as view:
        view.read_until(r"\[work sh: ")
        # Of the program: from now on, what is typed is.
        view.read_until("ready")
        view.type(b"\x1cd")
        view.read_until(r"\[detached from work")
        assert view.end() == 0
    second = calls.ctl("launch", "--detach", "--name", "work", "--", "/bin/sleep", "1000")
    assert second.returncode == 64 and f"--name: the call {identifier} has this name" in second.stderr
    assert calls.live() == [identifier]

    assert calls.ctl("rename", "work", "play", check=True).stdout == f"{identifier} is now named play\n"
    assert calls.ctl("status", "work").returncode == 66
    daemon = calls.daemon()
    calls.user.run("kill", "-KILL", str(daemon))
    wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))
    assert calls.ctl_json("status", "play")["session"]["name"] == "play"
    # The first name is another call's now.
    other = calls.launch(command=["/bin/sleep", "1000"], name="work")
    with pytest.raises(BusError) as refusal:
        session.call("SetName", "'work'")
    assert refusal.value.kind == "InvalidOption" and other.id in refusal.value.message

    assert f"{identifier} ended: aborted" in calls.ctl("abort", "play", check=True).stdout
    assert calls.ctl_json("why", "play")["call"]["id"] == identifier
    late = calls.ctl("rename", "play", "late")
    assert late.returncode == 1 and late.stderr == (
        f"ongoingcallctl: the call {identifier} has ended\n  “ongoingcallctl why {identifier}” explains its end\n")
    calls.ctl("abort", "work", check=True)
    assert calls.live() == []
