# SPDX-License-Identifier: Apache-2.0
"""Hanging up in the notification, and what a user is told when a call ends."""

import json

import pytest
from booted import wait_for
from notifications import Desktop
from engines import install

TERMINAL = {"session-left", "session-timed-out", "connection-closed", "launch-failed"}


@pytest.fixture
def desktop(calls):
    with Desktop(calls.user) as desktop:
        yield desktop


def call(calls, far_end, melody, desktop):
    session = calls.launch(uri=far_end.address, title="Stand-up", engine_settings={"play-file": melody})
    session.wait_until("joined")
    far_end.hear(packets=25)
    return session, desktop.wait("notify", summary="Stand-up", body="Since")


def ends(session):
    return [event["details"]["reason"] for event in session.events() if event["name"] in TERMINAL]


def test_hung_up_twice_the_far_end_hears_it_once(calls, far_end, melody, desktop):
    session, notification = call(calls, far_end, melody, desktop)
    for _ in range(2):
        desktop.press(notification, f"hang-up.{session.id}")
    far_end.wait("bye")
    session.wait_until("ended")
    desktop.wait("close", id=notification["id"])
    assert ends(session) == ["hung-up"]
    assert sum(event["event"] == "bye" for event in far_end.events) == 1
    # It was wanted: there is nothing to tell.
    calls.assert_nothing_runs()
    assert desktop.shown() == {}


def test_hung_up_on_both_sides_at_once_it_ends_once(calls, far_end, melody, desktop):
    session, notification = call(calls, far_end, melody, desktop)
    far_end.process.stdin.write("hangup\n")
    desktop.press(notification, f"hang-up.{session.id}")
    session.wait_until("ended")
    calls.assert_nothing_runs()
    assert ends(session) in (["hung-up"], ["removed"])
    desktop.wait("close", id=notification["id"])
    wait_for("no call to be left at the far end", lambda: far_end.stats()["calls"] == 0)


def dropped(calls, desktop):
    """A program that is killed; and the notice of it."""
    answer = calls.ctl("launch", "--json", "--title", "Pair talk", "--", "/bin/sleep", "1000", check=True)
    session = calls.session(json.loads(answer.stdout)["session"]["id"])
    notification = desktop.wait("notify", summary="Pair talk", body="Since")
    calls.user.systemctl("kill", "--signal", "KILL", session["Unit"])
    desktop.wait("close", id=notification["id"])
    return session, desktop.wait("notify", summary="Call dropped")


def test_a_dropped_call_is_told_and_called_again_by_the_next_daemon(calls, desktop):
    session, notice = dropped(calls, desktop)
    assert notice["summary"] == "Call dropped: Pair talk"
    assert notice["body"].startswith("The program that carried the call failed.\nIt lasted 0:")
    assert notice["actions"] == [f"call-again.{session.id}"]
    assert notice["hints"]["category"] == "call.ended" and "transient" not in notice["hints"]
    assert notice["expires"] == 0
    seen = len(desktop.events)
    calls.user.systemctl("kill", "--signal", "KILL", "ongoingcalld")
    # The new one knows it, and puts it in its place.
    wait_for("the notice to be posted again", lambda: any(
        event["event"] == "notify" and event["id"] == notice["id"] for event in desktop.events[seen:]))  # fmt: skip
    for _ in range(2):
        desktop.press(notice, f"call-again.{session.id}")
    desktop.wait("close", id=notice["id"])
    (again,) = wait_for("the call to be there again", calls.live)
    shown = calls.session(again).wait_until("joined")
    assert shown["Title"] == "Pair talk" and again != session.id
    assert calls.live() == [again]
    calls.ctl("abort", check=True)


def test_a_daemon_that_is_stopped_takes_its_notices_with_it(calls, desktop):
    _, notice = dropped(calls, desktop)
    calls.user.systemctl("stop", "ongoingcalld")
    desktop.wait("close", id=notice["id"])
    assert desktop.shown() == {}


def test_a_call_that_never_came_about_is_told(calls, desktop):
    install(calls.user, "gone")
    calls.launch(uri="gone:somebody", title="Stand-up")
    told = desktop.wait("notify", summary="Call failed")
    assert told["summary"] == "Call failed: Stand-up"
    assert told["body"] == "The program that carried the call failed."
    assert told["expires"] == 0 and len(told["actions"]) == 1
    calls.assert_nothing_runs()


def test_an_end_that_was_wanted_is_told_where_the_user_wants_that(calls, desktop):
    calls.user.install("[Notifications]\nCallEnded=yes\n", ".config/ongoingcall/ongoingcalld.conf")
    calls.start()
    calls.launch(command=["/bin/true"], title="Pair talk")
    told = desktop.wait("notify", summary="Call ended")
    assert told["summary"] == "Call ended: Pair talk"
    assert told["body"].startswith("The program exited.\nIt lasted 0:0")
    assert told["hints"]["transient"] is True and told["expires"] == -1 and told["actions"] == []


def test_a_server_without_buttons_is_told_how_to_call_again(calls):
    with Desktop(calls.user, "body", "body-markup") as desktop:
        _, notice = dropped(calls, desktop)
        assert notice["body"].endswith("To call again: ongoingcallctl launch -- /bin/sleep 1000")
        assert notice["actions"] == []
