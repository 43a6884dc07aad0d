#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Engines for the daemon to talk with: `engine.py good` does all that it is told; `engine.py hostile` breaks every rule
of the channel, by a random generator that its call's address seeds."""

import array
import json
import os
import random
import signal
import socket
import sys
import time

from things import Things

LINES = [
    {"type": "state", "state": "connecting"},
    {"type": "state", "state": "connecting", "resume": "early"},
    {"type": "state", "state": "ringing"},
    {"type": "state", "state": "joined"},
    {"type": "state", "state": "joined", "resume": "later", "muted": True, "held": False, "alone": False},
    {"type": "state", "state": "joined", "alone": True, "recording": "/nowhere/a.wav"},
    {"type": "state", "state": "reconnecting", "cause": "network"},
    {"type": "media", "sent": 1, "received": 2, "lost": 0, "round-trip-ms": 3, "jitter-ms": 4, "codec": "opus/48000/2", "level-sent": -20,
     "level-received": -127, "microphone": "", "speaker": "a", "fallback": ["microphone"], "echo-cancellation": True, "encryption": "sdes",
     "sending": True},
    {"type": "digits", "taken": 2, "sent": 1}, {"type": "pong", "serial": 1},
    {"type": "error", "code": "failed", "request": "set-held", "message": "no"},
    {"type": "error", "code": "failed", "request": "start-recording", "message": "\u001b[31m\n\u202eno"},
    {"type": "error", "code": "unsupported", "request": "set-muted", "message": ""},
]  # fmt: skip
REASONS = ["removed", "exited", "hung-up", "network", "lease-expired", "rejected", "busy", "declined", "no-answer", "not-found", "not-permitted",
           "unreachable", "refused", "engine-failed"]  # fmt: skip
JSON_VALUES = ["null", "true", "0", "-1", "1.5", "1e400", "-0", "18446744073709551615", "18446744073709551616", "9" * 400, '""', '"\\ud800"',
               '"\\u0000"', '"' + "x" * 20000 + '"', "[]", "{}", "[" * 600 + "]" * 600, '{"a":' * 300 + "1" + "}" * 300, '"joined"', '"ended"', "NaN"]  # fmt: skip
GARBAGE = [b"\n", b"\n" * 50, b"\r\n", b"\0", b"\xff\xfe\n", b"\xef\xbb\xbf{}\n", b"{\n", b"[]\n", b"null\n", b'"state"\n', b"{}\n", b'{"type":1}\n',
           b'{"type":"nothing"}\n', b'{"type":"state"}\n', b'{"type":"state","state":"up"}\n', b'{"type":"ping","serial":1}\n',
           b'{"type":"hello","version":1}\n', b"GET / HTTP/1.1\r\n\r\n", b" " * 65536 + b"\n", b" " * 65537 + b"\n",
           b'{"type":"state","type":"pong","serial":1}\n', b"x" * 70000, bytes(range(256)) + b"\n"]  # fmt: skip


class Engine:
    def __init__(self):
        self.socket = socket.socket(fileno=os.dup(0))
        self.data = b""
        self.descriptors = []

    def say(self, **message):
        self.write(json.dumps(message).encode() + b"\n")

    def write(self, data):
        self.socket.sendall(data)

    def hear(self, within):
        """The next request; None where none comes. The end of the channel is the engine's, too."""
        self.socket.settimeout(within or 0.001)
        try:
            while b"\n" not in self.data:
                part, descriptors, _, _ = socket.recv_fds(self.socket, 1 << 16, 8)
                self.descriptors += descriptors
                if not part:
                    sys.exit(0)
                self.data += part
        except (TimeoutError, BlockingIOError):
            return None
        finally:
            self.socket.settimeout(None)
        line, _, self.data = self.data.partition(b"\n")
        return json.loads(line) if line.strip() else self.hear(within)

    def begin(self):
        """`hello` and `join`, in whatever number they come; the latter."""
        while True:
            request = self.hear(60)
            if request is None:
                sys.exit(1)
            if request["type"] == "join":
                return request
            if request["type"] == "leave":
                self.say(type="state", state="ended", reason="hung-up")
                sys.exit(0)


class Good(Engine):
    def run(self):
        join = self.begin()
        self.state = {"muted": join.get("muted", False), "held": False}
        self.tell()
        while True:
            request = self.hear(1000) or {"type": ""}
            kind = request["type"]
            if kind == "ping":
                self.say(type="pong", serial=request["serial"])
            elif kind == "leave":
                self.say(type="state", state="ended", reason="hung-up")
                return
            elif kind in ("set-muted", "set-held"):
                self.state[kind.removeprefix("set-")] = request["muted" if kind == "set-muted" else "held"]
                self.tell()
            elif kind == "start-recording" and "recording" in self.state:
                self.say(type="error", code="invalid", request=kind, message="it is recorded already")
            elif kind == "start-recording" and not request["file"].startswith("/home/"):
                self.say(type="error", code="failed", request=kind, message="there is no such folder")
            elif kind == "start-recording":
                self.state["recording"] = request["file"]
                self.tell()
            elif kind in ("stop-recording", "report"):
                if kind == "stop-recording":
                    self.state.pop("recording", None)
                self.tell()
            elif kind == "attach":
                while self.descriptors:
                    os.close(self.descriptors.pop())

    def tell(self):
        self.say(type="state", state="joined", resume="good", **self.state)


class Hostile(Engine):
    def run(self):
        join = self.begin()
        self.rng = random.Random(f"{join.get('uri')}/{join.get('resume')}")
        # Who has but a minute does not wait for farewells that take as long.
        self.is_brief = str(join.get("uri")).endswith(".brief")
        self.things = Things(self.rng, [os.getpid()])
        steps = ((self.right, 30), (self.changed, 12), (self.garbage, 8), (self.obey, 20), (self.pause, 8), (self.halves, 6), (self.flood, 3),
                 (self.passes, 6), (self.end, 3), (self.stop_reading, 1), (self.stop_writing, 1), (self.hang, 1), (self.leave_child, 2), (self.die, 4))
        # One in three comes into a call first, where there is more to break.
        if self.rng.random() < 0.4:
            self.say(type="state", state="joined", **({"resume": "first"} if self.rng.random() < 0.5 else {}))
        for _ in range(self.rng.randint(1, 30)):
            self.rng.choices([step for step, _ in steps], [weight for _, weight in steps])[0]()
        self.rng.choice((self.end, self.die, self.obey_to_the_end, self.obey_to_the_end))()

    # What it says

    def line(self):
        rng = self.rng
        if rng.random() < 0.06:
            message = {"type": "state", "state": "ended", "reason": rng.choice(REASONS), "detail": "486 \u001b[31mBusy\u202e", "exit-status": 3}
            if rng.random() < 0.4 and not self.is_brief:
                message["resume"] = "bye"
        else:
            message = rng.choice(LINES)
        return json.dumps(message).encode() + b"\n"

    def right(self):
        self.write(self.line())

    def changed(self):
        """Nearly right, in one way or another."""
        rng, line = self.rng, self.line()
        kind = rng.randrange(6)
        if kind == 0:
            message = json.loads(line)
            key = json.dumps(rng.choice(list(message)))
            pairs = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in message.items()]
            pairs.insert(rng.randrange(len(pairs) + 1), f"{key}:{rng.choice(JSON_VALUES)}")
            line = ("{" + ",".join(pairs) + "}\n").encode()
        elif kind == 1:
            message = json.loads(line)
            key = rng.choice(list(message))
            pairs = [f"{json.dumps(name)}:{rng.choice(JSON_VALUES) if name == key else json.dumps(value)}" for name, value in message.items()]
            line = ("{" + ",".join(pairs) + "}\n").encode()
        elif kind == 2:
            message = json.loads(line)
            del message[rng.choice(list(message))]
            line = json.dumps(message).encode() + b"\n"
        elif kind == 3:
            place = rng.randrange(len(line))
            line = line[:place] + bytes([rng.randrange(256)]) + line[place + 1:]
        elif kind == 4:
            place = rng.randrange(len(line))
            line = line[:place] + line[rng.randrange(len(line)):]
        else:
            text = rng.choice(["x", "é", "\n", '"']) * rng.choice([511, 513, 16384, 16385, 60000])
            message = {**json.loads(line), rng.choice(["resume", "detail", "message", "codec", "microphone"]): text}
            line = json.dumps(message, ensure_ascii=rng.random() < 0.5).encode() + b"\n"
        self.write(line)

    def garbage(self):
        self.write(self.rng.choice(GARBAGE))

    def halves(self):
        line = self.line()
        place = self.rng.randrange(len(line))
        self.write(line[:place])
        self.rng.choice((self.pause, self.obey))()
        if self.rng.random() < 0.8:
            self.write(line[place:])

    def flood(self):
        data = self.rng.choice([b"\n", self.line(), self.rng.choice(GARBAGE)])
        self.socket.settimeout(2)
        try:
            self.write(data * self.rng.choice([100, 400, 600, 3000]))
        except TimeoutError:
            """The daemon has read enough of it."""
        self.socket.settimeout(None)

    def passes(self):
        """Descriptors, which nobody asked for."""
        descriptors = [self.things.descriptor() for _ in range(self.rng.choice([1, 1, 2, 16]))]
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        self.socket.sendmsg([self.rng.choice([self.line(), b"\n", self.line()[:7]])], ancillary)
        for descriptor in descriptors:
            os.close(descriptor)

    # What it does

    def obey(self, within=0.05):
        """Answers what it is asked, rightly or in the wrong order."""
        while (request := self.hear(within)) is not None:
            if request["type"] == "ping":
                self.say(type="pong", serial=request["serial"] if self.rng.random() < 0.95 else self.rng.choice([0, 1, 1 << 63]))
            elif request["type"] == "leave" and self.rng.random() < 0.8:
                self.end()

    def obey_to_the_end(self):
        self.obey(20)

    def pause(self):
        time.sleep(self.rng.choice([0, 0.01, 0.1, 0.3]))

    def end(self):
        """Says so, and goes: at once, later, or not at all by itself."""
        if self.rng.random() < 0.15:
            # A farewell may take its time.
            self.say(type="state", state="ended", reason=self.rng.choice(REASONS), resume="bye")
            time.sleep(self.rng.choice([0, 0.2, 2] if self.is_brief else [0, 0.2, 2, 20, 1000]))
        self.say(type="state", state="ended", reason=self.rng.choice(REASONS))
        if self.rng.random() < 0.1:
            self.say(type="state", state="joined")
        if self.rng.random() < 0.05:
            time.sleep(1000)
        sys.exit(self.rng.choice([0, 0, 1]))

    def die(self):
        kind = self.rng.randrange(4)
        if kind == 0:
            os.kill(os.getpid(), self.rng.choice([signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM, signal.SIGABRT]))
        if kind == 1:
            self.write(self.line()[:9])
        if kind == 2:
            self.socket.shutdown(socket.SHUT_RDWR)
            time.sleep(0.1)
        os._exit(self.rng.choice([0, 3, 255]))

    def stop_reading(self):
        self.socket.shutdown(socket.SHUT_RD)

    def stop_writing(self):
        self.socket.shutdown(socket.SHUT_WR)

    def hang(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.kill(os.getpid(), signal.SIGSTOP) if self.rng.random() < 0.5 else time.sleep(1000)

    def leave_child(self):
        """One that has the channel open, too."""
        if os.fork() == 0:
            os.closerange(1, 3)
            time.sleep(self.rng.choice([0.2, 1000]))
            os._exit(0)


if __name__ == "__main__":
    try:
        {"good": Good, "hostile": Hostile}[sys.argv[1]]().run()
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)
