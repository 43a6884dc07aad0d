# SPDX-License-Identifier: Apache-2.0
"""What there is to be called: as the daemon itself says it, and the keys of its dictionaries as the contract does."""

import dataclasses
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from wire import PROPERTIES, split

NAME = "org.ongoingcall.Calls1"
ROOT = "/org/ongoingcall/Calls1"
MANAGER, SESSION = f"{NAME}.Manager", f"{NAME}.Session"
FOLDER = f"{ROOT}/session/"
OBJECTS = "org.freedesktop.DBus.ObjectManager"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
FILE = "/srv/ongoingcall/packaging/dbus-1/org.ongoingcall.Calls1.xml"
ERRORS = (f"{NAME}.Error.", "org.freedesktop.DBus.Error.")
TERMINAL = {"session-left", "session-timed-out", "connection-closed", "launch-failed"}
# A key, its type, and two blanks before what is said of it.
KEY = re.compile(r"^ +([a-z][a-z-]+) +([a-z(){}]+)  ", re.MULTILINE)


@dataclasses.dataclass
class Method:
    interface: str
    name: str
    takes: list
    gives: str


@dataclasses.dataclass
class Described:
    methods: list
    # (interface, name, type)
    properties: list


def described(connection, path):
    """What is at that path, by its introspection."""
    (text,) = connection.ask(NAME, path, INTROSPECTABLE, "Introspect")
    found = Described([], [])
    for interface in ElementTree.fromstring(text).iter("interface"):
        name = interface.get("name")
        for method in interface.iter("method"):
            arguments = [(arg.get("type"), arg.get("direction", "in")) for arg in method.iter("arg")]
            found.methods.append(Method(name, method.get("name"), [kind for kind, way in arguments if way == "in"],
                                        "".join(kind for kind, way in arguments if way == "out")))  # fmt: skip
        found.properties += [(name, item.get("name"), item.get("type")) for item in interface.iter("property")]
    return found


def keys():
    """Every key of an a{sv} that the contract documents, with its type, in the order of their names."""
    found = set()
    for key, signature in KEY.findall(Path(FILE).read_text()):
        try:
            if len(split(signature)) == 1:
                found.add((key, signature))
        except IndexError:
            """A word that is no type."""
    return sorted(found | {("microphone", "s"), ("speaker", "s"), ("activation-token", "s"), ("desktop-startup-id", "s")})


def managed(connection):
    """The sessions that the caller sees: their properties by path."""
    (objects,) = connection.ask(NAME, ROOT, OBJECTS, "GetManagedObjects")
    return {path: interfaces[SESSION] for path, interfaces in objects.items() if path.startswith(FOLDER)}


def events(connection, sequence=0):
    return connection.ask(NAME, ROOT, MANAGER, "EventsSince", "t", [sequence])[0]


def get(connection, path, interface, name):
    return connection.ask(NAME, path, PROPERTIES, "Get", "ss", [interface, name])[0]
