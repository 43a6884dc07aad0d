# SPDX-License-Identifier: Apache-2.0
"""What is sent: by the far end's own address, and by strangers."""

import re
import socket
import struct
import time

from . import mutation, seeds
from .victim import Queue, Spoiled, udp

STRANGERS = ("127.0.0.2", "127.0.7.7")
BATCH, BATCH_OCTETS = 32, 40_000
# Read 64 at a time by each socket, every 20 ms.
PACKETS, PACKET_OCTETS = 110, 100_000
SEQUENCE = re.compile(rb"(?is)(?:^|[\r\n])(?:cseq)[ \t]*:\s*(\d+)")
LEAP = 100_000
STATUS = re.compile(rb"SIP/2\.0 (\d\d\d) ")


class Sender:
    """The far end's dialog, as one who is in it can go on with it, and sockets to do so from."""

    def __init__(self, victim, rng):
        self.victim, self.rng, self.ids = victim, rng, victim.ids
        self.sequence = 1000
        self.words = 0
        self.sent = 0
        self.statuses = {}

    def fill(self, text, host, port):
        self.words += 1
        self.sequence += 1
        word = b"%x" % (self.words * 7919)
        return (text.replace(b"@B", b"z9hG4bK" + word).replace(b"@S", b"%d" % self.sequence).replace(b"@P", b"%d" % port)
                .replace(b"@H", host.encode()).replace(b"@X", word).replace(b"@@", b"@"))

    def is_goodbye(self, data):
        """It may be a valid BYE, or a CSeq that ends what the far end can still say: both would be obeyed, rightly."""
        if self.ids.call_id not in data:
            return False
        if b"BYE" in data and not data.startswith(b"SIP/2.0"):
            return True
        return any(len(number) > 12 or int(number) > self.sequence + LEAP for number in SEQUENCE.findall(data))

    def count(self, data):
        if match := STATUS.match(data):
            self.statuses[match[1].decode()] = self.statuses.get(match[1].decode(), 0) + 1

    def acknowledge(self, data):
        """The ACK of a final response to an INVITE, which a far end in its right mind sends; None for anything else."""
        head = data.partition(b"\r\n\r\n")[0]
        status = STATUS.match(head)
        lines = head.split(b"\r\n")
        fields = {}
        for line in lines[1:]:
            name, _, value = line.partition(b": ")
            fields.setdefault(name, value)
        if not status or status[1] < b"200" or not fields.get(b"CSeq", b"").endswith(b" INVITE"):
            return None
        via = fields.get(b"Via", b"")
        if status[1][:1] == b"2":
            self.words += 1
            via = re.sub(rb"branch=[^;]*", b"branch=z9hG4bKack%x" % self.words, via)
        body = self.ids.sdp if b"a=" in data else b""
        if body and self.rng.random() < 0.2:
            body = mutation.with_mutated_body(self.rng, b"Content-Length: 0\r\n\r\n" + body).partition(b"\r\n\r\n")[2]
        kind = [b"Content-Type: application/sdp"] if body else []
        return b"\r\n".join([
            b"ACK " + self.ids.target + b" SIP/2.0", b"Via: " + via, b"Max-Forwards: 70", b"From: " + fields.get(b"From", b""),
            b"To: " + fields.get(b"To", b""), b"Call-ID: " + fields.get(b"Call-ID", b""),
            b"CSeq: " + fields[b"CSeq"].replace(b"INVITE", b"ACK"), *kind, b"Content-Length: %d" % len(body), b"", b""]) + body


class Datagrams(Sender):
    def __init__(self, victim, rng):
        super().__init__(victim, rng)
        self.own = udp("127.0.0.1")
        self.others = [udp(host) for host in STRANGERS]
        self.queue = Queue([victim.sip[1]])
        ids = victim.ids
        self.offers, self.inside = seeds.offers(ids), seeds.in_dialog(ids)
        self.outside, self.answers = seeds.strangers(ids), seeds.responses(ids)
        self.all = self.offers + self.inside + self.outside + self.answers

    def one(self):
        """A socket and what it sends."""
        rng, chance = self.rng, self.rng.random()
        if chance < 0.5:
            sock = self.own
            kind = rng.random()
            if kind < 0.35:
                data = rng.choice(self.offers)
                if rng.random() < 0.7:
                    data = mutation.with_mutated_body(rng, data)
                # INVITEs whose answers go nowhere, and so get no ACK, are in the way of others for half a minute.
                elif data.startswith(b"UPDATE") or rng.random() < 0.1:
                    data = mutation.mutated(rng, data, self.all)
            elif kind < 0.75:
                data = mutation.mutated(rng, rng.choice(self.inside), self.all) if rng.random() < 0.9 else rng.choice(self.inside)
            else:
                data = mutation.mutated(rng, rng.choice(self.answers), self.all)
        else:
            sock = rng.choice(self.others)
            data = rng.choice(rng.choice((self.outside, self.outside, self.inside, self.offers, self.answers)))
            if rng.random() < 0.85:
                data = mutation.mutated(rng, data, self.all)
        data = self.fill(data, *sock.getsockname())[:mutation.LONGEST]
        if sock is self.own and self.is_goodbye(data):
            data = data.replace(self.ids.call_id, self.ids.call_id[:-1])
        return sock, data

    def send(self, count):
        done = 0
        while done < count:
            octets = batch = 0
            while batch < min(BATCH, count - done) and octets < BATCH_OCTETS:
                sock, data = self.one()
                try:
                    sock.sendto(data, self.victim.sip)
                except OSError as error:
                    raise Spoiled(f"cannot send {len(data)} octets: {error}") from None
                batch, octets = batch + 1, octets + len(data) + 1000
            done += batch
            self.queue.wait(self.victim)
            self.hear()
        self.sent += done

    def hear(self):
        for sock in (self.own, *self.others):
            while True:
                try:
                    data, source = sock.recvfrom(65536)
                except BlockingIOError:
                    break
                self.count(data)
                # Strangers do not: what that costs is theirs to make others pay.
                if sock is self.own and source == self.victim.sip and (answer := self.acknowledge(data)):
                    sock.sendto(answer, source)

    def ask(self, template, within=45.0):
        """The status of the answer to one valid request, which is sent again as UDP's are."""
        data = self.fill(template, *self.own.getsockname())
        branch = re.search(rb"branch=([^;\r]*)", data)[1]
        started, last, pause = time.monotonic(), 0.0, 0.5
        while time.monotonic() - started < within * self.victim.patience:
            if time.monotonic() - last > pause:
                self.own.sendto(data, self.victim.sip)
                last, pause = time.monotonic(), min(4.0, pause * 2)
            try:
                answer, source = self.own.recvfrom(65536)
            except BlockingIOError:
                self.victim.said.take()
                time.sleep(0.002)
                continue
            if acknowledgement := self.acknowledge(answer):
                self.own.sendto(acknowledgement, source)
            if branch in answer and (match := STATUS.match(answer)) and match[1] >= b"200":
                return int(match[1]), answer
        return 0, b""

    def restore(self):
        """The session as it was; seconds until the far end agrees."""
        started = time.monotonic()
        refused = []
        while time.monotonic() - started < 60 * self.victim.patience:
            status, answer = self.ask(self.offers[0].replace(b"sip:far@@H:@P", b"sip:far@127.0.0.1:%d" % self.victim.far_sip[1]))
            if status == 200:
                if b"m=audio" not in answer:
                    raise Spoiled(f"the answer to a valid offer has no description: {answer!r}")
                return time.monotonic() - started
            refused.append(status)
            # 500 and 491: what a mutation began is under way.
            if status not in (491, 500):
                break
            time.sleep(0.5)
        raise Spoiled(f"a valid offer of the far end is answered {refused}")


class Spoofed:
    """UDP from any address and port of this machine: what a far end's socket sends, beside it."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)

    def send(self, data, source, destination):
        udp_head = struct.pack("!HHHH", source[1], destination[1], 8 + len(data), 0)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28 + len(data), 0, 0, 64, 17, 0, socket.inet_aton(source[0]), socket.inet_aton(destination[0]))
        self.socket.sendto(head + udp_head + data, (destination[0], 0))


class Media:
    """RTP and RTCP, from where the far end sends it, and from elsewhere."""

    def __init__(self, victim, rng):
        self.victim, self.rng = victim, rng
        self.raw = Spoofed()
        self.to = [victim.media, (victim.media[0], victim.media[1] + 1)]
        self.right = [victim.far_media, (victim.far_media[0], victim.far_media[1] + 1)]
        self.queue = Queue([port for _, port in self.to])
        self.seeds = seeds.packets()
        self.source, self.sequence, self.timestamp = 0x1234, 0, 0
        self.sent = 0

    def one(self):
        rng = self.rng
        data = mutation.packet(rng, rng.choice(self.seeds))
        if len(data) >= 12 and rng.random() < 0.8 and not 192 <= data[1] <= 223:
            # In order by one source, in leaps, and by as many sources as there are.
            way = rng.random()
            self.sequence = (self.sequence + 1 if way < 0.6 else rng.randrange(1 << 16)) & 0xFFFF
            self.timestamp = (self.timestamp + 960 if way < 0.6 else rng.randrange(1 << 32)) & 0xFFFFFFFF
            if way > 0.8:
                self.source = rng.randrange(1 << 32)
            data = data[:2] + struct.pack("!HII", self.sequence, self.timestamp, self.source) + data[12:]
        place = int(rng.random() < 0.35)
        chance = rng.random()
        if chance < 0.6:
            return data, self.right[place], self.to[place]
        if chance < 0.7:
            return data, self.right[1 - place], self.to[place]
        return data, (rng.choice(("127.0.0.1", *STRANGERS)), rng.choice((5004, 9, rng.randint(1024, 65535)))), self.to[place]

    def send(self, count):
        done = 0
        while done < count:
            octets = batch = 0
            while batch < min(PACKETS, count - done) and octets < PACKET_OCTETS:
                packet = self.one()
                self.raw.send(*packet)
                batch, octets = batch + 1, octets + len(packet[0]) + 768
            done += batch
            self.queue.wait(self.victim)
            if done % 4096 < PACKETS:
                self.victim.said.take()
        self.sent += done
