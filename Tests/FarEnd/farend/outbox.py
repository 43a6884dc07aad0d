# SPDX-License-Identifier: Apache-2.0
"""What the far end sends, and over what."""

import asyncio
import os
import socket

from .address import split_list
from .transactions import ClientTransaction


class Outbox:
    """A part of `FarEnd`: its own names and addresses, and the way of a request to where it goes."""

    def send(self, data, flow, message=None):
        """`message` is named where it goes out for the first time."""
        if self.is_ignoring:
            return
        if self.settings.trace and message:
            self.events("sent", first=message.first, fields=[f"{n}: {v}" for n, v in message.fields],
                        body=message.body.decode("utf-8", "replace"), to=str(flow))  # fmt: skip
        flow.write(data)

    def request(self, message, dialog, answered, placed=None, again=False):
        """Sends a request where its dialog leads; without `answered` it is one that has no response (ACK)."""
        hop = dialog.next_hop
        if again:
            self._send_again(message)
        elif hop.transport == "udp" and not (dialog.flow and dialog.flow.is_reliable):
            try:
                flow = self.transport.udp_flow(*self.resolve(*hop.target))
            except OSError as error:
                self._cannot_reach(hop, error, answered)
                return
            self._place(message, dialog, flow, answered, placed)
        elif dialog.flow and dialog.flow.is_reliable and not self.settings.connect:
            self._place(message, dialog, dialog.flow, answered, placed)
        else:
            task = self.loop.create_task(self._connect_and_place(message, dialog, hop, answered, placed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def resolve(self, host, port):
        family = socket.AF_INET6 if ":" in self.settings.address else socket.AF_INET
        return socket.getaddrinfo(host, port, family, socket.SOCK_DGRAM)[0][4][:2]

    async def _connect_and_place(self, message, dialog, hop, answered, placed):
        try:
            host, port = self.resolve(*hop.target)
            flow = await self.transport.connect(hop.transport, host, port)
        except (OSError, asyncio.TimeoutError) as error:
            self._cannot_reach(hop, error, answered)
            return
        dialog.flow = flow
        self._place(message, dialog, flow, answered, placed)

    def _cannot_reach(self, hop, error, answered):
        self.violate(f"{hop.text} cannot be reached: {error}")
        if answered:
            answered(None)

    def _place(self, message, dialog, flow, answered, placed):
        port = self.transport.tls_port if flow.transport == "tls" else self.transport.port
        via = f"SIP/2.0/{flow.transport.upper()} {self.host}:{port};branch=z9hG4bK{os.urandom(8).hex()};rport"
        message.fields.insert(0, ("Via", via))
        message.fields = [(name, self.filled(value)) for name, value in message.fields]
        if answered is None:
            message.flow = flow
            self.send(message.to_bytes(), flow, message)
            return
        transaction = ClientTransaction(self, message, flow, answered)
        if placed:
            placed(transaction)

    def _send_again(self, message):
        if message.flow:
            self.send(message.to_bytes(), message.flow)

    def contact(self, flow):
        if self.settings.contact:
            return self.filled(self.settings.contact)
        return self.contact_over(flow.transport)

    def contact_over(self, transport):
        port = self.transport.tls_port if transport == "tls" else self.transport.port
        return f"sip:far@{self.host}:{port}" + ("" if transport == "udp" else f";transport={transport}")

    def filled(self, text):
        return text.replace("{address}", self.host).replace("{port}", str(self.transport.port))

    split = staticmethod(split_list)
