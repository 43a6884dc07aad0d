#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a screen reader knows of one application, and does in it (AT-SPI): lines of JSON in, lines of JSON out.

It asks the application itself, once, for everything: a library would ask for each part of each widget.
"""

import json
import sys

from gi.repository import Gio, GLib

APPLICATION = sys.argv[1]
ATSPI = "org.a11y.atspi."
# Of atspi-constants.h. GTK 4.18 has a toggle button (62) where earlier ones have a button that opens something.
ROLES = {23: "frame", 29: "label", 31: "list", 32: "list item", 43: "button", 61: "entry", 62: "button"}
FOCUSED, SENSITIVE, VISIBLE = 12, 24, 30


def call(bus, name, path, interface, method, arguments=None):
    return bus.call_sync(name, path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, 10000, None).unpack()


def accessibility_bus():
    session = Gio.bus_get_sync(Gio.BusType.SESSION)
    (address,) = call(session, "org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress")
    flags = Gio.DBusConnectionFlags
    return Gio.DBusConnection.new_for_address_sync(
        address, flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION, None, None)  # fmt: skip


bus = accessibility_bus()


def applications():
    (children,) = call(bus, ATSPI + "Registry", "/org/a11y/atspi/accessible/root", ATSPI + "Accessible", "GetChildren")
    for name, path in children:
        try:
            if name_of(name, path) == APPLICATION:
                yield name, path
        except GLib.Error:
            # One that was killed.
            continue


def name_of(name, path):
    arguments = GLib.Variant("(ss)", (ATSPI + "Accessible", "Name"))
    return call(bus, name, path, "org.freedesktop.DBus.Properties", "Get", arguments)[0]


class Widget:
    def __init__(self, item):
        (self.bus, self.path), _, _, _, _, self.interfaces, self.name, role, _, states = item
        self.role = ROLES.get(role, str(role))
        self.states = {32 * word + bit for word, bits in enumerate(states) for bit in range(32) if bits & 1 << bit}

    def call(self, interface, method, arguments=None):
        return call(bus, self.bus, self.path, ATSPI + interface, method, arguments)

    @property
    def text(self):
        if ATSPI + "Text" not in self.interfaces or self.role == "label":
            return ""
        return self.call("Text", "GetText", GLib.Variant("(ii)", (0, -1)))[0]

    def told(self):
        return {"role": self.role, "name": self.name, "text": self.text, "sensitive": SENSITIVE in self.states,
                "focused": FOCUSED in self.states}  # fmt: skip


def below(name, path):
    """The paths of the widgets in a widget that are to be seen. GTK tells nothing of a widget before this."""
    (children,) = call(bus, name, path, ATSPI + "Accessible", "GetChildren")
    for _, child in children:
        yield child
        yield from below(name, child)


def widgets():
    for name, root in applications():
        seen = set(below(name, root))
        (items,) = call(bus, name, "/org/a11y/atspi/cache", ATSPI + "Cache", "GetItems")
        yield from (widget for widget in map(Widget, items) if widget.path in seen and VISIBLE in widget.states)


def pressed(widget):
    try:
        return widget.call("Action", "DoAction", GLib.Variant("(i)", (0,)))[0]
    except GLib.Error:
        return False


def answer(order):
    if order["do"] == "look":
        return [widget.told() for widget in widgets()]
    if order["do"] == "measure":
        # In the window: x, y, width, height.
        buttons = [one for one in widgets() if one.role == "button" and one.name]
        return {one.name: one.call("Component", "GetExtents", GLib.Variant("(u)", (1,)))[0] for one in buttons}
    # A button that opens a menu has another one in it, without a name, which can be pressed.
    found = [one for one in widgets() if (one.role, one.name) == (order["role"], order["name"])]
    return any(pressed(one) for one in found)


for line in sys.stdin:
    try:
        said = {"answer": answer(json.loads(line))}
    except GLib.Error as error:
        # It is being changed, or is gone: whoever asks may ask again.
        said = {"failure": repr(error)}
    print(json.dumps(said), flush=True)
