#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds a notification by each of many connections to the bus, and keeps them: `builders.py COUNT`. Prints how many
were built, and how many were refused with what.

With sockets of its own, as no library of D-Bus would do it."""

import collections
import ctypes
import json
import os
import socket
import struct
import sys
import time

PATH, INTERFACE, MEMBER, ERROR, DESTINATION, SIGNATURE = 1, 2, 3, 4, 6, 8
RETURN, FAILURE = 2, 3
NAME = "org.ongoingcall.Calls1"


def call(serial, destination, path, interface, member, signature="", body=b""):
    """A method call in D-Bus's own bytes (little-endian)."""
    fields = b""
    for code, text in {PATH: path, INTERFACE: interface, MEMBER: member, DESTINATION: destination}.items():
        fields += b"\0" * (-len(fields) % 8)
        kind = b"o" if code == PATH else b"s"
        fields += bytes([code, 1]) + kind + b"\0" + struct.pack("<I", len(text)) + text.encode() + b"\0"
    if signature:
        fields += b"\0" * (-len(fields) % 8) + bytes([SIGNATURE, 1]) + b"g\0" + bytes([len(signature)])
        fields += signature.encode() + b"\0"
    head = struct.pack("<4BIII", ord("l"), 1, 0, 1, len(body), serial, len(fields)) + fields
    return head + b"\0" * (-len(head) % 8) + body


def receive(bus):
    """The type of the next message, and the strings of its header's fields."""
    head = bus.recv(16, socket.MSG_WAITALL)
    _, kind, _, _, body, _, fields = struct.unpack("<4BIII", head)
    rest = bus.recv(fields + -fields % 8 + body, socket.MSG_WAITALL)
    return kind, rest[:fields]


def build():
    bus = socket.socket(socket.AF_UNIX)
    bus.connect(os.environ["DBUS_SESSION_BUS_ADDRESS"].removeprefix("unix:path="))
    bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
    assert bus.recv(100).startswith(b"OK")
    options = struct.pack("<II", 0, 0)
    bus.sendall(b"BEGIN\r\n" + call(1, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello")
                + call(2, NAME, "/org/ongoingcall/Calls1", NAME + ".Manager",
                       "BuildOngoingConferenceNotification", "a{sv}", options))  # fmt: skip
    answers = []
    while len(answers) < 2:
        kind, fields = receive(bus)
        if kind in (RETURN, FAILURE):
            answers.append("built" if kind == RETURN else name_of_error(fields))
    return bus, answers[1]


def name_of_error(fields):
    start = fields.index(f"{NAME}.Error.".encode())
    return fields[start : fields.index(b"\0", start)].decode()


# It ends with whoever has started it, whose user may be another: PR_SET_PDEATHSIG, SIGKILL.
ctypes.CDLL(None).prctl(1, 9)
kept = [build() for _ in range(int(sys.argv[1]))]
print(json.dumps(collections.Counter(answer for _, answer in kept)), flush=True)
time.sleep(1000)
