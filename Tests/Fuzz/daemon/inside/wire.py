# SPDX-License-Identifier: Apache-2.0
"""A connection to a bus in D-Bus's own bytes, which says what no library would let it say."""

import array
import collections
import os
import select
import socket
import struct
import time

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
NO_REPLY, NO_START, INTERACTIVE = 1, 2, 4
PATH, INTERFACE, MEMBER, ERROR_NAME, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE, UNIX_FDS = range(1, 10)
BASIC = {"y": "B", "n": "h", "q": "H", "i": "i", "u": "I", "x": "q", "t": "Q", "d": "d", "h": "I"}
TEXTS = "sog"
BUS = "org.freedesktop.DBus"
BUS_PATH = "/org/freedesktop/DBus"
PROPERTIES = "org.freedesktop.DBus.Properties"

# A value in a variant. A dictionary is a list of pairs, so that a key can come twice; text may be bytes.
Variant = collections.namedtuple("Variant", "signature value")


class Closed(ConnectionError):
    """The bus has closed the connection."""


class Refused(Exception):
    """The answer is an error."""

    def __init__(self, name, text):
        super().__init__(f"{name}: {text}")
        self.name, self.text = name, text


def first(signature):
    """The end of the first complete type."""
    depth, place = 0, 0
    while True:
        letter = signature[place]
        place += 1
        if letter == "a":
            continue
        depth += (letter in "({") - (letter in ")}")
        if depth == 0:
            return place


def split(signature):
    """The complete types that it is made of."""
    parts = []
    while signature:
        end = first(signature)
        parts.append(signature[:end])
        signature = signature[end:]
    return parts


def alignment(signature):
    letter = signature[0]
    if letter in "({xtd":
        return 8
    if letter in "yvg":
        return 1
    return 2 if letter in "nq" else 4


class Writer:
    def __init__(self, order="<"):
        self.order, self.data = order, bytearray()

    def pad(self, count):
        self.data += bytes(-len(self.data) % count)

    def pack(self, code, value):
        self.pad(struct.calcsize(code))
        self.data += struct.pack(self.order + code, value)

    def write(self, signature, value):
        letter = signature[0]
        if letter in BASIC:
            self.pack(BASIC[letter], value)
        elif letter == "b":
            self.pack("I", int(value))
        elif letter in TEXTS:
            text = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
            self.pack("B" if letter == "g" else "I", len(text))
            self.data += text + b"\0"
        elif letter == "v":
            self.write("g", value.signature)
            self.write(value.signature, value.value)
        elif letter == "a":
            self._array(signature[1:], value)
        else:
            self.pad(8)
            for kind, item in zip(split(signature[1:-1]), value):
                self.write(kind, item)

    def _array(self, kind, value):
        self.pack("I", 0)
        place = len(self.data)
        self.pad(alignment(kind))
        start = len(self.data)
        if isinstance(value, bytes):
            self.data += value
        else:
            for item in value:
                self.write(kind, item)
        self.data[place - 4:place] = struct.pack(self.order + "I", len(self.data) - start)


class Reader:
    def __init__(self, data, order="<"):
        self.data, self.order, self.place = data, order, 0

    def pad(self, count):
        self.place += -self.place % count

    def unpack(self, code):
        size = struct.calcsize(code)
        self.pad(size)
        self.place += size
        return struct.unpack_from(self.order + code, self.data, self.place - size)[0]

    def read(self, signature):
        letter = signature[0]
        if letter in BASIC:
            return self.unpack(BASIC[letter])
        if letter == "b":
            return bool(self.unpack("I"))
        if letter in TEXTS:
            size = self.unpack("B" if letter == "g" else "I")
            self.place += size + 1
            return bytes(self.data[self.place - size - 1:self.place - 1]).decode("utf-8", "replace")
        if letter == "v":
            return self.read(self.read("g"))
        if letter == "a":
            size = self.unpack("I")
            self.pad(alignment(signature[1:]))
            end, items = self.place + size, []
            while self.place < end:
                items.append(self.read(signature[1:]))
            return dict(items) if signature[1] == "{" else items
        self.pad(8)
        return tuple(self.read(kind) for kind in split(signature[1:-1]))


class Message:
    """A message that came."""

    def __init__(self, raw, descriptors):
        self.raw, self.descriptors = raw, descriptors
        order = "<" if raw[0] == ord("l") else ">"
        self.kind, self.flags, self.serial = raw[1], raw[2], struct.unpack_from(order + "I", raw, 8)[0]
        reader = Reader(raw, order)
        reader.place = 12
        self.fields = dict(reader.read("a(yv)"))
        reader.pad(8)
        self.body = [reader.read(kind) for kind in split(self.fields.get(SIGNATURE, ""))]

    @property
    def reply_to(self):
        return self.fields.get(REPLY_SERIAL)

    @property
    def error(self):
        return Refused(self.fields.get(ERROR_NAME, ""), str(self.body[0]) if self.body else "") if self.kind == ERROR else None


def message(serial, kind, fields, signature="", values=(), flags=0, order="<", descriptors=0):
    """`fields` by their numbers; `values` one for each complete type of the signature."""
    body = Writer(order)
    for part, value in zip(split(signature), values):
        body.write(part, value)
    kinds = {PATH: "o", REPLY_SERIAL: "u", SIGNATURE: "g", UNIX_FDS: "u"}
    fields = {**fields, **({SIGNATURE: signature} if signature else {}), **({UNIX_FDS: descriptors} if descriptors else {})}
    head = Writer(order)
    head.data += bytes([ord("l") if order == "<" else ord("B"), kind, flags, 1])
    head.pack("I", len(body.data))
    head.pack("I", serial)
    head.write("a(yv)", [(number, Variant(kinds.get(number, "s"), value)) for number, value in fields.items()])
    head.pad(8)
    return bytes(head.data + body.data)


class Connection:
    def __init__(self, path=None):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path or os.environ["DBUS_SESSION_BUS_ADDRESS"].removeprefix("unix:path=").partition(",")[0])
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        assert self.socket.recv(200).startswith(b"OK")
        self.socket.sendall(b"NEGOTIATE_UNIX_FD\r\n")
        assert self.socket.recv(200).startswith(b"AGREE")
        self.socket.sendall(b"BEGIN\r\n")
        self.serial = 0
        self.data, self.descriptors = bytearray(), []
        # What came while something else was waited for.
        self.waiting = collections.deque()
        self.name = self.ask(BUS, BUS_PATH, BUS, "Hello")[0]

    def close(self):
        self.socket.close()
        for item in self.waiting:
            close(item.descriptors)

    def number(self):
        self.serial += 1
        return self.serial

    def write(self, data, descriptors=()):
        """All of it; what comes meanwhile is taken, so that the two ends never wait for each other."""
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))] if descriptors else []
        self.socket.setblocking(False)
        view = memoryview(data)
        try:
            while view:
                try:
                    sent = self.socket.sendmsg([view[:1 << 16]], ancillary)
                    view, ancillary = view[sent:], []
                except BlockingIOError:
                    readable, _, _ = select.select([self.socket], [self.socket], [], 30)
                    if readable:
                        self._receive()
                except OSError as error:
                    raise Closed(str(error)) from None
        finally:
            self.socket.setblocking(True)

    def call(self, destination, path, interface, member, signature="", values=(), flags=0, order="<", descriptors=()):
        """Sends a call and returns its number."""
        serial = self.number()
        fields = {PATH: path, MEMBER: member, DESTINATION: destination}
        if interface:
            fields[INTERFACE] = interface
        self.write(message(serial, CALL, fields, signature, values, flags, order, len(descriptors)), descriptors)
        return serial

    def ask(self, destination, path, interface, member, signature="", values=(), within=60.0, **options):
        """Calls and waits; the values of the answer."""
        serial = self.call(destination, path, interface, member, signature, values, **options)
        answer = self.wait(lambda m: m.kind in (RETURN, ERROR) and m.reply_to == serial, within)
        if answer is None:
            raise TimeoutError(f"{interface}.{member} of {path} is not answered within {within:g} s")
        if error := answer.error:
            close(answer.descriptors)
            raise error
        return answer.body

    def wait(self, condition, within):
        """The first message for which it holds, out of those that came and those that come; None where none comes."""
        for item in self.waiting:
            if condition(item):
                self.waiting.remove(item)
                return item
        deadline = time.monotonic() + within
        while (item := self._next(deadline - time.monotonic())) is not None:
            if condition(item):
                return item
            self.waiting.append(item)
        return None

    def take(self, within=0.0):
        """The next message, or None."""
        return self.waiting.popleft() if self.waiting else self._next(within)

    def _next(self, within):
        deadline = time.monotonic() + within
        while True:
            if len(self.data) >= 16:
                order = "<" if self.data[0] == ord("l") else ">"
                body, _, head = struct.unpack_from(order + "III", self.data, 4)
                size = 16 + head + -head % 8 + body
                if len(self.data) >= size:
                    return self._cut(size)
            if not select.select([self.socket], [], [], max(0, deadline - time.monotonic()))[0]:
                return None
            self._receive()

    def _cut(self, size):
        raw = bytes(self.data[:size])
        del self.data[:size]
        item = Message(raw, [])
        count = item.fields.get(UNIX_FDS, 0)
        item.descriptors, self.descriptors = self.descriptors[:count], self.descriptors[count:]
        return item

    def _receive(self):
        try:
            data, ancillary, _, _ = self.socket.recvmsg(1 << 18, socket.CMSG_SPACE(64 * 4))
        except BlockingIOError:
            return
        except OSError as error:
            raise Closed(str(error)) from None
        if not data:
            raise Closed("the bus has closed the connection")
        for _, kind, content in ancillary:
            if kind == socket.SCM_RIGHTS:
                self.descriptors += array.array("i", content[:len(content) & ~3])
        self.data += data


def close(descriptors):
    for descriptor in descriptors:
        os.close(descriptor)
