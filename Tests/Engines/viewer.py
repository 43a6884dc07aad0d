# SPDX-License-Identifier: Apache-2.0
"""A viewer of a terminal, as the viewer protocol has it: one message a packet, a byte for its type first."""

import json
import select
import socket
import time

LONGEST = 1 + 16 * 1024


class Viewer:
    def __init__(self, connection):
        self.connection = connection
        self.output = b""
        self.messages = []
        self.at_end = False

    @classmethod
    def attached(cls, engine, size=(80, 24), read_only=False, greet=True):
        """Attaches to an engine by its channel, as the daemon does."""
        viewer = cls(attach(engine))
        if greet:
            viewer.hello(size, read_only)
            viewer.wait_for("r")
        return viewer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()

    def say(self, kind, payload=b""):
        self.connection.send(kind.encode() + (payload.encode() if isinstance(payload, str) else payload))

    def hello(self, size=(80, 24), read_only=False, version=1):
        self.say("h", f"{version} {size[0]} {size[1]}{' read-only' if read_only else ''}")

    def type(self, data):
        self.say("i", data)

    def resize(self, columns, rows):
        self.say("s", f"{columns} {rows}")

    def receive(self, timeout=10):
        """The next message, its type and its payload; None at the end."""
        if not select.select([self.connection], [], [], max(0, timeout))[0]:
            raise TimeoutError(f"no message in {timeout:.1f} s; the output was {self.output[-2000:]!r}, {self.messages}")
        try:
            packet = self.connection.recv(65536)
        except ConnectionResetError:
            # Told of once where something it was sent is unread; what it has said is there all the same.
            packet = self.connection.recv(65536)
        if not packet:
            self.at_end = True
            return None
        assert len(packet) <= LONGEST
        kind, payload = chr(packet[0]), packet[1:]
        if kind == "o":
            self.output += payload
        else:
            self.messages.append((kind, payload.decode()))
        return kind, payload

    def wait_for(self, kind, timeout=20):
        """The payload of the next message of that type."""
        deadline = time.monotonic() + timeout
        while message := self.receive(deadline - time.monotonic()):
            if message[0] == kind:
                return message[1].decode()
        raise AssertionError(f"no message {kind} before the end; {self.messages}")

    def read_until(self, wanted, timeout=60):
        """Everything that was shown up to `wanted`, and it; what comes later stays for later."""
        deadline = time.monotonic() + timeout
        while (place := self.output.find(wanted)) < 0:
            assert self.receive(deadline - time.monotonic()), f"no {wanted!r} before the end of {self.output[-2000:]!r}"
        end = place + len(wanted)
        shown, self.output = self.output[:end], self.output[end:]
        return shown

    def painted(self):
        """All of what shows the screen now: a second painting begins only after the first."""
        self.say("r")
        self.wait_for("r")
        shown, self.output = self.output, b""
        return shown

    def end(self, timeout=20):
        """Reads up to the end; the payload of the last message, where it said why."""
        deadline = time.monotonic() + timeout
        while self.receive(deadline - time.monotonic()):
            pass
        return self.messages[-1]


def attach(engine, request={"type": "attach"}):
    """A viewer's end of a new connection, whose other end the engine is given."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    socket.send_fds(engine.socket, [json.dumps(request).encode() + b"\n"], [theirs.fileno()])
    theirs.close()
    return ours
