# SPDX-License-Identifier: Apache-2.0
"""The window of calls: what it shows, what its buttons do, and that no call depends on it."""

import pytest
from booted import wait_for
from callwindow import CallWindow
from farend import FarEnd


@pytest.fixture
def window(calls):
    with CallWindow(calls.user) as window:
        yield window


def call(calls, far_end, melody, **options):
    session = calls.launch(**{"uri": far_end.address, "title": "Stand-up", "engine_settings": {"play-file": melody},
                              **options})  # fmt: skip
    session.wait_until("joined")
    return session


def test_its_buttons_do_what_they_say(calls, window, far_end, melody):
    session = call(calls, far_end, melody)
    window.open()
    window.see("Stand-up")
    window.see(far_end.address.removeprefix("sip:"))
    window.see("0:0")
    window.press("Mute")
    wait_for("the call to be muted", lambda: session["Muted"])
    window.see("Muted · 0:")
    window.press("Unmute")
    wait_for("the call to be heard again", lambda: not session["Muted"])
    window.press("Hold")
    far_end.wait("held-by-caller")
    window.see("On hold · ")
    window.press("Resume")
    window.see("Hold")
    window.see("Good")
    window.see("Not encrypted")
    window.screenshot("window")
    window.press("Hang up")
    far_end.wait("bye")
    assert session.wait_until("ended")["EndReason"] == "hung-up"
    window.see("It lasted 0:")
    assert "Hang up" not in window.buttons()
    assert far_end.violations() == []
