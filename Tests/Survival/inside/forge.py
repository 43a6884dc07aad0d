# SPDX-License-Identifier: Apache-2.0
"""Says to a user's daemon what only the login manager, the service manager, the bus or a notification server may say: signals
that are sent to it alone, and answers to questions that it may have asked. Prints how many of them it has sent.

    python3 forge.py system DAEMON SECONDS
    python3 forge.py session DAEMON SECONDS UNIT

DAEMON is the daemon's process, UNIT the one of a call's engine.
"""

import itertools
import os
import sys
import time

from gi.repository import Gio, GLib

BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
LOGIN = ("/org/freedesktop/login1", "org.freedesktop.login1.Manager")
SYSTEMD = ("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
NOTIFICATIONS = ("/org/freedesktop/Notifications", "org.freedesktop.Notifications")


def connect(which):
    # Not the shared connection, which ends the process when the bus does.
    address = Gio.dbus_address_get_for_bus_sync(which, None)
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return Gio.DBusConnection.new_for_address_sync(address, flags, None, None)


def ask(bus, member, arguments=None):
    answer = bus.call_sync(*BUS, member, arguments, None, Gio.DBusCallFlags.NONE, 5000, None)
    return answer.unpack()[0]


def connections(bus, process):
    """The daemon's, by their unique names."""
    for name in ask(bus, "ListNames"):
        try:
            if name.startswith(":") and ask(bus, "GetConnectionUnixProcessID", GLib.Variant("(s)", [name])) == process:
                yield name
        except GLib.Error:
            continue  # It has left meanwhile.


def of_the_system(name):
    """The machine is shut down; it goes to sleep and wakes, again and again."""
    yield name, *LOGIN, "PrepareForShutdown", GLib.Variant("(b)", [True])
    for begins in itertools.cycle((True, False)):
        yield name, *LOGIN, "PrepareForSleep", GLib.Variant("(b)", [begins])


def of_the_session(name, own, unit):
    """There is another notification server, and the user presses its buttons; units are gone and jobs have failed; the bus
    is gone."""
    path = f"{SYSTEMD[0]}/unit/" + "".join(c if c.isalnum() else f"_{ord(c):02x}" for c in unit)
    yield name, *BUS[1:], "NameOwnerChanged", GLib.Variant("(sss)", [NOTIFICATIONS[1], "", own])
    yield name, *BUS[1:], "NameOwnerChanged", GLib.Variant("(sss)", ["org.freedesktop.systemd1", "", own])
    for number in itertools.count(1):
        for key in ("hang-up", "mute", "default"):
            yield name, *NOTIFICATIONS, "ActionInvoked", GLib.Variant("(us)", [number % 64, key])
        yield name, *NOTIFICATIONS, "NotificationClosed", GLib.Variant("(uu)", [number % 64, 2])
        yield name, *SYSTEMD, "JobRemoved", GLib.Variant("(uoss)", [number, f"{SYSTEMD[0]}/job/1", unit, "failed"])
        yield name, *SYSTEMD, "UnitRemoved", GLib.Variant("(so)", [unit, path])
        yield name, "/org/example/Nobody", "org.example.Nobody", "Disconnected", None


def answers(bus, name, serials):
    """Errors that a manager gives where there is no such unit, to questions with these numbers."""
    for serial in serials:
        message = Gio.DBusMessage()
        message.set_message_type(Gio.DBusMessageType.ERROR)
        message.set_reply_serial(serial)
        message.set_error_name("org.freedesktop.systemd1.NoSuchUnit")
        message.set_destination(name)
        bus.send_message(message, Gio.DBusSendMessageFlags.NONE)


def main(which, process, seconds, unit=""):
    bus = connect(Gio.BusType.SYSTEM if which == "system" else Gio.BusType.SESSION)
    names = list(connections(bus, int(process)))
    assert names, f"the process {process} is not on the {which} bus"
    signals = [of_the_system(name) if which == "system" else of_the_session(name, bus.get_unique_name(), unit)
               for name in names]  # fmt: skip
    end, sent = time.monotonic() + float(seconds), 0
    for first in itertools.cycle(range(1, 4000, 40)):
        for name, lies in zip(names, signals):
            for lie in itertools.islice(lies, 40):
                bus.emit_signal(*lie)
            if which == "session":
                answers(bus, name, range(first, first + 40))
            sent += 40
        # A bus that cuts a flood off would be of no use here.
        bus.flush_sync(None)
        if time.monotonic() > end:
            break
    print(sent)
    # Without waiting for what else is there.
    sys.stdout.flush()
    os._exit(0)


main(*sys.argv[1:])
