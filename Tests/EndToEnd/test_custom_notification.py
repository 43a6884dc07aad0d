# SPDX-License-Identifier: Apache-2.0
"""A call's notification as an application, or the control tool, wants it; on a real server."""

import signal

import pytest
from booted import wait_for
from calls import ROOT, BusError
from notifications import Dunst
from gvariant import Options, options

CALL = {"command": ["/bin/sleep", "1000"]}
DEFAULT = "CometChat_Call_Ongoing_Conference"


@pytest.fixture
def dunst(user):
    with Dunst(user) as dunst:
        yield dunst


def test_a_launch_says_what_its_notification_is(calls, dunst):
    image = f"{calls.user.home}/logo.svg"
    calls.user.install("<svg xmlns='http://www.w3.org/2000/svg'/>", "logo.svg")
    session = calls.launch(**CALL, notification=Options({
        "icon": image, "title": "Stand-up", "text": "<b>Room</b> 5 & <img src='x'/>\nnow", "priority": "max",
        "visibility": "public", "category": "x-app.call", "auto-cancel": True,
        "actions": [("notes", "Notes")]}))  # fmt: skip
    shown = dunst.next_post(lambda shown: "Since" in shown.body)
    assert shown.summary == "Stand-up"
    assert shown.body.splitlines()[0] == "&lt;b&gt;Room&lt;/b&gt; 5 &amp; &lt;img src=&apos;x&apos;/&gt; now"
    # Beside the application's own.
    assert shown.hints["image-path"] == image and "org.ongoingcall.OngoingCall" in shown.icon
    assert shown.hints["urgency"] == 2
    assert shown.hints["category"] == "x-app.call"
    assert shown.hints["x-gnome-privacy-scope"] == "system"
    assert shown.hints["resident"] is False
    assert shown.hints["desktop-entry"] == "org.ongoingcall.OngoingCall"
    assert shown.actions[f"app-notes.{session.id}"] == "Notes"
    assert shown.actions[f"hang-up.{session.id}"] == "Hang up"
    wait_for("dunst to show it", lambda: dunst.count() == 1)
    assert session["Notification"] == {"state": "shown", "server": "dunst", "held-back": False}
    assert "Desktop: notification shown by dunst\n" in calls.ctl("status").stdout
    dunst.run("dunstctl", "set-paused", "true")
    wait_for("the status to say so", lambda: "notification held back by dunst" in calls.ctl("status").stdout)
    dunst.run("dunstctl", "set-paused", "false")
    wait_for("the status to say so", lambda: "notification shown by dunst" in calls.ctl("status").stdout)
    calls.ctl("abort", check=True)
    wait_for("dunst to show nothing", lambda: dunst.count() == 0)


def test_it_is_replaced_while_the_call_lives(calls, dunst):
    session = calls.launch(**CALL, notification=Options(text="before", priority="low"))
    before = dunst.next_post(lambda shown: "Since" in shown.body)
    session.call("SetNotification", options({"title": "After"}))
    after = dunst.next_post(lambda shown: shown.summary == "After")
    assert after.replaced > 0 and "before" not in after.body
    assert (before.hints["urgency"], after.hints["urgency"]) == (0, 1)
    assert dunst.count() == 1
    # By the control tool; and all of it again.
    told = calls.ctl("notification", "--text", "by hand", "--icon", "phone", check=True)
    assert told.stdout.startswith(f"{session.id} notification ")
    by_hand = dunst.next_post(lambda shown: "by hand" in shown.body)
    assert (by_hand.summary, by_hand.icon) == ("sleep", "phone")
    # A new daemon knows it.
    calls.user.run("kill", "-s", str(int(signal.SIGKILL)), str(calls.daemon()))
    calls.ctl("mute")
    session.call("SetNotification", options({"title": "By the new one"}))
    dunst.next_post(lambda shown: shown.summary == "By the new one")
    wait_for("one notification", lambda: dunst.count() == 1)


def test_a_channel_is_kept_and_followed_at_once(calls, dunst):
    made = calls.ctl("channel", "create", "work", "--name", "At work", "--importance", "max", check=True)
    assert made.stdout.startswith("work  “At work”")
    listed = [f"{DEFAULT}  “Ongoing calls”: importance default, private on a locked screen",
              "work  “At work”: importance max, private on a locked screen"]  # fmt: skip
    assert calls.ctl("channel").stdout.splitlines() == listed
    calls.user.systemctl("restart", "ongoingcalld")
    assert calls.ctl("channel").stdout.splitlines() == listed
    kept = calls.user.run("stat", "--format=%a", ".local/state/ongoingcall/channels.json").stdout.strip()
    assert kept == "600"

    calls.ctl("launch", "--channel", "work", "--", "sleep", "1000", check=True)
    assert dunst.next_post(lambda shown: "Since" in shown.body).hints["urgency"] == 2
    calls.call("CreateNotificationChannel", options({"id": "work", "importance": "min", "sound": True}))
    quiet = dunst.next_post(lambda shown: shown.replaced > 0)
    assert quiet.hints["urgency"] == 0

    gone = calls.ctl("channel", "delete", "work", check=True)
    assert gone.stdout == "work deleted\n"
    assert dunst.next_post(lambda shown: shown.hints["urgency"] == 1).replaced > 0
    assert calls.ctl("channel").stdout.splitlines() == listed[:1]
    again = calls.ctl("channel", "delete", "work")
    assert again.returncode == 66 and "there is no notification channel “work”" in again.stderr
    default = calls.ctl("channel", "delete", DEFAULT)
    assert default.returncode == 64 and "cannot be deleted" in default.stderr
    calls.user.systemctl("restart", "ongoingcalld")
    assert calls.ctl("channel").stdout.splitlines() == listed[:1]


def test_a_file_of_channels_that_cannot_be_is_set_aside(calls):
    calls.user.run("mkdir", "-p", ".local/state/ongoingcall")
    calls.user.install("{broken", ".local/state/ongoingcall/channels.json")
    assert calls.ctl("channel", check=True).stdout.startswith(DEFAULT)
    assert calls.user.run("ls", ".local/state/ongoingcall").stdout.split() == ["channels.json.unreadable"]
    assert any("channels.json is unreadable" in entry["MESSAGE"] for entry in calls.journal())


def test_what_one_caller_has_built_is_no_others(calls, dunst):
    # gdbus leaves the bus after each call.
    calls.call("BuildOngoingConferenceNotification", options({"title": "Built"}))
    calls.launch(**CALL)
    assert dunst.next_post(lambda shown: "Since" in shown.body).summary == "sleep"


def test_german(installed, calls, dunst):
    installed.run("localedef", "-i", "de_DE", "-f", "UTF-8", "de_DE.UTF-8", timeout=300)
    calls.user.systemctl("set-environment", "LANG=de_DE.UTF-8")
    session = calls.launch(**CALL)
    shown = dunst.next_post(lambda shown: shown.body.startswith("Seit "))
    assert shown.body.endswith(" Uhr")
    assert shown.actions[f"hang-up.{session.id}"] == "Auflegen"
    assert shown.actions["default"] == "Zurück"


# What cannot be: the key and its value, and words that the error must have.
BAD = {
    "unknown key": ({"colour": "red"}, ["notification.colour", "auto-cancel"]),
    "absent icon": ({"icon": "/nowhere/logo.png"}, ["notification.icon", "/nowhere/logo.png", "does not exist"]),
    "odd icon": ({"icon": "<img>"}, ["notification.icon", "letters"]),
    "a device": ({"icon": "/dev/zero"}, ["notification.icon", "/dev/zero"]),
    "much text": ({"text": "x" * 100_000}, ["notification.text", "100000", "1024"]),
    "markup bomb": ({"title": "<b>" * 30_000}, ["notification.title", "256"]),
    "urgency out of range": ({"priority": "3"}, ["notification.priority", "“3”", "min, low, default, high, max"]),
    "urgency as a number": ({"priority": 3}, ["notification.priority", "type is i", "must be s"]),
    "visibility": ({"visibility": "\x1b[2J"}, ["notification.visibility", "public, private, secret"]),
    "category": ({"category": "Call!"}, ["notification.category", "Call!"]),
    "button's key": ({"actions": [("Hang up", "x")]}, ["notification.actions", "Hang up", "a-z"]),
    "button without label": ({"actions": [("a", "")]}, ["notification.actions", "“a”"]),
    "many buttons": ({"actions": [(key, key) for key in "abcd"]}, ["notification.actions", "3"]),
    "unknown channel": ({"channel": "x"}, ["notification.channel", "“x”", "CreateNotificationChannel", DEFAULT]),
    "ongoing as text": ({"ongoing": "yes"}, ["notification.ongoing", "must be b"]),
}


@pytest.mark.parametrize(("notification", "words"), BAD.values(), ids=BAD.keys())
def test_bad_notifications(calls, notification, words):
    with pytest.raises(BusError) as caught:
        calls.launch(**CALL, notification=Options(notification))
    assert caught.value.kind == "InvalidOption"
    for word in words:
        assert word in caught.value.message
    assert "\x1b" not in caught.value.message
    assert calls.engine_units() == []


BAD_CHANNELS = {
    "no id": ({}, ["“id”", "missing"]),
    "empty id": ({"id": ""}, ["“id”", "empty"]),
    "odd id": ({"id": "../../x"}, ["“id”", "letters"]),
    "id with an escape": ({"id": "a\x1b[2J"}, ["“id”", "letters"]),
    "long id": ({"id": "x" * 129}, ["“id”", "128"]),
    "importance": ({"id": "a", "importance": "loud"}, ["“importance”", "loud", "max"]),
    "unknown key": ({"id": "a", "colour": "red"}, ["“colour”", "importance"]),
}


@pytest.mark.parametrize(("channel", "words"), BAD_CHANNELS.values(), ids=BAD_CHANNELS.keys())
def test_bad_channels(calls, channel, words):
    with pytest.raises(BusError) as caught:
        calls.call("CreateNotificationChannel", options(channel))
    assert caught.value.kind == "InvalidOption"
    for word in words:
        assert word in caught.value.message
    assert "\x1b" not in caught.value.message
    (channels,) = calls.call("Get", "org.ongoingcall.Calls1.Manager", "NotificationChannels", path=ROOT,
                             interface="org.freedesktop.DBus.Properties")  # fmt: skip
    assert [known["id"] for known in channels] == [DEFAULT]
