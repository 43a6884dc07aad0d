# SPDX-License-Identifier: Apache-2.0
"""Calls that end before the far end knows, and engines that die before a call is joined: by an engine that does as it is
told, and writes down what that was. The files `answered` and `confirmed` are its far end."""

import time

import engines
import pytest
from booted import DeadlineExceeded, wait_for

UNCONFIRMED = "patient:somebody"


class FarEnd:
    def __init__(self, user):
        self.user = user

    def does(self, what):
        self.user.run("touch", f"{self.user.home}/{what}")

    def told(self):
        shown = self.user.run("cat", f"{self.user.home}/told", check=False).stdout
        return shown.splitlines()

    def wait_told(self, *lines):
        try:
            wait_for("it", lambda: self.told() == list(lines), 10)
        except DeadlineExceeded:
            assert self.told() == list(lines)


@pytest.fixture
def other(calls):
    engines.install(calls.user, "patient", capabilities=["resume"])
    return FarEnd(calls.user)


def kill(calls, unit):
    calls.user.systemctl("kill", "--signal", "KILL", unit)


def names(session):
    return [event["name"] for event in session.events()]


def ringing(calls):
    session = calls.launch(uri=UNCONFIRMED)
    wait_for("it to ring", lambda: "session-ringing" in names(session))
    return session


def test_a_call_that_rings_outlives_its_engine(calls, other):
    session = ringing(calls)
    for tries in range(1, 4):
        kill(calls, session["Unit"])
        other.wait_told("join None", *["join rings"] * tries)
    assert session["State"] == "launching"
    other.does("answered")
    session.wait_until("joined")
    assert names(session) == ["session-launched", "session-ringing", "session-joined"]
    other.does("confirmed")
    session.call("Abort")
    calls.assert_nothing_runs()


@pytest.mark.alone
def test_who_hangs_up_is_not_kept_waiting(calls, other):
    other.does("answered")
    session = ringing(calls)
    unit = session.wait_until("joined")["Unit"]
    started = time.monotonic()
    session.call("HangUp")
    assert time.monotonic() - started < 2
    assert (session["State"], session["EndReason"]) == ("ended", "hung-up")
    # It is no call any more, and its engine goes on.
    assert calls.live() == []
    assert calls.ctl("abort").returncode != 0
    assert calls.engine_units() == [unit]
    again = calls.launch(command=["/bin/sleep", "1000"])
    calls.call("Abort", "''")
    assert again["State"] == "ended"
    assert other.told() == ["join None", "leave"]
    other.does("confirmed")
    calls.assert_nothing_runs()
    assert names(session)[-1] == "session-left"


def test_engines_that_die_do_not_spare_the_far_end(calls, other):
    session = ringing(calls)
    unit = session["Unit"]
    session.call("Abort")
    told = ["join None", "leave"]
    for _ in range(2):
        kill(calls, unit)
        told += ["join bye ringing", "leave"]
        other.wait_told(*told)
    assert session["EndReason"] == "aborted"
    # And no more than that.
    kill(calls, unit)
    calls.assert_nothing_runs()
    assert other.told() == told


@pytest.mark.alone
@pytest.mark.parametrize("engine_too", [False, True])
def test_a_farewell_outlives_the_daemon(calls, other, engine_too):
    session = ringing(calls)
    unit = session["Unit"]
    session.call("Abort")
    also = f"; systemctl --user kill --signal KILL '{unit}'" if engine_too else ""
    calls.user.run("sh", "-c", f"kill -KILL {calls.daemon()}{also}")
    assert session["EndReason"] == "aborted"
    assert calls.engine_units() == [unit]
    again = ["join bye ringing", "leave"] if engine_too else []
    other.wait_told("join None", "leave", *again)
    other.does("confirmed")
    calls.assert_nothing_runs()
    assert names(session)[-1] == "session-left"


def test_a_daemon_that_stops_waits_for_no_far_end_that_is_silent(calls, other):
    session = ringing(calls)
    session.call("Abort")
    started = time.monotonic()
    calls.user.systemctl("stop", "ongoingcalld")
    assert time.monotonic() - started < 6
    # This one hears that, and goes by itself.
    calls.assert_nothing_runs()
