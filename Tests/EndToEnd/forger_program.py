#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A client of a bus that sends what it is told, in others' names and to whom it likes. Lines of JSON say what."""

import json
import sys
import threading

from gi.repository import Gio, GLib

NOTIFICATIONS = "org.freedesktop.Notifications"
SYSTEMD = "org.freedesktop.systemd1"
ADDRESS = sys.argv[1]

connection = Gio.DBusConnection.new_for_address_sync(
    ADDRESS,
    Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
    None, None)  # fmt: skip
output = threading.Lock()


def say(**what):
    with output:
        print(json.dumps(what), flush=True)


def send(message, victim, body):
    if victim:
        message.set_destination(victim)
    if body:
        message.set_body(GLib.Variant.parse(None, body, None, None))
    connection.send_message(message, Gio.DBusSendMessageFlags.NONE)


def signal(to, path, interface, member, body=None, times=1):
    for _ in range(times):
        send(Gio.DBusMessage.new_signal(path, interface, member), to, body)


def errors(to, error, first=1, last=1000):
    """What looks like an answer to each of the calls with these numbers."""
    for number in range(first, last + 1):
        message = Gio.DBusMessage()
        message.set_message_type(Gio.DBusMessageType.ERROR)
        message.set_reply_serial(number)
        message.set_error_name(error)
        send(message, to, "('forged',)")


def spoil(to):
    """Says of every unit that is started that it could not be, as soon as the service manager has it."""

    def appeared(_connection, _sender, _path, _interface, _member, values):
        unit = values.unpack()[0]
        if unit.startswith("app-ongoingcall-"):
            body = f"(uint32 1, objectpath '/org/freedesktop/systemd1/job/1', '{unit}', 'failed')"
            signal(to, "/org/freedesktop/systemd1", f"{SYSTEMD}.Manager", "JobRemoved", body, 20)
            say(event="spoilt", unit=unit)

    connection.signal_subscribe(SYSTEMD, f"{SYSTEMD}.Manager", "UnitNew", None, None,
                                Gio.DBusSignalFlags.NONE, appeared)  # fmt: skip


def answer(connection, message, incoming):
    """Who takes it for the notification server is answered, and told that its button was pressed."""
    if not incoming or message.get_message_type() != Gio.DBusMessageType.METHOD_CALL:
        return message
    if message.get_interface() != NOTIFICATIONS:
        return message
    member = message.get_member()
    reply = Gio.DBusMessage.new_method_reply(message)
    bodies = {"GetServerInformation": "('forger', 'forger', '1', '1.2')", "GetCapabilities": "(['actions'],)",
              "Notify": "(uint32 7,)"}  # fmt: skip
    if member in bodies:
        reply.set_body(GLib.Variant.parse(None, bodies[member], None, None))
    connection.send_message(reply, Gio.DBusSendMessageFlags.NONE)
    if member == "Notify":
        for key in message.get_body().unpack()[5][::2]:
            if key.startswith("hang-up."):
                signal(message.get_sender(), "/org/freedesktop/Notifications", NOTIFICATIONS, "ActionInvoked",
                       f"(uint32 7, '{key}')")  # fmt: skip
    say(event="taken-for-the-server", member=member)
    return None


def settle():
    """Returns when the bus has passed everything on."""
    connection.call_sync("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId", None, None,
                         Gio.DBusCallFlags.NONE, -1, None)  # fmt: skip


def read():
    for line in sys.stdin:
        command = json.loads(line)
        {"signal": signal, "errors": errors, "spoil": spoil}[command.pop("do")](**command)
        settle()
        say(event="done")
    loop.quit()


loop = GLib.MainLoop()
connection.add_filter(answer)
threading.Thread(target=read, daemon=True).start()
say(event="ready", name=connection.get_unique_name())
loop.run()
