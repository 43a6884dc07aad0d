#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Answers whoever comes to the session bus before they are answered, and tells them what has not happened. The daemon
itself is left alone: others lie to that.

Its arguments are the sessions that it tells of, and those who are there already. It says `ready`; then, a line each,
the unique name of everybody who has come and whom it has lied to."""

import sys
from pathlib import Path

from gi.repository import Gio, GLib

BUS = "org.freedesktop.DBus"
NAME, ROOT = "org.ongoingcall.Calls1", "/org/ongoingcall/Calls1"
# Of the calls of a program that has just come: it guesses.
NUMBERS = range(1, 40)
ERRORS = [f"{NAME}.Error.NoSuchSession", f"{BUS}.Error.ServiceUnknown", f"{BUS}.Error.NoReply"]

SESSIONS = [word for word in sys.argv[1:] if not word.startswith(":")]

connection = Gio.bus_get_sync(Gio.BusType.SESSION)


def send(message, victim, body=None):
    message.set_destination(victim)
    if body:
        message.set_body(GLib.Variant.parse(None, body, None, None))
    connection.send_message(message, Gio.DBusSendMessageFlags.NONE)


def lie(victim):
    """Everything that could be believed, of all numbers and all sessions."""
    for number in NUMBERS:
        answer = Gio.DBusMessage()
        if number % 4:
            answer.set_message_type(Gio.DBusMessageType.ERROR)
            answer.set_error_name(ERRORS[number % 4 - 1])
        else:
            answer.set_message_type(Gio.DBusMessageType.METHOD_RETURN)
        answer.set_reply_serial(number)
        send(answer, victim, "('made up',)")
    send(Gio.DBusMessage.new_signal("/org/freedesktop/DBus", BUS, "NameOwnerChanged"), victim,
         f"('{NAME}', '', '{connection.get_unique_name()}')")  # fmt: skip
    for session in SESSIONS:
        for number in range(1, 20):
            send(Gio.DBusMessage.new_signal(f"{ROOT}/session/{session}", f"{NAME}.Session", "Event"), victim,
                 f"(uint64 {number}, uint64 1, 'session-left', {{'reason': <'removed'>}})")  # fmt: skip
    send(Gio.DBusMessage.new_signal("/org/freedesktop/DBus", BUS, "Disconnected"), victim)


def program(name):
    """The program behind a unique name; of one that has gone again, nothing."""
    try:
        question = ("/org/freedesktop/DBus", BUS, "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)))
        (process,) = connection.call_sync(BUS, *question, None, Gio.DBusCallFlags.NONE, -1, None).unpack()
        return Path(f"/proc/{process}/comm").read_text().strip()
    except (GLib.Error, OSError):
        return ""


def changed(_connection, _sender, _path, _interface, _member, values):
    name, before, after = values.unpack()
    if name.startswith(":") and not before and after != connection.get_unique_name() and program(after) != "ongoingcalld":
        for _ in range(3):
            lie(after)
        print(after, flush=True)


connection.signal_subscribe(BUS, BUS, "NameOwnerChanged", None, None, Gio.DBusSignalFlags.NONE, changed)
for name in sys.argv[1:]:
    if name.startswith(":"):
        lie(name)
print("ready", flush=True)
GLib.MainLoop().run()
