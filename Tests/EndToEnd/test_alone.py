# SPDX-License-Identifier: Apache-2.0
"""Calls that nobody else is in, and calls that nobody on this side watches over."""

import re
import signal

from booted import SOUND_AGAIN, wait_for
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


def stop_daemon_for_good(calls):
    """The one fault that nobody else notices: a daemon that hangs, held by a debugger, without its watchdog."""
    calls.user.systemctl("kill", "--signal", "STOP", "ongoingcalld")


def allow_hanging(calls):
    calls.user.install(NO_WATCHDOG, ".config/systemd/user/ongoingcalld.service.d/debugger.conf")
    calls.user.systemctl("daemon-reload")


def wait_for_word_of_absence(calls, unit):
    """What an engine says when its lease is over and it goes on; returns it."""
    def said():
        entries = calls.user.journal.entries(f"--unit={unit}")
        return next((entry["MESSAGE"] for entry in entries if "lost contact with ongoingcalld" in entry["MESSAGE"]), None)

    return wait_for("the engine to miss the daemon", said, seconds=90)


def test_a_conversation_goes_on_without_a_daemon_and_can_be_ended(calls, far_end, melody):
    allow_hanging(calls)
    session, unit = call(calls, far_end, melody)
    stop_daemon_for_good(calls)
    far_end.reset()
    way = re.search("systemctl --user stop '(.*)'", wait_for_word_of_absence(calls, unit))[1]
    assert session.id in way
    heard = far_end.hear(packets=100)
    assert (heard["lost"], heard["calls"]) == (0, 1)
    assert heard["longest-gap-ms"] <= SOUND_AGAIN
    # Word by word as it is said.
    calls.user.systemctl("stop", way)
    far_end.wait("bye")
    calls.assert_nothing_runs()
    calls.user.systemctl("kill", "--signal", "CONT", "ongoingcalld")
    assert session.wait_until("ended")["EndReason"] == "hung-up"


def test_an_engine_that_hears_neither_a_daemon_nor_the_far_end_leaves(calls, far_end, melody):
    allow_hanging(calls)
    session, unit = call(calls, far_end, melody)
    stop_daemon_for_good(calls)
    wait_for_word_of_absence(calls, unit)
    # It is there, and says nothing any more.
    far_end.process.send_signal(signal.SIGSTOP)
    wait_for("the engine to leave", lambda: calls.user.unit(unit, "ActiveState")["ActiveState"] != "active", 150)
    far_end.process.send_signal(signal.SIGCONT)
    calls.user.systemctl("kill", "--signal", "CONT", "ongoingcalld")
    values = session.wait_until("ended")
    assert (values["EndReason"], names(session)[-1]) == ("lease-expired", "connection-closed")
