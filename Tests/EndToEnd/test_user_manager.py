# SPDX-License-Identifier: Apache-2.0
"""The user's service manager is killed: all that it has started is killed with it, and the next one begins anew."""

from booted import wait_for
from calls import Calls
from test_linger import lingers, notes
from test_repair import call, reasons, wait_for_repair


def kill_manager(user):
    """Returns when nothing of the user runs any more; its unit."""
    run, unit = user.bed.run, f"user@{user.uid}.service"
    run("kill", "-KILL", run("systemctl", "show", unit, "--property=MainPID", "--value").stdout.strip())
    wait_for("it to be given up", lambda: run("systemctl", "is-failed", unit, check=False).stdout == "failed\n")
    wait_for("its calls to be gone",
             lambda: not run("pgrep", "--uid", user.name, "--full", "ongoingcall", check=False).stdout)  # fmt: skip
    return unit


def test_its_calls_are_gone_or_called_back_as_far_as_the_next_one_can_know(calls, far_end, melody):
    user = calls.user
    session, _ = call(calls, far_end, melody)
    program = calls.launch(command=["/bin/sleep", "1000"])
    program.wait_until("joined")
    user.bed.run("systemctl", "start", kill_manager(user))
    assert calls.live() == [] and calls.engine_units() == []
    # The login manager of systemd 257 leaves the user's runtime folder, and with it the records, to the next one.
    if user.bed.path(f"/run/user/{user.uid}/ongoingcalld/sessions").exists():
        calls.start()
        wait_for_repair(session, 1)
        assert reasons(session) == ["engine-crash"] and program["EndReason"] == "engine-failed"
    else:
        assert calls.events() == []
        # No word of what is no fault of its own.
        assert [entry for entry in calls.journal("--boot", "--lines=3") if int(entry["PRIORITY"]) <= 4] == []
        session, _ = call(calls, far_end, melody)
    assert session["State"] == "joined" and len(calls.live()) == 1
    assert calls.ctl("abort").returncode == 0
    far_end.wait("bye")


def test_lingering_is_put_back_by_the_next_one(visitor):
    with visitor.login():
        calls = Calls(visitor)
        calls.launch(command=["/bin/sleep", "1000"], linger=True).wait_until("joined")
        assert lingers(visitor) and notes(visitor)
        # As at boot, where nobody has called the daemon: what starts the managers of those who linger.
        visitor.bed.run("systemctl", "start", kill_manager(visitor))
        wait_for("lingering to be off again", lambda: not lingers(visitor) and not notes(visitor))
