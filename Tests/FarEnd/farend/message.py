# SPDX-License-Identifier: Apache-2.0
"""SIP messages."""

import re

from .address import Malformed, NameAddress, parameters, split_list

COMPACT = {
    "v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type",
    "e": "content-encoding", "s": "subject", "k": "supported", "o": "event", "r": "refer-to", "x": "session-expires",
    "b": "referred-by", "u": "allow-events", "a": "accept-contact", "y": "identity"}  # fmt: skip
PHRASES = {
    100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued", 183: "Session Progress", 200: "OK",
    202: "Accepted", 300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily", 305: "Use Proxy",
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not found", 405: "Method Not Allowed",
    407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone", 415: "Unsupported Media Type",
    420: "Bad Extension", 421: "Extension Required", 422: "Session Interval Too Small",
    480: "Temporarily unavailable", 481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 486: "Busy here",
    487: "Request Terminated", 488: "Not acceptable here", 489: "Bad Event", 491: "Request Pending",
    500: "Server Internal Error", 501: "Not Implemented", 503: "Service Unavailable", 504: "Server Time-out",
    600: "Busy everywhere", 603: "Decline", 604: "Does Not Exist Anywhere", 606: "Not Acceptable"}  # fmt: skip
BOUND = 256 * 1024


class Message:
    """A request or a response: its first line, its fields as (name, value) in their order, its body."""

    def __init__(self, first, fields=(), body=b""):
        self.first = first
        self.fields = list(fields)
        self.body = body.encode() if isinstance(body, str) else body
        self.method = self.uri = self.status = self.flow = None
        if first.startswith("SIP/2.0 "):
            match = re.fullmatch(r"SIP/2\.0 ([1-6]\d\d) (.*)", first, re.DOTALL)
            if not match:
                raise Malformed(f"the status line is “{first[:100]}”")
            self.status, self.phrase = int(match[1]), match[2]
        else:
            match = re.fullmatch(r"([A-Za-z0-9.!%*_+`'~-]+) (\S+) SIP/2\.0", first)
            if not match:
                raise Malformed(f"the first line is “{first[:100]}”")
            self.method, self.uri = match[1], match[2]

    @classmethod
    def parse(cls, data):
        head, gap, body = data.partition(b"\r\n\r\n")
        if not gap:
            raise Malformed("the head does not end with an empty line")
        text = head.decode("utf-8", "replace")
        if re.search(r"\r(?!\n)|(?<!\r)\n|\0", text):
            raise Malformed("a line of the head does not end with CRLF, or has a NUL in it")
        first, *lines = re.sub(r"\r\n[ \t]+", " ", text).split("\r\n")
        fields = []
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not name.strip():
                raise Malformed(f"“{line[:100]}” is no header field")
            fields.append((name.strip(), value.strip()))
        return cls(first, fields, body)

    def all(self, name):
        """The values of every field of that name, as they stand."""
        name = name.lower()
        return [value for key, value in self.fields if COMPACT.get(key.lower(), key.lower()) == name]

    def get(self, name, default=None):
        return next(iter(self.all(name)), default)

    def list(self, name):
        """The elements of every field of that name."""
        return [element for value in self.all(name) for element in split_list(value) if element]

    def tokens(self, name):
        return {element.lower() for element in self.list(name)}

    def add(self, name, value):
        self.fields.append((name, value))

    def to_bytes(self):
        fields = [*self.fields, ("Content-Length", str(len(self.body)))]
        lines = [self.first, *(f"{name}: {value}" for name, value in fields)]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + self.body

    @property
    def call_id(self):
        return self.get("call-id", "")

    @property
    def sequence(self):
        """The number and the method of CSeq."""
        number, _, method = self.get("cseq", "").strip().partition(" ")
        return (int(number) if number.isascii() and number.isdigit() else -1), method.strip()

    def tag(self, field):
        try:
            return NameAddress(self.get(field, "")).tag
        except Malformed:
            return None

    @property
    def via(self):
        return Via(next(iter(self.list("via")), ""))

    @property
    def content_type(self):
        return self.get("content-type", "").partition(";")[0].strip().lower()

    def part(self, kind):
        """The body of that content type, be it a part of others; None where there is none."""
        if self.content_type == kind:
            return self.body
        if not self.content_type.startswith("multipart/"):
            return None
        words = parameters(split_list(self.get("content-type"), ";")[1:])
        boundary = (words.get("boundary") or "").strip('"').encode()
        for piece in (b"\r\n" + self.body).split(b"\r\n--" + boundary)[1:] if boundary else []:
            head, _, body = piece.partition(b"\r\n\r\n")
            if re.search(rb"^content-type:\s*" + re.escape(kind.encode()), head, re.IGNORECASE | re.MULTILINE):
                return body
        return None


class Via:
    PATTERN = re.compile(
        r"SIP\s*/\s*2\.0\s*/\s*(\w+)\s+(\[[^\]]+\]|[^:;\s]+)(?:\s*:\s*(\d+))?\s*(;.*)?", re.DOTALL)

    def __init__(self, text):
        match = self.PATTERN.fullmatch(text)
        if not match:
            raise Malformed(f"the Via is “{text[:100]}”")
        self.transport, self.host = match[1].lower(), match[2].strip("[]")
        self.port = int(match[3]) if match[3] else None
        self.parameters = parameters((match[4] or "").split(";")[1:])
        self.text = text

    @property
    def branch(self):
        return self.parameters.get("branch") or ""

    def received_from(self, host, port):
        """This Via with where the request came from (RFC 3261, 18.2.1; RFC 3581)."""
        text = self.text
        if "rport" in self.parameters:
            text = re.sub(r";\s*rport(=\d*)?(?=;|\s|$)", f";rport={port}", text)
        if host != self.host:
            text += f";received={host}"
        return text
