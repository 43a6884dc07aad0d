# SPDX-License-Identifier: Apache-2.0
"""Somebody else, at a socket of their own, who says things to the one who is in a call with the far end."""

import os
import random
import struct

from . import wire
from .address import URI, Malformed
from .message import Message

WAIT = 1000
SDP_PORT = 9


class Stranger:
    def __init__(self, line):
        self.line = line
        self.address = line.settings.stranger or line.settings.address
        self.socket = wire.udp_socket(self.address)
        self.media = wire.udp_socket(self.address)
        self.port = self.socket.getsockname()[1]
        self.heard = 0
        self._asked = {}
        line.loop.add_reader(self.socket.fileno(), self._on_message)
        line.loop.add_reader(self.media.fileno(), self._on_media)

    def close(self):
        for sock in (self.socket, self.media):
            self.line.loop.remove_reader(sock.fileno())
            sock.close()

    def _on_media(self):
        self.heard += sum(1 for _ in wire.receive(self.media))

    def _on_message(self):
        for data, sender, _, _ in wire.receive(self.socket):
            try:
                message = Message.parse(data)
                branch = message.via.branch
            except Malformed:
                continue
            if message.status is None:
                self.line.events("stranger-asked", method=message.method)
            elif branch in self._asked:
                self._asked[branch].append(message.status)

    def ask(self, call, method, words):
        """`words`: dialog, replaces, sdp, uri, cseq, wait, event, body."""
        target = URI(words.get("uri") or call.dialog.target)
        host, port = self.line.resolve(*target.target)
        own = f"sip:stranger@{self._host}:{self.port}"
        branch = f"z9hG4bK{os.urandom(8).hex()}"
        dialog = call.dialog
        message = Message(f"{method} {target.text} SIP/2.0", [
            ("Via", f"SIP/2.0/UDP {self._host}:{self.port};branch={branch};rport"), ("Max-Forwards", "70")])
        if words.get("dialog") == "yes":
            message.add("From", f"{dialog.local};tag={dialog.local_tag}")
            message.add("To", f"{dialog.remote};tag={dialog.remote_tag}")
            message.add("Call-ID", dialog.call_id)
        else:
            message.add("From", f"<{own}>;tag={os.urandom(4).hex()}")
            message.add("To", f"<{target.text}>")
            message.add("Call-ID", os.urandom(8).hex())
        message.add("CSeq", f"{words.get('cseq') or dialog.local_sequence + 100} {method}")
        message.add("Contact", f"<{own}>")
        if words.get("replaces") == "yes":
            message.add("Replaces", f"{dialog.call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}")
            message.add("Require", "replaces")
        if method in ("SUBSCRIBE", "NOTIFY"):
            message.add("Event", words.get("event", "refer"))
            message.add(*(("Subscription-State", "active") if method == "NOTIFY" else ("Expires", "60")))
        if method == "REFER":
            message.add("Refer-To", f"<{own}>")
        self._add_body(message, words)
        self._asked[branch] = []
        self.socket.sendto(message.to_bytes(), (host, port))
        self.line.later(int(words.get("wait", WAIT)), self._tell, method, branch, message)

    @property
    def _host(self):
        return f"[{self.address}]" if ":" in self.address else self.address

    def _add_body(self, message, words):
        if words.get("sdp") == "yes":
            family = "IP6" if ":" in self._host else "IP4"
            address = self.address
            message.add("Content-Type", "application/sdp")
            message.body = (
                f"v=0\r\no=stranger 1 1 IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n"
                f"m=audio {self.media.getsockname()[1]} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n").encode()
        elif words.get("body"):
            message.add("Content-Type", words.get("type", "text/plain"))
            message.body = words["body"].encode()

    def _tell(self, method, branch, message):
        answers = self._asked.pop(branch)
        status = answers[-1] if answers else 0
        self.line.events("stranger", method=method, statuses=answers, status=status, heard=self.heard)
        if method == "INVITE" and answers and answers[-1] >= 200:
            target = URI(message.uri)
            ack = Message(message.first.replace("INVITE ", "ACK "), [f for f in message.fields if f[0] in (
                "Via", "Max-Forwards", "From", "To", "Call-ID")])
            ack.add("CSeq", f"{message.sequence[0]} ACK")
            self.socket.sendto(ack.to_bytes(), self.line.resolve(*target.target))

    def send_sound(self, call, count, payload=None, data=b"\x00" * 160):
        """RTP to where the call's media goes, with an SSRC of its own, 20 ms apart."""
        plan = call.media.plan
        number = plan.send.number if payload is None else payload
        source, start = random.getrandbits(32), random.getrandbits(15)

        def one(index):
            if index >= count or self.media.fileno() < 0:
                self.line.events("stranger-sent", packets=index)
                return
            head = struct.pack(
                "!BBHII", 0x80, number, (start + index) & 0xFFFF, index * plan.send.rate // 50 & 0xFFFFFFFF, source)
            self.media.sendto(head + data, plan.remote)
            self.line.later(20, one, index + 1)

        one(0)

    def send_control(self, call, data):
        self.media.sendto(data, call.media.plan.remote_control)

    def send_raw(self, call, data):
        self.socket.sendto(data, self.line.resolve(*URI(call.dialog.target).target))
