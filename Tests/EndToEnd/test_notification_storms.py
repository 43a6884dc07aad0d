# SPDX-License-Identifier: Apache-2.0
"""A notification server that is broken or hostile says everything without end: no call, no client and not the daemon has
anything of it."""

import time

import pytest
from booted import wait_for
from buses import on_both_buses
from notifications.desktop import Desktop
from test_repair import call, names

pytestmark = on_both_buses
PRESSES = 100_000
# What the bus has taken from the server before a call is in front of it, and takes a second or two on a machine of its
# own. Less than the watchdog waits.
AT_MOST = 10


@pytest.fixture
def desktop(calls):
    with Desktop(calls.user) as desktop:
        yield desktop


def assert_unharmed(calls, far_end, session, daemon, lines):
    assert calls.daemon() == daemon
    assert session["State"] == "joined" and "connection-lost" not in names(session)
    far_end.hear(packets=25)
    assert len(calls.journal()) - lines < 300


@pytest.mark.alone
@pytest.mark.parametrize(
    ("keys", "begun", "last", "told"),
    [
        (("unmute.{}", "mute.{}"), "muted-changed", "return.{}", "return-requested"),
        (("default", "app-x.{}"), "return-requested", "mute.{}", "muted-changed"),
    ],
    ids=["mute", "return"],
)
def test_buttons_that_are_pressed_without_end(calls, desktop, far_end, melody, keys, begun, last, told):
    session, _ = call(calls, far_end, melody)
    shown = desktop.wait("notify", body="Since ")
    other = calls.launch(command=["/bin/sleep", "1000"])
    other.wait_until("joined")
    daemon, lines = calls.daemon(), len(calls.journal())
    desktop.storm(shown, *(key.format(session.id) for key in keys), presses=PRESSES)
    wait_for("the storm to have begun", lambda: begun in names(session), 60)
    started = time.monotonic()
    other.call("HangUp")
    took = time.monotonic() - started
    desktop.wait("stormed", seconds=120)
    # What is pressed last comes last.
    desktop.press(shown, last.format(session.id))
    wait_for("the last press to be told of", lambda: told in names(session), 60)
    wait_for("the microphone to be shut", lambda: session["Muted"])
    print(f"HangUp took {took:.2f} s; {len(calls.journal()) - lines} lines, {len(session.events())} events")
    assert took < AT_MOST
    assert_unharmed(calls, far_end, session, daemon, lines)
    assert session["Muted"]
    assert any("times before without effect" in entry["MESSAGE"] for entry in calls.journal())


def test_a_server_that_leaves_and_comes_back_without_end(calls, desktop, far_end, melody):
    session, _ = call(calls, far_end, melody)
    shown = desktop.wait("notify", body="Since ")
    daemon, lines = calls.daemon(), len(calls.journal())
    desktop.storm(shown, departures=5000)
    desktop.wait("stormed", seconds=120)
    posts = len(desktop.events)
    calls.ctl("mute", check=True)
    wait_for("it to be shown", lambda: any(event["event"] == "notify" and event["body"].startswith("Muted · ")
                                           for event in desktop.events[posts:]))  # fmt: skip
    assert_unharmed(calls, far_end, session, daemon, lines)
    named = [entry["MESSAGE"] for entry in calls.journal() if "the notification server is " in entry["MESSAGE"]]
    assert named and not any("\u202e" in line for line in named)
