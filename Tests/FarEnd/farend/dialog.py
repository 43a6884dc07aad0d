# SPDX-License-Identifier: Apache-2.0
"""A dialog (RFC 3261, 12) as one end has it."""

import os

from .address import URI, Malformed, NameAddress
from .message import Message


class Dialog:
    def __init__(self, line, call_id, local, remote, remote_tag, routes, target, local_tag=None, local_sequence=None):
        """`local` and `remote` are From or To without tags; `routes` in the order in which they are sent."""
        self.line, self.call_id = line, call_id
        self.local, self.remote = local, remote
        self.local_tag, self.remote_tag = local_tag or os.urandom(6).hex(), remote_tag
        self.routes, self.target = routes, target
        self.local_sequence = local_sequence or int.from_bytes(os.urandom(2), "big") + 1
        self.remote_sequence = None
        self.flow = None
        self.fake_routes = []
        """Record-Routes of proxies that are none: what comes must have them still."""
        self.contact = None

    @classmethod
    def of_invite(cls, line, request, flow):
        """As its receiver has it."""
        dialog = cls(
            line, request.call_id, _without_tag(request.get("to")), _without_tag(request.get("from")),
            request.tag("from"), request.list("record-route"), "")
        dialog.flow = flow
        dialog.remote_sequence = request.sequence[0]
        dialog.refresh(request)
        return dialog

    @property
    def key(self):
        return self.call_id, self.local_tag, self.remote_tag

    def refresh(self, message):
        """A target refresh."""
        contacts = message.list("contact")
        if contacts:
            try:
                self.target = NameAddress(contacts[0]).uri
            except Malformed:
                pass  # Said already.

    def judge(self, request, violate):
        """Whether a request within the dialog is newer than what was before; the rest goes to `violate`."""
        number = request.sequence[0]
        newer = self.remote_sequence is None or number > self.remote_sequence
        if request.method not in ("ACK", "CANCEL"):
            if newer:
                self.remote_sequence = number
            else:
                violate(f"CSeq of {request.method} is {number} after {self.remote_sequence}")
        self._judge_route(request, violate)
        return newer or request.method in ("ACK", "CANCEL")

    def _judge_route(self, request, violate):
        wanted = [NameAddress(value).uri for value in reversed(self.fake_routes)]
        sent = [NameAddress(value).uri for value in request.list("route")]
        goal = self.contact
        if wanted and not URI(wanted[0]).is_loose:
            wanted, goal = [*wanted[1:], self.contact], wanted[0]
        if sent != wanted:
            violate(f"{request.method} has Route {sent}, not {wanted}")
        if goal and request.uri != goal:
            violate(f"{request.method} is for {request.uri}, not for {goal}")

    def request(self, method, fields=(), body=b"", sequence=None):
        if sequence is None:
            self.local_sequence += 1
            sequence = self.local_sequence
        uri, routes = self.target, list(self.routes)
        if routes and not URI(NameAddress(routes[0]).uri).is_loose:
            uri = NameAddress(routes.pop(0)).uri
            routes.append(f"<{self.target}>")
        message = Message(f"{method} {uri} SIP/2.0")
        message.add("From", f"{self.local};tag={self.local_tag}")
        message.add("To", f"{self.remote};tag={self.remote_tag}" if self.remote_tag else self.remote)
        message.add("Call-ID", self.call_id)
        message.add("CSeq", f"{sequence} {method}")
        message.add("Max-Forwards", "70")
        if self.contact:
            message.add("Contact", f"<{self.contact}>")
        for route in routes:
            message.add("Route", route)
        for name, value in fields:
            message.add(name, value)
        message.body = body.encode() if isinstance(body, str) else body
        return message

    @property
    def next_hop(self):
        """The URI of where requests go."""
        return URI(NameAddress(self.routes[0]).uri if self.routes else self.target)


def _without_tag(text):
    address = NameAddress(text)
    return f"{address.name + ' ' if address.name else ''}<{address.uri}>"
