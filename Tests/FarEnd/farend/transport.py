# SPDX-License-Identifier: Apache-2.0
"""SIP over UDP, TCP and TLS, at one address."""

import asyncio
import contextlib
import re
import socket
import ssl

from .message import BOUND

TRIES = 20
HEAD_BOUND = 128 * 1024


class Flow:
    """Where a message came from, and goes back to."""

    def __init__(self, transport, host, port, write):
        self.transport, self.host, self.port, self.write = transport, host, port, write

    @property
    def is_reliable(self):
        return self.transport != "udp"

    def __str__(self):
        return f"{self.transport} {self.host}:{self.port}"


class Transport:
    """`take(data, flow)` gets every message; `broken(text)` what cannot be one."""

    def __init__(self, loop, settings, take, broken):
        self.loop, self.settings, self.take, self.broken = loop, settings, take, broken
        self.address = settings.address
        self.port = self.tls_port = None
        self.connections = {}
        self._servers = []

    async def open(self):
        for attempt in range(TRIES):
            try:
                self._open_udp()
                await self._open_tcp()
                break
            except OSError as error:
                self.close()
                if self.settings.port or attempt == TRIES - 1:
                    raise OSError(
                        f"cannot listen on {self.address}:{self.settings.port}: {error.strerror}; it must be an "
                        "address of this machine and a free port") from None
        if self.settings.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.settings.certificate, self.settings.key)
            server = await asyncio.start_server(
                self._accept("tls"), self.address, self.settings.tls_port, ssl=context)
            self._servers.append(server)
            self.tls_port = server.sockets[0].getsockname()[1]

    def _open_udp(self):
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self._udp = socket.socket(family, socket.SOCK_DGRAM)
        self._udp.setblocking(False)
        self._udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._udp.bind((self.address, self.settings.port))
        self.port = self._udp.getsockname()[1]
        self.loop.add_reader(self._udp.fileno(), self._on_udp)

    async def _open_tcp(self):
        if not self.settings.no_tcp:
            self._servers.append(await asyncio.start_server(self._accept("tcp"), self.address, self.port))

    def close(self):
        for server in self._servers:
            server.close()
        self._servers = []
        if self._udp.fileno() >= 0:
            self.loop.remove_reader(self._udp.fileno())
            self._udp.close()
        for flow, writer in list(self.connections.values()):
            writer.close()

    # UDP

    def _on_udp(self):
        while True:
            try:
                data, sender = self._udp.recvfrom(65536)
            except BlockingIOError:
                return
            except OSError:
                continue
            if data.strip():
                self.take(data, self.udp_flow(*sender[:2]))

    def udp_flow(self, host, port):
        return Flow("udp", host, port, lambda data: self._send_udp(data, (host, port)))

    def _send_udp(self, data, target):
        with contextlib.suppress(OSError):
            self._udp.sendto(data, target)

    # TCP and TLS

    def _accept(self, transport):
        async def serve(reader, writer):
            await self._read(transport, reader, writer)

        return serve

    async def _read(self, transport, reader, writer):
        host, port = writer.get_extra_info("peername")[:2]
        flow = Flow(transport, host, port, lambda data: self._write(writer, data))
        self.connections[transport, host, port] = flow, writer
        pending = b""
        try:
            while data := await reader.read(65536):
                pending = self._frame(pending + data, flow)
        except (OSError, ssl.SSLError, OverflowError):
            pass
        finally:
            if self.connections.get((transport, host, port), (None,))[0] is flow:
                del self.connections[transport, host, port]
            writer.close()

    def disconnect(self):
        """As if a firewall had forgotten them all."""
        for _, writer in list(self.connections.values()):
            writer.transport.abort()

    @staticmethod
    def _write(writer, data):
        if not writer.is_closing():
            writer.write(data)

    def _frame(self, pending, flow):
        while True:
            while pending.startswith(b"\r\n"):
                if pending.startswith(b"\r\n\r\n"):
                    flow.write(b"\r\n")  # RFC 5626, 4.4.1.
                    pending = pending[4:]
                elif len(pending) == 2:
                    return pending
                else:
                    pending = pending[2:]
            head, gap, rest = pending.partition(b"\r\n\r\n")
            if not gap:
                if len(pending) > HEAD_BOUND:
                    self.broken(f"a head of more than {HEAD_BOUND} bytes on {flow}")
                    raise OverflowError
                return pending
            match = re.search(rb"\r\n(?:content-length|l)[ \t]*:[ \t]*(\d+)[ \t]*(?:\r\n|$)", head, re.IGNORECASE)
            if not match:
                self.broken(f"no Content-Length in a message on {flow}")
            length = int(match[1]) if match else 0
            if length > BOUND:
                self.broken(f"a body of {length} bytes on {flow}")
                raise OverflowError
            if len(rest) < length:
                return pending
            self.take(head + gap + rest[:length], flow)
            pending = rest[length:]

    async def connect(self, transport, host, port):
        """An open connection to there, or a new one."""
        known = self.connections.get((transport, host, port))
        if known:
            return known[0]
        context = None
        if transport == "tls":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        reader, writer = await asyncio.wait_for(
            asyncio.open_connection(host, port, ssl=context, local_addr=(self.address, 0)), 5)
        task = self.loop.create_task(self._read(transport, reader, writer))
        self._readers = [t for t in getattr(self, "_readers", []) if not t.done()] + [task]
        while (transport, host, port) not in self.connections:
            await asyncio.sleep(0)
            if task.done():
                raise ConnectionResetError("closed at once")
        return self.connections[transport, host, port][0]
