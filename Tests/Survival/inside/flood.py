# SPDX-License-Identifier: Apache-2.0
"""Floods a user's daemon from one connection, and measures from others how long a user waits meanwhile.

    python3 flood.py calls PATH SECONDS     Return of the call at PATH, as fast as the bus takes it
    python3 flood.py message MEBIBYTES      one Launch with an option of that size
    python3 flood.py signals SECONDS        signals of nobody, for the daemon alone, as fast as the bus takes them

Prints, as JSON, what was sent, what was answered, and the longest time in milliseconds in which an honest client was answered.
"""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

from gi.repository import Gio, GLib

SHOWER = Path(__file__).parents[2] / "EndToEnd/floods.py"
NAME, ROOT = "org.ongoingcall.Calls1", "/org/ongoingcall/Calls1"


def connect():
    address = Gio.dbus_address_get_for_bus_sync(Gio.BusType.SESSION, None)
    flags = Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION
    return Gio.DBusConnection.new_for_address_sync(address, flags, None, None)


class Honest(threading.Thread):
    """Asks, again and again, on a connection of its own."""

    def __init__(self):
        super().__init__(daemon=True)
        self.longest = 0
        self.errors = []
        self.is_over = threading.Event()

    def run(self):
        bus = connect()
        question = GLib.Variant("(ss)", [f"{NAME}.Manager", "Version"])
        while not self.is_over.wait(0.05):
            began = time.monotonic()
            try:
                bus.call_sync(NAME, ROOT, "org.freedesktop.DBus.Properties", "Get", question, None,
                              Gio.DBusCallFlags.NONE, 30000, None)  # fmt: skip
            except GLib.Error as error:
                self.errors.append(str(error))
            self.longest = max(self.longest, time.monotonic() - began)


def calls(path, seconds):
    """Without waiting for the answers, which nobody reads before the end."""
    bus, sent, end = connect(), 0, time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for _ in range(500):
            message = Gio.DBusMessage.new_method_call(NAME, path, f"{NAME}.Session", "Return")
            message.set_body(GLib.Variant("(a{sv})", [{}]))
            bus.send_message(message, Gio.DBusSendMessageFlags.NONE)
            sent += 1
        bus.flush_sync(None)
    return {"sent": sent}


def signals(seconds):
    shower = [sys.executable, SHOWER, "shower", "signals", seconds, NAME]
    said = subprocess.run(shower, check=True, capture_output=True, text=True).stdout
    return {"sent": int(said.split()[-1])}


def message(mebibytes):
    bus = connect()
    bytes_ = GLib.Variant.new_from_bytes(GLib.VariantType("ay"), GLib.Bytes.new(bytes(int(mebibytes) << 20)), True)
    options = GLib.Variant.new_tuple(GLib.Variant("a{sv}", {"x": bytes_}))
    try:
        bus.call_sync(NAME, ROOT, f"{NAME}.Manager", "Launch", options, None, Gio.DBusCallFlags.NONE, 60000, None)
        return {"answer": "launched"}
    except GLib.Error as error:
        return {"answer": Gio.DBusError.get_remote_error(error) or str(error)}


honest = Honest()
honest.start()
result = {"calls": calls, "message": message, "signals": signals}[sys.argv[1]](*sys.argv[2:])
honest.is_over.set()
honest.join()
print(json.dumps(result | {"longest-ms": round(honest.longest * 1000), "errors": honest.errors}))
