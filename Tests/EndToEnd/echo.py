# SPDX-License-Identifier: Apache-2.0
"""The engine of packaging/examples, installed for a user as its first lines say, and somebody who talks to it."""

import re
import shlex
import socket

from names import PROJECT

EXAMPLES = "/srv/ongoingcall/packaging/examples"


def install(user):
    source = (PROJECT / "packaging/examples/echo-engine").read_text()
    lines = re.search(r'"""(.*?)"""', source, re.DOTALL)[1].splitlines()
    commands = [line.strip() for line in lines if line.startswith("    ")]
    *installing, launch = commands
    assert shlex.split(launch)[:2] == ["ongoingcallctl", "launch"]
    user.run("sh", "-ec", "\n".join(installing), directory=EXAMPLES)


class Caller:
    """Sends RTP packets to the engine and takes what comes back."""

    def __init__(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.uri = f"echo:{self.port}"
        self.number = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", self.port))
        self.socket.settimeout(1)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def skip(self, packets):
        self.number += packets

    def talk(self, payload=b"hello"):
        """Sends a packet with this payload, and returns the payload that comes back; None where nobody is there."""
        self.number += 1
        head = bytes([0x80, 0]) + self.number.to_bytes(2, "big") + bytes(8)
        try:
            self.socket.send(head + payload)
            while (answer := self.socket.recv(2048))[:12] != head:
                pass
        except (ConnectionRefusedError, TimeoutError):
            return None
        return answer[12:]
