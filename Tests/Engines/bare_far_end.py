# SPDX-License-Identifier: Apache-2.0
"""A far end that speaks just the SIP, RTP and RTCP that a test writes down."""

import os
import re
import select
import socket
import struct
import time

from engine_process import TimedOut

COOKIE = "z9hG4bK"


class Message:
    """A SIP message: its first line, its header fields (the first of each name, in lower case) and its body."""

    def __init__(self, data, sender):
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        self.first, *self.lines = head.split("\r\n")
        self.sender = sender
        self.fields = {}
        for line in self.lines:
            name, _, value = line.partition(":")
            self.fields.setdefault(name.strip().lower(), value.strip())
        self.vias = self.all("via")

    def all(self, name):
        """The whole lines of that field."""
        return [line for line in self.lines if line.lower().startswith(name + ":")]

    @property
    def method(self):
        return self.fields["cseq"].split()[1]

    @property
    def sequence(self):
        return int(self.fields["cseq"].split()[0])

    @property
    def uri(self):
        return self.first.split()[1]

    @property
    def branch(self):
        return re.search(r"branch=([^;\s]+)", self.fields["via"]).group(1)

    @property
    def contact(self):
        """The URI of it."""
        return self.fields["contact"].partition("<")[2].partition(">")[0]

    @property
    def media(self):
        """Where its SDP wants RTP."""
        return (re.search(r"^c=IN IP[46] (\S+)", self.body, re.M).group(1),
                int(re.search(r"^m=audio (\d+)", self.body, re.M).group(1)))

    @property
    def origin(self):
        """The session's number and version in its SDP."""
        return tuple(int(word) for word in re.search(r"^o=\S+ (\d+) (\d+)", self.body, re.M).groups())

    @property
    def direction(self):
        """What its SDP says of it; sendrecv where nothing."""
        found = re.search(r"^a=(sendrecv|sendonly|recvonly|inactive)\r?$", self.body, re.M)
        return found.group(1) if found else "sendrecv"

    @property
    def status(self):
        """The status of a response; None for a request."""
        match = re.match(r"SIP/2\.0 (\d+)", self.first)
        return int(match.group(1)) if match else None

    def tag(self, field):
        match = re.search(r";tag=([^;>\s]+)$", self.fields[field])
        return match.group(1) if match else None


class BareFarEnd:
    """UDP sockets: one for SIP, and for media a pair, RTCP above RTP."""

    def __init__(self, address="127.0.0.1"):
        self.address = address
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.media, self.control = media_pair(address)
        self.port = self.socket.getsockname()[1]
        self.uri = f"sip:far@{address}:{self.port}"
        self.sequence = 0

    @property
    def contact(self):
        return f"<{self.uri}>"

    def sdp(self, direction="sendrecv", version=1, address=None, codecs=("0 PCMU/8000",), lines=(), port=None):
        numbers = " ".join(codec.split()[0] for codec in codecs)
        address = address or self.address
        lines = [
            "v=0", f"o=far 1 {version} IN IP4 {self.address}", "s=-", f"c=IN IP4 {address}", "t=0 0",
            f"m=audio {self.media.getsockname()[1] if port is None else port} RTP/AVP {numbers}",
            *(f"a=rtpmap:{codec}" for codec in codecs), f"a={direction}", *lines]
        return "\r\n".join(lines) + "\r\n"

    def receive(self, method, timeout=10, status=None):
        """The next request of that method, or response of that status to one."""
        seen = []
        deadline = time.monotonic() + timeout
        while True:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data, sender = self.socket.recvfrom(65536)
            except TimeoutError:
                raise TimedOut(f"no {method} {status or ''} within {timeout} s; came: {seen}") from None
            if not data.strip():
                continue
            message = Message(data, sender)
            if message.method == method and message.status == status:
                return message
            seen.append(message.first)

    def receive_request(self, timeout=10):
        """The next request, of any method."""
        self.socket.settimeout(timeout)
        while True:
            try:
                data, sender = self.socket.recvfrom(65536)
            except TimeoutError:
                raise TimedOut(f"no request within {timeout} s") from None
            message = Message(data, sender) if data.strip() else None
            if message and message.status is None:
                return message

    def receive_response(self, method, timeout=10):
        """The next final response to a request of that method."""
        deadline = time.monotonic() + timeout
        while True:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data, sender = self.socket.recvfrom(65536)
            except TimeoutError:
                raise TimedOut(f"no response to {method} within {timeout} s") from None
            message = Message(data, sender) if data.strip() else None
            if message and message.method == method and (message.status or 0) >= 200:
                return message

    def reply(self, request, status, phrase, tag="far-tag", extra=(), body="", contact=None):
        """`contact` stands in the place of this far end's own."""
        fields = [
            f"SIP/2.0 {status} {phrase}", *request.vias, f"From: {request.fields['from']}",
            "To: " + request.fields["to"] + (f";tag={tag}" if not request.tag("to") and status > 100 else ""),
            f"Call-ID: {request.fields['call-id']}", f"CSeq: {request.fields['cseq']}",
            f"Contact: {contact or self.contact}", *extra]
        self._send(fields, body, request.sender)

    def request(self, method, target, destination, call_id, sequence, from_, to, extra=(), body=""):
        fields = [
            f"{method} {target} SIP/2.0",
            f"Via: SIP/2.0/UDP {self.address}:{self.port};branch={COOKIE}{os.urandom(6).hex()};rport",
            f"From: {from_}", f"To: {to}", f"Call-ID: {call_id}", f"CSeq: {sequence} {method}",
            "Max-Forwards: 70", f"Contact: {self.contact}", *extra]
        self._send(fields, body, destination)

    def ask(self, invite, method, extra=(), body="", sequence=None, tag="far-tag", own_tag=None, to=None):
        """A request in the dialog that an INVITE has begun, as everybody could send it who has read its ids."""
        self.sequence += 1
        own = f"{to or invite.fields['to']};tag={tag}"
        other = invite.fields["from"]
        if own_tag is not None:
            other = other.partition(";tag=")[0] + f";tag={own_tag}"
        number = self.sequence if sequence is None else sequence
        self.request(
            method, invite.contact, invite.sender, invite.fields["call-id"], number, own, other, extra, body)

    def _send(self, fields, body, destination):
        if body and not any(field.startswith("Content-Type:") for field in fields):
            fields.append("Content-Type: application/sdp")
        if not any(field.startswith("Content-Length:") for field in fields):
            fields.append(f"Content-Length: {len(body.encode())}")
        self.send_bytes(("\r\n".join(fields) + "\r\n\r\n" + body).encode(), destination)

    def send_bytes(self, data, destination):
        self.socket.sendto(data, destination)

    # Media

    def send_sound(self, invite, count, source=1, first=0, sock=None, byte=b"\xff"):
        """So much PCMU, as fast as it goes: 20 ms of one byte each."""
        for number in range(first, first + count):
            packet = struct.pack("!BBHII", 0x80, 0, number & 0xFFFF, number * 160, source) + byte * 160
            (sock or self.media).sendto(packet, invite.media)

    def receive_sound(self, count=1, timeout=5):
        """The next packets of RTP, whole."""
        packets = []
        deadline = time.monotonic() + timeout
        while len(packets) < count:
            ready, _, _ = select.select([self.media], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                raise TimedOut(f"{len(packets)} packets of {count} within {timeout} s")
            packets.append(self.media.recv(4096))
        return packets

    def forget_sound(self):
        """What has come up to now is not waited for any more."""
        while select.select([self.media], [], [], 0)[0]:
            self.media.recv(4096)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for sock in (self.socket, self.media, self.control):
            sock.close()


def media_pair(address):
    """An even port and the one above."""
    for _ in range(100):
        even = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        odd = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        even.bind((address, 0))
        port = even.getsockname()[1]
        try:
            if port % 2 == 0:
                odd.bind((address, port + 1))
                return even, odd
        except OSError:
            """Taken: another one then."""
        even.close()
        odd.close()
    raise OSError(f"there is no free pair of ports at {address}")


def answer_barely(engine, far_end, direction="sendrecv", **join):
    """A call to a bare far end, answered; returns the INVITE."""
    engine.join(far_end.uri, **join)
    invite = far_end.receive("INVITE")
    far_end.reply(invite, 200, "OK", body=far_end.sdp(direction))
    far_end.receive("ACK")
    engine.wait_for_state("joined")
    return invite
