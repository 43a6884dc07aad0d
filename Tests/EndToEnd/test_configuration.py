# SPDX-License-Identifier: Apache-2.0
"""ongoingcalld.conf: where it is read, when, and what becomes of mistakes in it."""

import json

from booted import wait_for
from test_linger import SLEEP, lingers

OWN = ".config/ongoingcall/ongoingcalld.conf"


def spec(calls, session):
    """What a session was launched with."""
    sessions = json.loads(calls.call("Describe")[0])["sessions"]
    return next(record["spec"] for record in sessions if record["id"] == session.id)


def launched(calls, **options):
    session = calls.launch(command=SLEEP, **options)
    found = spec(calls, session)
    session.call("Abort")
    return found


def test_it_is_read_at_the_start(calls):
    calls.user.install("[Calls]\nLaunchTimeoutSec=7\n", OWN)
    calls.user.install("[Calls]\nAloneTimeoutSec=1min\n", OWN + ".d/50-alone.conf")
    found = launched(calls)
    assert (found["launchTimeout"], found["aloneTimeout"], found["reconnectTimeout"]) == (7, 60, 60)


def test_it_is_read_again_at_a_reload(calls):
    session = calls.launch(command=SLEEP)
    daemon = calls.daemon()
    calls.user.install("[Calls]\nReconnectTimeoutSec=9\n", OWN)
    calls.user.systemctl("reload", "ongoingcalld")
    wait_for("it to be read", lambda: any("configuration again" in entry["MESSAGE"] for entry in calls.journal()))
    assert calls.user.unit("ongoingcalld", "ActiveState", "MainPID") == {
        "ActiveState": "active", "MainPID": str(daemon)}  # fmt: skip
    assert launched(calls)["reconnectTimeout"] == 9
    # What goes on goes on as it was launched.
    assert spec(calls, session)["reconnectTimeout"] == 60
    session.call("Abort")


def test_mistakes_are_told_and_left_out(calls):
    calls.user.install("[Calls]\nLinger=perhaps\nColour=red\nLaunchTimeoutSec=8\n[Cals]\nLinger=yes\n", OWN)
    assert launched(calls)["launchTimeout"] == 8
    warnings = [entry for entry in calls.journal() if "CONFIG_FILE" in entry]
    assert {entry["CONFIG_FILE"] for entry in warnings} == {f"{calls.user.home}/{OWN}"}
    assert [entry["CONFIG_LINE"] for entry in warnings] == ["2", "3", "6"]
    assert {entry["PRIORITY"] for entry in warnings} == {"4"}


def test_what_is_installed_is_read_and_changes_nothing(calls):
    installed = calls.user.bed.path("/usr/local/share/ongoingcall/ongoingcalld.conf")
    assert "#Linger=no" in installed.read_text()
    assert not launched(calls)["lingers"]
    assert [entry for entry in calls.journal() if "CONFIG_FILE" in entry] == []


def test_lingering_can_be_the_default(visitor):
    from calls import Calls

    visitor.install("[Calls]\nLinger=yes\n", OWN)
    with visitor.login():
        calls = Calls(visitor)
        calls.launch(command=SLEEP)
        assert lingers(visitor)
        calls.ctl("abort", check=True)
        wait_for("lingering to be off again", lambda: not lingers(visitor))
        assert calls.ctl("launch", "--no-linger", "--", "sleep", "1000").returncode == 0
        assert not lingers(visitor)
        calls.ctl("abort", check=True)
