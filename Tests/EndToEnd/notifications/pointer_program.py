#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A click at a place of a Wayland screen: X Y WIDTH HEIGHT (wlr-virtual-pointer-unstable-v1). No package has a program
for it."""

import os
import socket
import struct
import sys
import time

LEFT = 0x110
x, y, width, height = map(int, sys.argv[1:])
server = socket.socket(socket.AF_UNIX)
server.connect(f"{os.environ['XDG_RUNTIME_DIR']}/{os.environ['WAYLAND_DISPLAY']}")
incoming = server.makefile("rb")
DISPLAY, REGISTRY, DONE, MANAGER, POINTER = range(1, 6)


def send(target, opcode, *words):
    body = b""
    for word in words:
        if isinstance(word, str):
            data = word.encode() + b"\0"
            body += struct.pack("=I", len(data)) + data.ljust(-(-len(data) // 4) * 4, b"\0")
        else:
            body += struct.pack("=I", word)
    server.sendall(struct.pack("=II", target, (8 + len(body)) << 16 | opcode) + body)


def events_until(last):
    send(DISPLAY, 0, last)
    while True:
        sender, word = struct.unpack("=II", incoming.read(8))
        body = incoming.read((word >> 16) - 8)
        if sender == DISPLAY and word & 0xFFFF == 0:
            raise SystemExit(f"the compositor refuses: {body}")
        if sender == last:
            return
        yield sender, body


send(DISPLAY, 1, REGISTRY)
for sender, body in list(events_until(DONE)):
    if sender == REGISTRY:
        name, size = struct.unpack("=II", body[:8])
        if body[8:8 + size - 1] == b"zwlr_virtual_pointer_manager_v1":
            send(REGISTRY, 0, name, "zwlr_virtual_pointer_manager_v1", 1, MANAGER)
send(MANAGER, 0, 0, POINTER)
number = POINTER
for what in [(1, 0, x, y, width, height), (2, 0, LEFT, 1), (2, 0, LEFT, 0)]:
    send(POINTER, *what)
    send(POINTER, 4)
    number += 1
    list(events_until(number))
    # A toolkit takes what comes at once for something else.
    time.sleep(0.2)
