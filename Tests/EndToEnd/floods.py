#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A client that calls the daemon without pause, and one that measures what others have of that.

    floods.py flood KIND COUNT SESSION [read]   sends so many calls at once, says "sent", and stays until its input ends;
                                                with "read" it reads the answers, and prints how many errors there were
    floods.py mutes COUNT SECONDS SESSION       wants the microphone on and off by turns, in that time, and shut at the end;
                                                prints how many calls failed
    floods.py probe COUNT SESSION               prints, for so many calls of HangUp, how many milliseconds the answer took,
                                                and how many a call of the bus itself before it
    floods.py shower KIND SECONDS VICTIM [BYTES]  sends what nobody waits for, without pause, on the bus of $FLOODED_BUS or of
                                                the session; says "ready" when it begins, and prints how many were sent
    floods.py large MIB [string]                one call of Launch with an option of that size; prints the answer

With a socket of its own, as no library of D-Bus would do it."""

import os
import select
import socket
import struct
import sys
import time

NAME, ROOT = "org.ongoingcall.Calls1", "/org/ongoingcall/Calls1"
BUS = "org.freedesktop.DBus"
PATH, INTERFACE, MEMBER, ERROR, REPLY_SERIAL, DESTINATION, SENDER, SIGNATURE = range(1, 9)
CALL, REPLY, FAILURE, SIGNAL = range(1, 5)
NO_REPLY = 1


def text(value):
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def aligned(data, size):
    return data + b"\0" * (-len(data) % size)


def message(kind, serial, path=None, interface=None, member=None, to=None, signature="", body=b"", flags=0,
            reply_to=None, error=None):  # fmt: skip
    """A message in D-Bus's own bytes (little-endian)."""
    fields = b""
    for code, type_, value in (
        (PATH, b"o", path), (INTERFACE, b"s", interface), (MEMBER, b"s", member), (ERROR, b"s", error), (DESTINATION, b"s", to)
    ):  # fmt: skip
        if value:
            fields = aligned(fields, 8) + bytes([code, 1]) + type_ + b"\0" + text(value)
    if reply_to:
        fields = aligned(fields, 8) + bytes([REPLY_SERIAL, 1]) + b"u\0" + struct.pack("<I", reply_to)
    if signature:
        fields = aligned(fields, 8) + bytes([SIGNATURE, 1]) + b"g\0" + bytes([len(signature)]) + signature.encode() + b"\0"
    head = struct.pack("<4BIII", ord("l"), kind, flags, 1, len(body), serial, len(fields)) + fields
    return aligned(head, 8) + body


def call(serial, path, interface, member, signature="", body=b"", flags=0, to=NAME):
    return message(CALL, serial, path, interface, member, to, signature, body, flags)


def option(name, signature, value):
    """An a{sv} of one."""
    entry = text(name) + bytes([len(signature)]) + signature.encode() + b"\0"
    entry = aligned(entry, 4) + value
    return struct.pack("<II", len(entry), 0) + entry


EMPTY = struct.pack("<II", 0, 0)
SESSION = f"{NAME}.Session"
MANAGER = f"{NAME}.Manager"
KINDS = {
    "return": lambda serial, session: call(serial, session, SESSION, "Return", "a{sv}", EMPTY),
    "mute": lambda serial, session: call(serial, session, SESSION, "SetMuted", "b", struct.pack("<I", serial % 2)),
    "silent": lambda serial, session: call(
        serial, session, SESSION, "SetMuted", "b", struct.pack("<I", serial % 2), NO_REPLY
    ),
    "dtmf": lambda serial, session: call(serial, session, SESSION, "SendDtmf", "s", text("1")),
    "launch": lambda serial, _: call(serial, ROOT, MANAGER, "Launch", "a{sv}", option("x", "s", text("y"))),
    "objects": lambda serial, _: call(serial, ROOT, f"{BUS}.ObjectManager", "GetManagedObjects"),
    "describe": lambda serial, _: call(serial, ROOT, MANAGER, "Describe"),
    "events": lambda serial, _: call(serial, ROOT, MANAGER, "EventsSince", "t", struct.pack("<Q", 0)),
    "introspect": lambda serial, _: call(serial, ROOT, f"{BUS}.Introspectable", "Introspect"),
    "get": lambda serial, session: call(serial, session, f"{BUS}.Properties", "Get", "ss",
                                        aligned(text(SESSION), 4) + text("State")),
    "unknown": lambda serial, _: call(serial, ROOT, MANAGER, "Nothing"),
    "hang-up": lambda serial, session: call(serial, session, SESSION, "HangUp"),
    "abort": lambda serial, _: call(serial, ROOT, MANAGER, "Abort", "s", text("nobody")),
}  # fmt: skip


DRIVER = ("/org/freedesktop/DBus", BUS)
LOGIN = ("/org/freedesktop/login1", "org.freedesktop.login1.Manager")
# What nobody waits for: signals of nobody, of the bus and of the login manager in their names, replies to nothing, and
# calls that end nothing and want no answer.
SHOWERS = {
    "signals": lambda serial, to, body: message(SIGNAL, serial, "/a", "a.b", "C", to, "ay" if body else "", body),
    "owners": lambda serial, to, _: message(
        SIGNAL, serial, *DRIVER, "NameOwnerChanged", to, "sss",
        aligned(aligned(text("org.freedesktop.Notifications"), 4) + text(""), 4) + text(":1.1")),
    "sleep": lambda serial, to, _: message(
        SIGNAL, serial, *LOGIN, "PrepareForSleep", to, "b", struct.pack("<I", serial % 2)),
    "replies": lambda serial, to, _: message(REPLY, serial, to=to, signature="s", body=text("x"), reply_to=serial % 5999 + 1),
    "errors": lambda serial, to, _: message(FAILURE, serial, to=to, error="a.B", reply_to=serial % 5999 + 1),
    "aborts": lambda serial, to, _: call(serial, ROOT, MANAGER, "Abort", "s", text("nobody"), NO_REPLY, to),
}  # fmt: skip


class Connection:
    def __init__(self):
        address = os.environ.get("FLOODED_BUS") or os.environ["DBUS_SESSION_BUS_ADDRESS"]
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(address.removeprefix("unix:path=").split(",")[0])
        self.socket.sendall(b"\0AUTH EXTERNAL " + str(os.getuid()).encode().hex().encode() + b"\r\n")
        assert self.socket.recv(100).startswith(b"OK")
        self.socket.sendall(b"BEGIN\r\n")
        self.data = b""
        self.ask(call(1, "/org/freedesktop/DBus", BUS, "Hello", to=BUS), 1)

    def messages(self, data):
        """The messages that `data` completes: type, serial that is answered, body's first bytes, error name."""
        self.data += data
        start = 0
        while len(self.data) - start >= 16:
            kind = self.data[start + 1]
            body, _, fields = struct.unpack_from("<III", self.data, start + 4)
            size = 16 + (fields + 7) // 8 * 8 + body
            if len(self.data) - start < size:
                break
            yield kind, *self.fields(self.data[start + 16 : start + 16 + fields]), self.data[start + size - body : start + size]
            start += size
        self.data = self.data[start:]

    @staticmethod
    def fields(data):
        """The serial that is answered, and the error's name."""
        serial, error, at = 0, "", 0
        while at < len(data):
            at += -at % 8
            code, kind = data[at], data[at + 2]
            at += 4
            if kind == ord("g"):
                at += data[at] + 2
                continue
            (value,) = struct.unpack_from("<I", data, at)
            at += 4
            if kind == ord("u"):
                serial = value if code == REPLY_SERIAL else serial
            else:
                error = data[at : at + value].decode() if code == ERROR else error
                at += value + 1
        return serial, error

    def ask(self, message, serial):
        self.socket.sendall(message)
        while data := self.socket.recv(1 << 20):
            for kind, answered, error, body in self.messages(data):
                if kind in (2, 3) and answered == serial:
                    return error, body
        sys.exit("the bus has closed the connection")


def flood(kind, count, session, reads):
    connection = Connection()
    calls = b"".join(KINDS[kind](serial, session) for serial in range(2, count + 2))
    connection.socket.setblocking(False)
    view, answers, errors, is_told = memoryview(calls), 0, 0, False
    while view or reads:
        readable, writable, _ = select.select(
            [connection.socket] * reads + [0] * is_told, [connection.socket] * bool(view), []
        )
        if writable:
            view = view[connection.socket.send(view) :]
        if connection.socket in readable:
            for message in connection.messages(connection.socket.recv(1 << 20)):
                answers += message[0] in (2, 3)
                errors += message[0] == 3
        if not view and not is_told:
            print("sent", flush=True)
            is_told = True
        if (0 in readable and is_told) or (reads and answers >= count):
            break
    if not is_told:
        print("sent", flush=True)
    if reads:
        print(answers, errors, flush=True)
    sys.stdin.read()


def mutes(count, seconds, session):
    connection, errors, began = Connection(), 0, time.monotonic()
    for number in range(count):
        is_shut = (count - number) % 2
        call_now = call(number + 2, session, SESSION, "SetMuted", "b", struct.pack("<I", is_shut))
        errors += bool(connection.ask(call_now, number + 2)[0])
        time.sleep(max(0, began + (number + 1) * seconds / count - time.monotonic()))
    print(errors)


def probe(count, session):
    connection, serial = Connection(), 1
    for _ in range(count):
        times = []
        for message in (
            lambda: call(serial, "/org/freedesktop/DBus", BUS, "GetId", to=BUS), lambda: KINDS["hang-up"](serial, session)
        ):  # fmt: skip
            serial += 1
            started = time.monotonic()
            connection.ask(message(), serial)
            times.append(1000 * (time.monotonic() - started))
        print(f"{times[1]:.3f} {times[0]:.3f}", flush=True)
        time.sleep(0.02)


def shower(kind, seconds, victim, size):
    """A dozen pieces by turns, each of some 500 messages, or of one large one."""
    connection, body = Connection(), struct.pack("<I", size) + b"\0" * size if size else b""
    count = 1 if size > 100_000 else 500
    pieces = [
        memoryview(b"".join(SHOWERS[kind](serial, victim, body) for serial in range(2 + number * count, 2 + (number + 1) * count)))
        for number in range(1 if count == 1 else 12)
    ]  # fmt: skip
    connection.socket.setblocking(False)
    print("ready", flush=True)
    end, sent, left = time.monotonic() + seconds, 0, pieces[0]
    while time.monotonic() < end:
        readable, writable, _ = select.select([connection.socket], [connection.socket], [], 0.5)
        if readable and not connection.socket.recv(1 << 20):
            # dbus-broker cuts senders off, too.
            break
        if writable:
            left = left[connection.socket.send(left) :]
            if not left:
                sent += count
                left = pieces[sent // count % len(pieces)]
    print(sent)


def large(mebibytes, is_string):
    size = int(mebibytes * (1 << 20))
    value = struct.pack("<I", size) + (b"x" * size + b"\0" if is_string else b"\0" * size)
    started = time.monotonic()
    connection = Connection()
    error, body = connection.ask(
        call(2, ROOT, MANAGER, "Launch", "a{sv}", option("x", "s" if is_string else "ay", value)), 2
    )
    print(f"{time.monotonic() - started:.3f} {error} {body[4:-1].decode()}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["flood", kind, count, session, *rest]:
            flood(kind, int(count), session, bool(rest))
        case ["mutes", count, seconds, session]:
            mutes(int(count), float(seconds), session)
        case ["probe", count, session]:
            probe(int(count), session)
        case ["shower", kind, seconds, victim, *rest]:
            shower(kind, float(seconds), victim, int(*rest) if rest else 0)
        case ["large", mebibytes, *rest]:
            large(float(mebibytes), bool(rest))
