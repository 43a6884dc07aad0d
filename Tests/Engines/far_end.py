# SPDX-License-Identifier: Apache-2.0
"""The far ends of the tests: ongoingcall-farend, and a bare SIP socket for what that does not do."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

from engine_process import LineReader, TimedOut

GRACE = 5
PROGRAM = str(Path(__file__).resolve().parents[1] / "FarEnd" / "ongoingcall-farend")
ASIDE = ("rtp", "stats", "violation")
"""Events that are no part of a call's course."""


class FarEnd:
    """ongoingcall-farend, which answers calls and measures the RTP that comes."""

    def __init__(self, *options, address="127.0.0.1", prefix=(), stderr=subprocess.DEVNULL):
        self.process = subprocess.Popen(
            [*prefix, PROGRAM, "--address", address, *map(str, options)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, start_new_session=True)
        self.reader = LineReader(self.process.stdout.fileno())
        listening = self.wait_for("listening")
        self.port, self.tls_port = listening["port"], listening.get("tls-port")
        self.host = f"[{address}]" if ":" in address else address
        self.uri = f"sip:far@{self.host}:{self.port}"

    def wait_for(self, event, timeout=10, **values):
        """The next event of that name and with those values; underscores in keys stand for hyphens."""
        wanted = {key.replace("_", "-"): value for key, value in values.items()}

        def matches(message):
            return message["event"] == event and all(message.get(k) == v for k, v in wanted.items())

        return self.reader.wait_for(matches, timeout, f"event {event} {wanted or ''}")

    def command(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def stats(self):
        self.command("stats")
        return self.wait_for("stats")

    def wait_for_packets(self, more, timeout=10):
        """Returns the reading in which so many more packets have come than by now."""
        goal = self.stats()["packets"] + more
        return self.reader.wait_for(
            lambda m: m["event"] in ("rtp", "stats") and m["packets"] >= goal, timeout, f"{more} more packets")

    def events(self):
        """The names of everything but readings and violations, so far."""
        return [m["event"] for m in self.reader.seen if m["event"] not in ASIDE]

    def violations(self):
        """What the engine did against the rules so far, as texts."""
        self.stats()
        return [m["text"] for m in self.reader.seen if m["event"] == "violation"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            if self.process.poll() is None:
                self.process.stdin.close()
                self.process.wait(GRACE)
        except (OSError, subprocess.TimeoutExpired):
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(GRACE)
        finally:
            self.reader.close()
            self.process.stdout.close()


class Message:
    """A SIP message: its first line, its header fields (the first of each name, in lower case) and its body."""

    def __init__(self, data, sender):
        head, _, self.body = data.decode("utf-8", "replace").partition("\r\n\r\n")
        self.first, *lines = head.split("\r\n")
        self.sender = sender
        self.fields = {}
        for line in lines:
            name, _, value = line.partition(":")
            self.fields.setdefault(name.strip().lower(), value.strip())
        self.vias = [line for line in lines if line.lower().startswith("via:")]

    @property
    def method(self):
        return self.fields["cseq"].split()[1]

    @property
    def status(self):
        """The status of a response; None for a request."""
        match = re.match(r"SIP/2\.0 (\d+)", self.first)
        return int(match.group(1)) if match else None

    def tag(self, field):
        match = re.search(r";tag=([^;>\s]+)$", self.fields[field])
        return match.group(1) if match else None


class BareFarEnd:
    """A UDP socket that speaks just the SIP that a test writes down."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.media.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.uri = f"sip:far@127.0.0.1:{self.port}"

    @property
    def contact(self):
        return f"<{self.uri}>"

    def sdp(self, direction="sendrecv"):
        port = self.media.getsockname()[1]
        lines = [
            "v=0", "o=far 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0",
            f"m=audio {port} RTP/AVP 0", "a=rtpmap:0 PCMU/8000", f"a={direction}"]
        return "\r\n".join(lines) + "\r\n"

    def receive(self, method, timeout=10, status=None):
        """The next request of that method, or response of that status to one."""
        seen = []
        self.socket.settimeout(timeout)
        while True:
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
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{os.urandom(6).hex()};rport",
            f"From: {from_}", f"To: {to}", f"Call-ID: {call_id}", f"CSeq: {sequence} {method}",
            "Max-Forwards: 70", f"Contact: {self.contact}", *extra]
        self._send(fields, body, destination)

    def _send(self, fields, body, destination):
        if body and not any(field.startswith("Content-Type:") for field in fields):
            fields.append("Content-Type: application/sdp")
        fields.append(f"Content-Length: {len(body)}")
        self.socket.sendto(("\r\n".join(fields) + "\r\n\r\n" + body).encode(), destination)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.media.close()
