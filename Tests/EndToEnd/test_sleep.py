# SPDX-License-Identifier: Apache-2.0
"""The machine sleeps and wakes, with a real logind, while calls live."""

import pytest
from booted import Sleep, wait_for
from buses import on_both_buses
from farend import FarEnd, now
from inhibitors import BLOCK, DELAYS, IDLE, LID, inhibitors
from test_repair import call, kill, names, reasons, wait_for_repair

SLEPT = ["connection-lost", "connection-restored"]


@pytest.fixture
def sleep(bed):
    return Sleep(bed)


def settled(calls):
    wait_for("sleep and shutdown to be delayed", lambda: DELAYS <= inhibitors(calls.user))


def test_what_keeps_the_machine_awake_is_there_as_long_as_the_call(calls, far_end, melody):
    assert inhibitors(calls.user) == set()
    session, _ = call(calls, far_end, melody)
    # To block sleep takes a seat by default, and here is none.
    wait_for("the inhibitors", lambda: inhibitors(calls.user) == {*DELAYS, IDLE})
    session.call("HangUp")
    wait_for("no inhibitor to be left", lambda: not inhibitors(calls.user))


def permit(bed, user, action):
    rule = f'action.id == "org.freedesktop.login1.{action}" && subject.user == "{user.name}"'
    bed.install(f"polkit.addRule(function(action, subject) {{ if ({rule}) return polkit.Result.YES; }});\n",
                f"/etc/polkit-1/rules.d/{user.name}.rules")  # fmt: skip
    bed.run("systemctl", "restart", "polkit")


def test_sleep_is_blocked_where_policy_grants_it(bed, calls, far_end, melody):
    permit(bed, calls.user, "inhibit-block-sleep")
    session, _ = call(calls, far_end, melody)
    wait_for("the inhibitors", lambda: inhibitors(calls.user) == {*DELAYS, IDLE, BLOCK})
    session.call("HangUp")
    wait_for("no inhibitor to be left", lambda: not inhibitors(calls.user))


def test_a_closed_lid_is_ignored_for_who_wants_that(bed, calls, far_end):
    permit(bed, calls.user, "inhibit-handle-lid-switch")
    said = calls.ctl("launch", far_end.address, "--wait", "--inhibit-lid-switch", check=True).stdout
    wait_for("the inhibitors", lambda: inhibitors(calls.user) == {*DELAYS, IDLE, LID})
    calls.ctl("hangup", said.split()[0], check=True)
    wait_for("no inhibitor to be left", lambda: not inhibitors(calls.user))


def test_who_does_not_want_it_does_not_keep_the_machine_awake(calls, far_end, melody):
    session = calls.launch(uri=far_end.address, inhibit_sleep=False, engine_settings={"play-file": melody})
    session.wait_until("joined")
    far_end.hear(packets=25)
    settled(calls)
    assert inhibitors(calls.user) == DELAYS
    session.call("HangUp")


@on_both_buses
def test_a_call_sleeps_with_the_machine_and_wakes_with_it(calls, far_end, melody, sleep):
    session, _ = call(calls, far_end, melody)
    settled(calls)
    joined = now()
    with sleep.asleep():
        told = far_end.wait("held-by-caller")["at"]
        assert told < now()
        assert calls.said("no longer needs to wait: every far end has been told")
        wait_for("nothing to be sent", lambda: far_end.stats()["since-last-ms"] > 500)
    woken = now()
    wait_for_repair(session, 1)
    print(f"restored {now() - woken:.0f} ms after the machine had woken")
    heard = far_end.hear(packets=50)
    assert heard["calls"] == 1
    # Nothing is said of the hold: the user has not wanted it.
    assert names(session)[-3:] == ["session-joined", *SLEPT]
    assert reasons(session) == ["suspend"]
    assert session["OnHold"] is False
    assert session["Duration"] >= (woken - joined) * 1000
    wait_for("sleep to be delayed again", lambda: DELAYS <= inhibitors(calls.user))
    session.call("HangUp")


def test_a_far_end_that_does_not_answer_does_not_keep_the_machine_awake(calls, far_end, melody, sleep):
    session, _ = call(calls, far_end, melody)
    settled(calls)
    far_end.tell("ignore")
    with sleep.asleep():
        assert calls.said("no longer needs to wait: timed out")
        far_end.tell("heed")
    wait_for_repair(session, 1)
    far_end.hear(packets=50)
    wait_for("the call to be as it was", lambda: not session["OnHold"])
    session.call("HangUp")


def test_a_call_that_the_user_holds_stays_on_hold(calls, far_end, melody, sleep):
    session, _ = call(calls, far_end, melody)
    settled(calls)
    session.call("SetOnHold", "true")
    wait_for("the hold", lambda: session["OnHold"])
    with sleep.asleep():
        pass
    wait_for_repair(session, 1)
    assert session["OnHold"] is True
    assert names(session)[-3:] == ["on-hold-changed", *SLEPT]
    session.call("SetOnHold", "false")
    far_end.hear(packets=25)
    session.call("HangUp")


def test_a_program_sleeps_and_wakes_without_more_ado(calls, sleep):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    settled(calls)
    with sleep.asleep():
        assert calls.said("no longer needs to wait: every far end has been told")
    wait_for_repair(session, 1)
    session.call("Abort")


def test_two_calls_sleep_at_once(calls, far_end, melody, sleep):
    with FarEnd() as other:
        sessions = [call(calls, end, melody)[0] for end in (far_end, other)]
        settled(calls)
        with sleep.asleep():
            for end in (far_end, other):
                end.wait("held-by-caller")
        for session, end in zip(sessions, (far_end, other)):
            wait_for_repair(session, 1)
            end.hear(packets=25)
            session.call("HangUp")


def test_a_call_that_rings_sleeps_too(calls, melody, sleep):
    with FarEnd("--answer-after", "2000") as far_end:
        session = calls.launch(uri=far_end.address, engine_settings={"play-file": melody})
        wait_for("it to ring", lambda: "session-ringing" in names(session))
        settled(calls)
        with sleep.asleep():
            assert far_end.wait("answered")
        session.wait_until("joined")
        far_end.hear(packets=25)
        assert names(session) == ["session-launched", "session-ringing", "session-joined"]
        session.call("HangUp")


@pytest.mark.alone
def test_the_machine_sleeps_while_another_engine_takes_over(calls, far_end, melody, sleep):
    session, unit = call(calls, far_end, melody)
    settled(calls)
    # Without its answer the takeover cannot be over before the machine sleeps.
    far_end.tell("ignore")
    kill(calls, unit, "KILL")
    with sleep.asleep():
        far_end.tell("heed")
    wait_for_repair(session, 1)
    assert far_end.hear(packets=50)["calls"] == 1
    assert reasons(session) == ["engine-crash"]
    session.call("HangUp")


def test_a_far_end_that_hangs_up_meanwhile_is_gone(calls, far_end, melody, sleep):
    session, _ = call(calls, far_end, melody)
    settled(calls)
    with sleep.asleep():
        far_end.tell("hangup")
        far_end.wait("bye")
    assert session.wait_until("ended")["EndReason"] == "removed"
    calls.assert_nothing_runs()


# The daemon dies meanwhile


@on_both_buses
def test_a_daemon_that_dies_asleep_is_followed_by_one_that_knows(calls, far_end, melody, sleep):
    session, _ = call(calls, far_end, melody)
    settled(calls)
    daemon = calls.daemon()
    with sleep.asleep():
        calls.user.bed.run("kill", "-KILL", daemon)
    wait_for_repair(session, 1)
    assert calls.daemon() != daemon
    assert far_end.hear(packets=50)["calls"] == 1
    assert names(session)[-3:] == ["session-joined", *SLEPT]
    session.call("HangUp")


def test_a_daemon_that_dies_before_the_machine_sleeps_is_followed_by_one_that_knows(calls, far_end, melody, sleep):
    session, _ = call(calls, far_end, melody)
    settled(calls)
    daemon = calls.daemon()
    with sleep.delayed() as others:
        sleep.begin()
        wait_for("the machine to be about to sleep", lambda: names(session)[-1] == "connection-lost")
        calls.user.run("kill", "-KILL", daemon)
        wait_for("another daemon", lambda: session["State"] == "reconnecting" and calls.daemon() != daemon)
        others.end()
        sleep.wait_until_asleep()
        far_end.wait("held-by-caller")
        sleep.wake()
    wait_for_repair(session, 1)
    assert far_end.hear(packets=50)["calls"] == 1
    assert names(session)[-3:] == ["session-joined", *SLEPT]
    session.call("HangUp")
