#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A name server for tests: name_server.py ADDRESS RECORD…

A record is NAME=ADDRESS (A or AAAA), NAME=silence (no answer to anything about it), or NAME:SRV=PRIORITY,PORT,TARGET.
Says "listening" when it does, and then each question.
"""

import ipaddress
import socket
import struct
import sys

A, AAAA, SRV = 1, 28, 33
CLASS, TTL, NO_SUCH_NAME = 1, 5, 3


def encoded(name):
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def question(data):
    labels, at = [], 12
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode().lower())
        at += 1 + data[at]
    return ".".join(labels), struct.unpack_from("!H", data, at + 1)[0], data[12:at + 5]


def records(texts):
    found = {}
    for text in texts:
        name, _, value = text.rpartition("=")
        name, _, kind = name.partition(":")
        if value == "silence":
            found.setdefault(name, None)
        elif kind == "SRV":
            priority, port, target = value.split(",")
            data = struct.pack("!HHH", int(priority), 0, int(port)) + encoded(target)
            found.setdefault(name, []).append((SRV, data))
        else:
            address = ipaddress.ip_address(value)
            found.setdefault(name, []).append((A if address.version == 4 else AAAA, address.packed))
    return found


def main(address, *texts):
    known = records(texts)
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, 53))
    print("listening", flush=True)
    while True:
        data, sender = server.recvfrom(2048)
        name, kind, asked = question(data)
        print(name, kind, flush=True)
        if name in known and known[name] is None:
            continue
        answers = [rdata for of, rdata in known.get(name, []) if of == kind]
        head = struct.pack(
            "!2sHHHHH", data[:2], 0x8580 | (0 if name in known else NO_SUCH_NAME), 1, len(answers), 0, 0)
        body = b"".join(struct.pack("!HHHIH", 0xC00C, kind, CLASS, TTL, len(rdata)) + rdata for rdata in answers)
        server.sendto(head + asked + body, sender)


if __name__ == "__main__":
    main(*sys.argv[1:])
