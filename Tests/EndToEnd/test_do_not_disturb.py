# SPDX-License-Identifier: Apache-2.0
"""What the user's desktop holds back: told where a desktop says so only in its settings, and asked for by the daemon."""

import pytest
from booted import wait_for
from calls import UNIT
from notifications import Desktop

CONFIGURATION = ".config/ongoingcall/ongoingcalld.conf"
# As GNOME's settings do it, with the real library.
SET = """
import sys
from gi.repository import Gio
schema, path, key, value = sys.argv[1:]
settings = Gio.Settings.new_with_path(schema, path) if path else Gio.Settings.new(schema)
settings.set_boolean(key, value == "true")
Gio.Settings.sync()
"""
OWN = "/org/gnome/desktop/notifications/application/org-ongoingcall-ongoingcall/"


def set_flag(user, key, value, schema="org.gnome.desktop.notifications", path=""):
    user.run("/usr/bin/python3", "-c", SET, schema, path, key, str(value).lower())


def test_what_gnome_holds_back_is_told(calls):
    def wait_until_told(what):
        wait_for(what, lambda: f"notification {what} gnome-shell" in calls.ctl("status").stdout)

    with Desktop(calls.user, name="gnome-shell") as desktop:
        calls.launch(command=["/bin/sleep", "1000"])
        desktop.wait("notify", body="Since")
        # Nothing was ever set.
        wait_until_told("shown by")
        for turn in [{"key": "show-banners"},
                     {"key": "enable", "schema": "org.gnome.desktop.notifications.application", "path": OWN}]:  # fmt: skip
            set_flag(calls.user, value=False, **turn)
            wait_until_told("held back by")
            # A setting of others changes nothing.
            set_flag(calls.user, "show-in-lock-screen", False)
            set_flag(calls.user, value=True, **turn)
            wait_until_told("shown by")
        set_flag(calls.user, "show-banners", False)
        wait_until_told("held back by")
        # The next daemon reads it.
        killed = calls.daemon()
        calls.user.systemctl("kill", "--signal=KILL", UNIT)
        wait_for("the next daemon", lambda: calls.daemon() not in (0, killed))
        wait_until_told("held back by")


@pytest.mark.parametrize("asked", [True, False])
def test_others_are_held_back_during_a_call_where_that_is_wanted(calls, far_end, melody, asked):
    if asked:
        calls.user.install("[Notifications]\nDoNotDisturb=yes\n", CONFIGURATION)

    def told(*events):
        return [event for event in desktop.events if event["event"] in events]

    with Desktop(calls.user, "actions", "body", "inhibitions") as desktop:
        program = calls.launch(command=["/bin/sleep", "1000"], title="A program")
        quiet = desktop.wait("notify", summary="A program", body="Since")
        assert quiet["hints"]["urgency"] == 1 and not told("inhibit")
        session = calls.launch(uri=far_end.address, title="Stand-up", engine_settings={"play-file": melody})
        session.wait_until("joined")
        shown = desktop.wait("notify", summary="Stand-up", body="Since")
        if not asked:
            calls.ctl("hangup", session.id, check=True)
            desktop.wait("close", id=shown["id"])
            assert not told("inhibit") and shown["hints"]["urgency"] == 1
            return
        granted = desktop.wait("inhibit", application="org.ongoingcall.OngoingCall", reason="In a call")
        # All calls are seen in spite of it.
        for call in ["Stand-up", "A program"]:
            wait_for("it to be urgent", lambda: any(
                event["summary"] == call and event["hints"]["urgency"] == 2 for event in told("notify")))  # fmt: skip
        # The desktop ends it with the daemon; the next one asks again.
        calls.user.systemctl("kill", "--signal=KILL", UNIT)
        desktop.wait("lapse", id=granted["id"])
        again = wait_for("the next daemon to ask", lambda: told("inhibit")[1:])[0]
        calls.ctl("hangup", session.id, check=True)
        desktop.wait("uninhibit", id=again["id"])
        wait_for("the other to be as before", lambda: told("notify")[-1]["hints"]["urgency"] == 1)
        assert told("notify")[-1]["summary"] == "A program" and program["State"] == "joined"
        assert len(told("inhibit")) == 2
        # What is asked for can be taken back.
        calls.user.install("[Notifications]\nDoNotDisturb=no\n", CONFIGURATION)
        calls.user.systemctl("reload", UNIT)
        session = calls.launch(uri=far_end.address, title="Again", engine_settings={"play-file": melody})
        session.wait_until("joined")
        assert desktop.wait("notify", summary="Again", body="Since")["hints"]["urgency"] == 1
