# SPDX-License-Identifier: Apache-2.0
"""UDP sockets for media, with the kernel's time of every packet."""

import contextlib
import socket
import struct

from . import clock

SO_TIMESTAMPNS = getattr(socket, "SO_TIMESTAMPNS", 35)
BUFFER = 1 << 20
TRIES = 50


def udp_socket(address, port=0):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        # A process that is stopped for a while is not to lose packets.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock


def pair(address):
    """Two sockets, the first at an even port and the other at the next."""
    for _ in range(TRIES):
        first = udp_socket(address)
        port = first.getsockname()[1]
        if port % 2 == 0:
            with contextlib.suppress(OSError):
                return first, udp_socket(address, port + 1)
        first.close()
    raise OSError(f"no pair of free ports at {address}")


def receive(sock):
    """The packets that are there, as (data, sender, time, whether the time is the kernel's)."""
    while True:
        try:
            data, extra, _, sender = sock.recvmsg(2048, 64)
        except BlockingIOError:
            return
        except OSError:
            continue  # ICMP of a packet that was sent: nobody is there.
        at = None
        for level, kind, value in extra:
            if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS and len(value) >= 16:
                seconds, nanoseconds = struct.unpack_from("@qq", value)
                at = clock.of_realtime(seconds * 1_000_000_000 + nanoseconds)
        yield data, sender, at or clock.now(), at is not None
