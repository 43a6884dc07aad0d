#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Tells one client of the system's bus that the machine goes to sleep, and that it is awake, in turns and as fast as
can be: `signals.py UNIQUE-NAME SECONDS`. Prints how many signals the bus took.

With a socket of its own, as no library of D-Bus would do it."""

import os
import socket
import struct
import sys
import time

PATH, INTERFACE, MEMBER, DESTINATION, SIGNATURE = 1, 2, 3, 6, 8
CALL, SIGNAL = 1, 4
LOGIN = "org.freedesktop.login1"
BUS = "org.freedesktop.DBus"


def message(kind, serial, destination, path, interface, member, body=None):
    """In D-Bus's own bytes (little-endian); `body` is a boolean."""
    fields = b""
    named = {PATH: path, INTERFACE: interface, MEMBER: member, DESTINATION: destination}
    for code, text in named.items():
        fields += b"\0" * (-len(fields) % 8)
        signature = b"o" if code == PATH else b"s"
        fields += bytes([code, 1]) + signature + b"\0" + struct.pack("<I", len(text)) + text.encode() + b"\0"
    if body is not None:
        fields += b"\0" * (-len(fields) % 8) + bytes([SIGNATURE, 1]) + b"g\0\1b\0"
    values = b"" if body is None else struct.pack("<I", body)
    head = struct.pack("<4BIII", ord("l"), kind, 0, 1, len(values), serial, len(fields)) + fields
    return head + b"\0" * (-len(head) % 8) + values


bus = socket.socket(socket.AF_UNIX)
bus.connect("/run/dbus/system_bus_socket")
bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
assert bus.recv(100).startswith(b"OK")
bus.sendall(b"BEGIN\r\n" + message(CALL, 1, BUS, "/org/freedesktop/DBus", BUS, "Hello"))
target, end, count = sys.argv[1], time.monotonic() + float(sys.argv[2]), 0
both = b"".join(message(SIGNAL, 2, target, "/org/freedesktop/login1", LOGIN + ".Manager", "PrepareForSleep", begins)
                for begins in (True, False))  # fmt: skip
while time.monotonic() < end:
    bus.sendall(both * 50)
    count += 100
print(count)
