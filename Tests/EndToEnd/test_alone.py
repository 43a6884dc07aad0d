# SPDX-License-Identifier: Apache-2.0
"""Calls that nobody else is in, and calls that nobody on this side watches over."""

from booted import wait_for
from gvariant import Typed
from test_repair import call, names

NO_WATCHDOG = "[Service]\nWatchdogSec=0\n"


ALONE = 1
"""Seconds in which a far end that is absent would end the call."""


def test_a_far_end_that_holds_the_call_is_no_absence(calls, far_end, melody):
    """It plays music, and listens to nothing: as long as it likes."""
    session = calls.launch(
        uri=far_end.address, alone_timeout=Typed("uint32", ALONE), engine_settings={"play-file": melody})
    session.wait_until("joined")
    far_end.hear(packets=25)
    far_end.tell("hold")
    far_end.wait("held")
    wait_for("the sound to be counted", lambda: "received" in session["Media"])
    enough = session["Media"]["received"] + 50 * (ALONE + 2)
    wait_for("music of more than the time", lambda: session["Media"]["received"] > enough)
    assert (session["State"], names(session)[-1]) == ("joined", "session-joined")
    far_end.tell("unhold")
    far_end.hear(packets=100)
    session.call("HangUp")
    assert session.wait_until("ended")["EndReason"] == "hung-up"


def test_an_engine_whose_daemon_is_given_up_leaves(calls, far_end, melody):
    call(calls, far_end, melody)
    calls.user.systemctl("mask", "--runtime", "ongoingcalld")
    calls.user.systemctl("kill", "--signal", "KILL", "ongoingcalld")
    far_end.wait("bye")
    calls.assert_nothing_runs()


def test_an_engine_whose_daemon_cannot_start_any_more_leaves(calls, far_end, melody):
    calls.user.install("[Unit]\nStartLimitBurst=1\n", ".config/systemd/user/ongoingcalld.service.d/limit.conf")
    calls.user.systemctl("daemon-reload")
    call(calls, far_end, melody)
    calls.user.systemctl("kill", "--signal", "KILL", "ongoingcalld")
    wait_for("the daemon to be given up", lambda: calls.user.unit("ongoingcalld", "ActiveState") == {"ActiveState": "failed"})
    far_end.wait("bye")
    calls.assert_nothing_runs()


def test_an_engine_that_hears_of_no_daemon_leaves_when_its_lease_is_over(calls, far_end, melody):
    """The one fault that nobody else notices: a daemon that hangs, held by a debugger, without its watchdog."""
    calls.user.install(NO_WATCHDOG, ".config/systemd/user/ongoingcalld.service.d/debugger.conf")
    calls.user.systemctl("daemon-reload")
    session, _ = call(calls, far_end, melody)
    calls.user.systemctl("kill", "--signal", "STOP", "ongoingcalld")
    far_end.wait("bye", seconds=120)
    calls.assert_nothing_runs()
    calls.user.systemctl("kill", "--signal", "CONT", "ongoingcalld")
    values = session.wait_until("ended")
    assert (values["EndReason"], names(session)[-1]) == ("lease-expired", "connection-closed")
