#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Puts descriptors into the daemon's store, or takes some out, in the daemon's name: `store.py JSON`, as root."""

import array
import json
import os
import random
import socket
import struct
import sys

from things import Things


class Store:
    def __init__(self, process):
        variables = dict(item.partition("=")[::2] for item in open(f"/proc/{process}/environ").read().split("\0"))
        status = os.stat(f"/proc/{process}")
        self.credentials = struct.pack("3i", process, status.st_uid, status.st_gid)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.connect(variables["NOTIFY_SOCKET"])

    def tell(self, text, *descriptors):
        ancillary = [(socket.SOL_SOCKET, socket.SCM_CREDENTIALS, self.credentials)]
        if descriptors:
            ancillary.append((socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors)))
        self.socket.sendmsg([text.encode()], ancillary)

    def settle(self):
        """Returns when the manager has read all that was said before (sd_notify_barrier(3))."""
        reading, writing = os.pipe()
        self.tell("BARRIER=1", writing)
        os.close(writing)
        os.read(reading, 1)


def main():
    """`remove` are names; of `add` each gets a descriptor of a kind that the seed chooses."""
    asked = json.loads(sys.argv[1])
    store, things = Store(asked["process"]), Things(random.Random(asked["seed"]), [asked["process"]])
    for name in asked["remove"]:
        store.tell(f"FDSTOREREMOVE=1\nFDNAME={name}")
    for name in asked["add"]:
        descriptor = things.descriptor()
        store.tell(f"FDSTORE=1\nFDPOLL=0\nFDNAME={name}", descriptor)
        os.close(descriptor)
    store.settle()
    things.close()


if __name__ == "__main__":
    main()
