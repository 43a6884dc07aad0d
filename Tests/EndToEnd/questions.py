#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Asks the daemon for its description without pause, and reads no answer: `questions.py COUNT`.

With a socket of its own, as no library of D-Bus would do it."""

import os
import socket
import struct
import sys

PATH, INTERFACE, MEMBER, DESTINATION = 1, 2, 3, 6


def call(serial, path, interface, member):
    """A method call without arguments, in D-Bus's own bytes (little-endian)."""
    fields = b""
    named = {PATH: path, INTERFACE: interface, MEMBER: member, DESTINATION: interface.removesuffix(".Manager")}
    for code, text in named.items():
        fields += b"\0" * (-len(fields) % 8)
        signature = b"o" if code == PATH else b"s"
        fields += bytes([code, 1]) + signature + b"\0" + struct.pack("<I", len(text)) + text.encode() + b"\0"
    head = struct.pack("<4BIII", ord("l"), 1, 0, 1, 0, serial, len(fields)) + fields
    return head + b"\0" * (-len(head) % 8)


bus = socket.socket(socket.AF_UNIX)
bus.connect(os.environ["DBUS_SESSION_BUS_ADDRESS"].removeprefix("unix:path="))
bus.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
assert bus.recv(100).startswith(b"OK")
bus.sendall(b"BEGIN\r\n" + call(1, "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello"))
question = [call(serial, "/org/ongoingcall/Calls1", "org.ongoingcall.Calls1.Manager", "Describe")
            for serial in range(2, int(sys.argv[1]) + 2)]  # fmt: skip
bus.sendall(b"".join(question))
print("asked", flush=True)
sys.stdin.read()
