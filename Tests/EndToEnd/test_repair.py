# SPDX-License-Identifier: Apache-2.0
"""An engine that crashes or hangs is replaced, and its call goes on; a daemon that is stopped leaves no ghost."""

import pytest
from booted import SOUND_AGAIN, wait_for
from buses import on_both_buses

pytestmark = on_both_buses


def names(session):
    return [event["name"] for event in session.events()]


def reasons(session):
    return [event["details"].get("reason") for event in session.events() if event["name"] == "connection-lost"]


def call(calls, far_end, melody):
    session = calls.launch(uri=far_end.address, title="Stand-up", engine_settings={"play-file": melody})
    unit = session.wait_until("joined")["Unit"]
    far_end.hear(packets=25)
    return session, unit


def kill(calls, unit, signal):
    calls.user.systemctl("kill", "--signal", signal, unit)


def wait_for_repair(session, times):
    wait_for("the connection to be restored",
             lambda: names(session).count("connection-restored") == times and session["State"] == "joined", 30)


@pytest.mark.alone
def test_an_engine_that_crashes_is_replaced(calls, far_end, melody):
    session, unit = call(calls, far_end, melody)
    before = session.properties()
    far_end.reset()
    kill(calls, unit, "KILL")
    wait_for_repair(session, 1)
    heard = far_end.hear(packets=50)
    # Taken up again in the same call: the far end has never had another.
    assert heard["calls"] == 1
    assert heard["longest-gap-ms"] <= SOUND_AGAIN
    after = session.properties()
    kept = ("Id", "Title", "Uri", "Unit", "LaunchedAt", "JoinedAt", "Muted", "OnHold")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert names(session)[-2:] == ["connection-lost", "connection-restored"]
    assert reasons(session) == ["engine-crash"]
    assert calls.ctl("abort").returncode == 0
    far_end.wait("bye")
    wait_for("no call to be left at the far end", lambda: far_end.stats()["calls"] == 0)


def test_an_engine_that_hangs_is_replaced(calls, far_end, melody):
    session, unit = call(calls, far_end, melody)
    kill(calls, unit, "STOP")
    wait_for_repair(session, 1)
    assert far_end.hear(packets=50)["calls"] == 1
    assert reasons(session) == ["engine-hang"]
    session.call("Abort")
    wait_for("no call to be left at the far end", lambda: far_end.stats()["calls"] == 0)


def test_what_the_user_has_set_outlives_the_engine(calls, far_end, melody):
    session, unit = call(calls, far_end, melody)
    session.call("SetMuted", "true")
    wait_for("the microphone to be off", lambda: session["Muted"])
    kill(calls, unit, "KILL")
    wait_for_repair(session, 1)
    assert session["Muted"] is True
    session.call("Abort")


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
def test_what_is_set_while_the_engine_is_gone_holds(calls, far_end, melody, signal):
    session, unit = call(calls, far_end, melody)
    # The engine that follows one that is killed has to wait for the far end.
    far_end.tell("ignore")
    kill(calls, unit, signal)
    if signal == "KILL":
        wait_for("the loss to be known", lambda: session["State"] == "reconnecting")
    session.call("SetMuted", "true")
    session.call("SetOnHold", "true")
    far_end.tell("heed")
    wait_for_repair(session, 1)
    wait_for("both", lambda: (session["Muted"], session["OnHold"]) == (True, True))
    # The last one counts.
    session.call("SetOnHold", "false")
    wait_for("the far end to be back", lambda: session["OnHold"] is False)
    assert session["Muted"] is True
    session.call("Abort")


@pytest.mark.parametrize("signal", ["KILL", "STOP"])
def test_an_abort_while_the_engine_is_gone_leaves_no_ghost(calls, far_end, melody, signal):
    session, unit = call(calls, far_end, melody)
    kill(calls, unit, signal)
    session.call("Abort")
    assert session["EndReason"] == "aborted"
    calls.assert_nothing_runs()
    wait_for("no call to be left at the far end", lambda: far_end.stats()["calls"] == 0)


def test_a_call_whose_engine_and_daemon_are_killed_at_once_goes_on(calls, far_end, melody):
    session, unit = call(calls, far_end, melody)
    calls.user.run("sh", "-c", f"kill -KILL {calls.daemon()}; systemctl --user kill --signal KILL '{unit}'")
    wait_for_repair(session, 1)
    assert far_end.hear(packets=50)["calls"] == 1
    sequence = [event["sequence"] for event in session.events()]
    assert sequence == list(range(1, len(sequence) + 1))
    session.call("Abort")
    wait_for("no call to be left at the far end", lambda: far_end.stats()["calls"] == 0)


def test_a_program_that_is_killed_is_not_run_again(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    kill(calls, session.wait_until("joined")["Unit"], "KILL")
    assert session.wait_until("ended")["EndReason"] == "engine-failed"
    calls.assert_nothing_runs()


def test_a_daemon_that_is_stopped_ends_its_calls_and_says_so(calls, far_end, melody):
    session, _ = call(calls, far_end, melody)
    calls.user.systemctl("stop", "ongoingcalld")
    far_end.wait("bye")
    calls.assert_nothing_runs()
    last = [entry for entry in calls.journal_of(session.id) if "ONGOINGCALL_EVENT" in entry][-1]
    assert (last["ONGOINGCALL_EVENT"], last["ONGOINGCALL_REASON"]) == ("session-left", "aborted")
    assert any("stopping for good" in entry["MESSAGE"] for entry in calls.journal())


@pytest.mark.alone
def test_the_bus_is_killed_and_the_call_goes_on(calls, far_end, melody):
    session, _ = call(calls, far_end, melody)
    far_end.reset()
    calls.user.systemctl("kill", "--signal", "KILL", "dbus.service")
    heard = far_end.hear(packets=100)
    assert (heard["lost"], heard["calls"]) == (0, 1)
    assert heard["longest-gap-ms"] < 100
    wait_for("the daemon to be back", lambda: calls.ctl("status", session.id).returncode == 0, 30)
    assert session["State"] == "joined"
    session.call("Abort")
    far_end.wait("bye")
