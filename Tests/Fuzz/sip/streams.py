# SPDX-License-Identifier: Apache-2.0
"""Connections over TCP: messages that are split, merged, mutated, and have garbage between them."""

import re
import select
import socket
import time

from . import mutation, seeds
from .datagrams import STATUS, STRANGERS, Sender
from .victim import Spoiled

GARBAGE = (b"\r\n", b"\r\n\r\n", b"\n\n\n\n", bytes(40), b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
           b"SIP/2.0", b" ", b"INVITE sip:x SIP/2.0\r\n" + b"a" * 2000, b"OPTIONS sip:x SIP/2.0\r\nContent-Length: 4294967295\r\n\r\n")


class Streams(Sender):
    """As many of them open at a time as a far end in doubt would open."""

    OPEN = 12

    def __init__(self, victim, rng):
        super().__init__(victim, rng)
        ids = victim.ids
        self.offers, self.inside = seeds.offers(ids, b"TCP"), seeds.in_dialog(ids, b"TCP")
        # Whose connection is closed before the ACK, that INVITE is in the way of the next for half a minute.
        self.calm = [seed for seed in self.inside if not seed.startswith(b"INVITE")] + self.offers[1::2]
        self.outside = seeds.strangers(ids, b"TCP")
        self.all = self.offers + self.inside + self.outside + seeds.responses(ids)
        self.open = []

    def connect(self, host):
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.bind((host, 0))
        sock.settimeout(10 * self.victim.patience)
        try:
            sock.connect(self.victim.sip)
        except OSError as error:
            sock.close()
            raise Spoiled(f"the engine takes no connection from {host}: {error}; {self.victim.log()}") from None
        sock.setblocking(False)
        return sock

    def stream(self, host, port):
        """What one connection carries."""
        rng, text = self.rng, b""
        for _ in range(rng.choice((1, 1, 2, 3, 8))):
            seed = rng.choice(self.calm if rng.random() < 0.98 else self.offers) if host == "127.0.0.1" else rng.choice(self.all)
            kind = rng.random()
            if kind < 0.5:
                data = mutation.mutated(rng, seed, self.all)
            elif kind < 0.7 and seed in self.offers:
                data = mutation.with_mutated_body(rng, seed)
            else:
                data = seed
            data = self.fill(data, host, port)
            if host == "127.0.0.1" and self.is_goodbye(data):
                data = data.replace(self.ids.call_id, self.ids.call_id[:-1])
            text += data
            if rng.random() < 0.3:
                text += rng.choice(GARBAGE)
        # Split over a message's end, a BYE could come together again.
        if host == "127.0.0.1" and self.is_goodbye(text):
            text = text.replace(self.ids.call_id, self.ids.call_id[:-1])
        return text

    def send(self, count):
        for _ in range(count):
            host = self.rng.choice(("127.0.0.1", *STRANGERS))
            sock = self.connect(host)
            text = self.stream(host, sock.getsockname()[1])
            while text:
                size = self.rng.choice((1, 7, 100, 1500, 1 << 20))
                part, rest = text[:size], text[size:]
                if not self._write(sock, part):
                    break
                # Bytes one by one are enough of a split at the beginning.
                text = rest
                if self.rng.random() < 0.02:
                    break
            self.open.append(sock)
            if len(self.open) > self.OPEN:
                self.drop(self.open.pop(self.rng.randrange(len(self.open))))
            if self.rng.random() < 0.2:
                self.hear()
        self.sent += count
        while self.open:
            self.drop(self.open.pop())

    def _write(self, sock, part):
        deadline = time.monotonic() + 10 * self.victim.patience
        while part:
            try:
                part = part[sock.send(part):]
            except BlockingIOError:
                self.hear()
                select.select([], [sock], [], 0.01)
                if time.monotonic() > deadline:
                    return False
            except OSError:
                return False
        return True

    def drop(self, sock):
        if self.rng.random() < 0.3:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        elif self.rng.random() < 0.5:
            self._read(sock)
        sock.close()

    def _read(self, sock):
        try:
            data = sock.recv(1 << 16)
        except OSError:
            return
        self.count(data)
        if sock.getsockname()[0] == "127.0.0.1":
            for part in re.split(rb"(?=SIP/2\.0 \d\d\d )", data):
                if answer := self.acknowledge(part):
                    self._write(sock, answer)

    def hear(self):
        self.victim.said.take()
        for sock in self.open:
            self._read(sock)

    def ask(self, within=60.0):
        """One valid offer and a question, over a new connection."""
        deadline = time.monotonic() + within * self.victim.patience
        refused = []
        for template in (self.offers[0].replace(b"sip:far@@H:@P", b"sip:far@127.0.0.1:%d" % self.victim.far_sip[1]), self.inside[0]):
            status = 0
            while status != 200:
                if time.monotonic() > deadline:
                    raise Spoiled(f"valid requests over a new connection are answered {refused}")
                status = self._asked(template)
                refused.append(status)
                if status not in (200, 0):
                    time.sleep(0.5)

    def _asked(self, template):
        with self.connect("127.0.0.1") as sock:
            sock.sendall(self.fill(template, *sock.getsockname()))
            sock.settimeout(5 * self.victim.patience)
            data, deadline = b"", time.monotonic() + 5 * self.victim.patience
            while time.monotonic() < deadline:
                try:
                    more = sock.recv(1 << 16)
                except TimeoutError:
                    return 0
                except OSError:
                    return 0
                self.victim.said.take()
                data += more
                for part in re.split(rb"(?=SIP/2\.0 \d\d\d )", data):
                    if (match := STATUS.match(part)) and b"\r\n\r\n" in part and match[1] >= b"200":
                        if answer := self.acknowledge(part):
                            sock.sendall(answer)
                        return int(match[1])
                if not more:
                    return 0
            return 0
