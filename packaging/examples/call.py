#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Places a call that outlives this program, follows it to its end, and hangs up on Ctrl-C.

    call.py ADDRESS TITLE [APPLICATION]

APPLICATION is the bus name of a program with org.freedesktop.Application, which a tap on the call's notification brings
back. Needs python3-dbus and python3-gi.
"""

import signal
import sys
import uuid

import dbus
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

NAME = "org.ongoingcall.Calls1"
ROOT = "/org/ongoingcall/Calls1"
NO_ANSWER = {"org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Disconnected"}
ENDS = {"session-left", "session-timed-out", "connection-closed", "launch-failed"}


def ask(method, *arguments):
    """Repeats what the daemon took with it when it was replaced: none of it is done twice."""
    for last in (False, False, True):
        try:
            return method(*arguments, timeout=60)
        except dbus.DBusException as error:
            if last or error.get_dbus_name() not in NO_ANSWER:
                raise


class Call:
    def __init__(self, bus, options, on_event):
        # By its name: what is asked while the daemon is replaced waits for the next one.
        manager = bus.get_object(NAME, ROOT, introspect=False, follow_name_owner_changes=True)
        self.manager = dbus.Interface(manager, f"{NAME}.Manager")
        # With a token, a launch that is repeated is the same call.
        options = {"token": str(uuid.uuid4()), **options}
        path = ask(self.manager.Launch, dbus.Dictionary(options, signature="sv"))
        session = bus.get_object(NAME, path, introspect=False, follow_name_owner_changes=True)
        self.session = dbus.Interface(session, f"{NAME}.Session")
        self.id = path.rpartition("/")[2]
        self.sequence = 0
        self.on_event = on_event
        # A signal says that there is something new, and so does a new daemon: the one before may have died with it. What
        # it is, nothing left out and nothing twice, EventsSince says.
        bus.add_signal_receiver(lambda *_: self.catch_up(), "Event", f"{NAME}.Session", path=path)
        bus.watch_name_owner(NAME, lambda owner: owner and self.catch_up())

    def catch_up(self):
        events = ask(self.manager.EventsSince, dbus.UInt64(self.sequence))
        for sequence, _, call, _, name, details in events:
            self.sequence = sequence
            if call == self.id:
                self.on_event(self, str(name), details)

    def hang_up(self):
        ask(self.session.HangUp)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    options = {"uri": sys.argv[1], "title": sys.argv[2]}
    if len(sys.argv) == 4:
        name = sys.argv[3]
        path = dbus.ObjectPath("/" + name.replace(".", "/").replace("-", "_"))
        options["return-dbus"] = dbus.Struct((name, path), signature="so")
    loop = GLib.MainLoop()

    def tell(call, name, details):
        print(call.id, name, details.get("reason", ""), flush=True)
        if name in ENDS:
            loop.quit()

    try:
        call = Call(dbus.SessionBus(mainloop=DBusGMainLoop()), options, tell)
    except dbus.DBusException as error:
        kind = error.get_dbus_name().removeprefix(f"{NAME}.Error.")
        if kind == "EngineNotFound":
            sys.exit(f"nothing here can call {sys.argv[1]}: {error.get_dbus_message()}")
        sys.exit(f"{kind}: {error.get_dbus_message()}")
    GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, signal.SIGINT, lambda: call.hang_up() or True)
    loop.run()


main()
