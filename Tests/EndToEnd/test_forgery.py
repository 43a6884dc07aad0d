# SPDX-License-Identifier: Apache-2.0
"""Nobody else ends a call: another user of the machine, and another client of the bus, who send in others' names."""

import json

import pytest
from beds import new_user
from booted import wait_for
from calls import MANAGER, NAME, PROPERTIES, ROOT
from forger import SYSTEM_BUS, Forger
from inhibitors import DELAYS, inhibitors
from test_repair import call, names

BUS = ("/org/freedesktop/DBus", "org.freedesktop.DBus")
LOGIN = ("/org/freedesktop/login1", "org.freedesktop.login1.Manager")
NOTIFICATIONS = ("/org/freedesktop/Notifications", "org.freedesktop.Notifications")
SYSTEMD = ("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")


@pytest.fixture
def stranger(bed):
    """Another user of the machine."""
    with new_user(bed) as user:
        yield user


def name_on_the_bus(calls):
    """The daemon's unique name."""
    return calls.user.busctl("call", "org.freedesktop.DBus", *BUS, "GetNameOwner", "s", NAME)["data"][0]


def names_on_the_system_bus(calls):
    """All of the daemon's there."""
    listed = json.loads(calls.user.bed.run("busctl", "--system", "--json=short", "list", "--unique").stdout)
    return [entry["name"] for entry in listed if entry["pid"] == calls.daemon()]


def assert_untouched(calls, far_end, session, daemon):
    """The daemon has seen everything that was sent before this, and the call is as it was."""
    far_end.reset()
    heard = far_end.hear(packets=50)
    for _ in range(3):
        assert session["State"] == "joined"
    assert heard["calls"] == 1
    assert names(session)[-1] == "session-joined"
    assert calls.daemon() == daemon


def test_another_user_sends_nobody_to_sleep_and_shuts_nothing_down(calls, far_end, melody, stranger):
    session, _ = call(calls, far_end, melody)
    wait_for("sleep and shutdown to be delayed", lambda: DELAYS <= inhibitors(calls.user))
    daemon = calls.daemon()
    victims = names_on_the_system_bus(calls)
    assert victims
    with Forger(stranger, SYSTEM_BUS) as forger:
        for victim in victims:
            for member in ("PrepareForSleep", "PrepareForShutdown"):
                for begins in ("true", "false", "true"):
                    forger.signal(victim, *LOGIN, member, f"({begins},)", times=20)
    assert_untouched(calls, far_end, session, daemon)
    assert DELAYS <= inhibitors(calls.user)
    session.call("HangUp")


def test_nobody_but_the_bus_says_who_shows_the_notifications(calls, far_end, melody):
    session, _ = call(calls, far_end, melody)
    daemon, victim = calls.daemon(), name_on_the_bus(calls)
    surface = ("Get", f"'{MANAGER}'", "'NotificationSurface'")
    assert calls.call(*surface, path=ROOT, interface=PROPERTIES) == ("none",)
    with Forger(calls.user) as forger:
        body = f"('org.freedesktop.Notifications', '', '{forger.name}')"
        forger.signal(victim, *BUS, "NameOwnerChanged", body)
        for number in range(1, 4):
            forger.signal(victim, *NOTIFICATIONS, "ActionInvoked", f"(uint32 {number}, 'hang-up.{session.id}')")
        assert_untouched(calls, far_end, session, daemon)
        # Whatever it was sent is read by now.
        forger.do("signal", to=forger.name, path="/", interface="a.b", member="C")
        assert forger.events == []
    assert calls.call(*surface, path=ROOT, interface=PROPERTIES) == ("none",)
    session.call("HangUp")


def test_nobody_but_the_server_presses_a_button(calls, far_end, melody):
    from notifications import Desktop

    with Desktop(calls.user) as desktop:
        session, _ = call(calls, far_end, melody)
        shown = desktop.wait("notify", summary="Stand-up")
        daemon, victim = calls.daemon(), name_on_the_bus(calls)
        with Forger(calls.user) as forger:
            for key in ("mute", "hang-up"):
                body = f"(uint32 {shown['id']}, '{key}.{session.id}')"
                forger.signal(victim, *NOTIFICATIONS, "ActionInvoked", body)
            forger.signal(victim, *NOTIFICATIONS, "NotificationClosed", f"(uint32 {shown['id']}, uint32 2)")
        assert_untouched(calls, far_end, session, daemon)
        desktop.press(shown, f"hang-up.{session.id}")
        far_end.wait("bye")


def test_nobody_says_that_the_bus_is_lost(calls, far_end, melody):
    session, _ = call(calls, far_end, melody)
    daemon, victim = calls.daemon(), name_on_the_bus(calls)
    with Forger(calls.user) as forger:
        forger.signal(victim, "/any", "org.example.Any", "Disconnected", times=20)
    assert_untouched(calls, far_end, session, daemon)
    assert not calls.said("the connection to the bus is lost")
    session.call("HangUp")


def test_nobody_says_that_an_engine_could_not_be_started(calls):
    first = calls.launch(command=["/bin/sleep", "1000"])
    first.wait_until("joined")
    with Forger(calls.user) as forger:
        forger.do("spoil", to=name_on_the_bus(calls))
        for _ in range(6):
            session = calls.launch(command=["/bin/sleep", "1000"])
            session.wait_until("joined")
            session.call("Abort")
        forger.do("signal", to=forger.name, path="/", interface="a.b", member="C")
        assert len([event for event in forger.events if event["event"] == "spoilt"]) >= 6
    assert first["State"] == "joined"
    first.call("Abort")


def test_nobody_says_that_an_engine_is_gone(calls, far_end, melody):
    """A number of a call is easy to guess: they count from 1."""
    session, unit = call(calls, far_end, melody)
    daemon, victim = calls.daemon(), name_on_the_bus(calls)
    with Forger(calls.user) as forger:
        for _ in range(10):
            forger.signal(victim, *SYSTEMD, "UnitRemoved", f"('{unit}', objectpath '/org/freedesktop/systemd1/unit/x')")
            forger.do("errors", to=victim, error="org.freedesktop.systemd1.NoSuchUnit", first=1, last=400)
    assert_untouched(calls, far_end, session, daemon)
    session.call("HangUp")
