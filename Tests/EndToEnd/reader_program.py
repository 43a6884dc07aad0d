#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a screen reader knows of one application, and does in it: lines of JSON in, lines of JSON out (AT-SPI)."""

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

APPLICATION = sys.argv[1]


def widgets(parent):
    for index in range(parent.get_child_count()):
        child = parent.get_child_at_index(index)
        # One that went away meanwhile.
        if child is not None:
            yield child
            yield from widgets(child)


def applications():
    desktop = Atspi.get_desktop(0)
    # What is kept is corrected by signals, which nobody waits for here.
    desktop.set_cache_mask(Atspi.Cache.NONE)
    found = [desktop.get_child_at_index(index) for index in range(desktop.get_child_count())]
    return [one for one in found if one is not None and one.get_name() == APPLICATION]


def shown():
    """Every widget that is to be seen."""
    for application in applications():
        for widget in widgets(application):
            if widget.get_state_set().contains(Atspi.StateType.SHOWING):
                yield widget


def text(widget):
    return Atspi.Text.get_text(widget, 0, -1) if "Text" in widget.get_interfaces() else ""


def told(widget):
    states = widget.get_state_set()
    return {"role": widget.get_role_name(), "name": widget.get_name(), "text": text(widget),
            "sensitive": states.contains(Atspi.StateType.SENSITIVE),
            "focused": states.contains(Atspi.StateType.FOCUSED)}  # fmt: skip


def find(role, name):
    return next(widget for widget in shown() if (widget.get_role_name(), widget.get_name()) == (role, name))


def answer(order):
    if order["do"] == "look":
        return {"windows": len([w for a in applications() for w in widgets(a) if w.get_role_name() == "frame"]),
                "widgets": [told(widget) for widget in shown()]}  # fmt: skip
    widget = find(order["role"], order["name"])
    if order["do"] == "press":
        return Atspi.Action.do_action(widget, 0)
    if order["do"] == "focus":
        return Atspi.Component.grab_focus(widget)
    raise ValueError(order)


context = GLib.MainContext.default()
for line in sys.stdin:
    while context.iteration(False):
        pass
    try:
        said = {"answer": answer(json.loads(line))}
    except (GLib.Error, StopIteration) as error:
        # It is being changed, or is gone: whoever asks may ask again.
        said = {"failure": repr(error)}
    print(json.dumps(said), flush=True)
