# SPDX-License-Identifier: Apache-2.0
"""SIP transactions (RFC 3261, 17), of both sides."""

import os

from .message import PHRASES, Message

T1, T2, T4 = 0.5, 4.0, 5.0
GIVEN_UP = 64 * T1


class ServerTransaction:
    """A request that came, and what it was answered."""

    def __init__(self, line, request, flow):
        self.line, self.request, self.flow = line, request, flow
        self.last = None
        self.status = 0
        self.is_confirmed = False
        self.success_fields = list
        """What gives the fields that a 2xx has besides."""
        self._timer = None

    def respond(self, status, phrase=None, fields=(), body=b"", tag=None, repeats=True):
        """`repeats`: a final response to INVITE that is no 2xx is repeated until ACK, here; a 2xx is by the call."""
        request = self.request
        response = Message(f"SIP/2.0 {status} {phrase or PHRASES.get(status, 'Refused')}")
        vias = request.list("via")
        response.add("Via", request.via.received_from(self.flow.host, self.flow.port))
        for via in vias[1:]:
            response.add("Via", via)
        response.add("From", request.get("from", ""))
        to = request.get("to", "")
        response.add("To", to if request.tag("to") or status == 100 else f"{to};tag={tag or os.urandom(5).hex()}")
        response.add("Call-ID", request.call_id)
        response.add("CSeq", request.get("cseq", ""))
        extra = self.line.settings.headers_for(str(status), f"{request.method}/{status}")
        fields = [*fields, *(self.success_fields() if 200 <= status < 300 else [])]
        replaced = {name.lower() for name, _ in extra} & {"contact", "supported", "allow", "content-type"}
        for name, value in fields:
            if name.lower() not in replaced:
                response.add(name, value)
        for name, value in extra:
            response.add(name, self.line.filled(value))
        response.body = body.encode() if isinstance(body, str) else body
        self.send(response, status, repeats)
        return response

    def send(self, response, status, repeats=True):
        self.last, self.status = response.to_bytes(), status
        self.line.send(self.last, self.way_back(), response)
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if repeats and self.request.method == "INVITE" and status >= 300:
            self._repeat(T1, 0)

    def way_back(self):
        if self.flow.is_reliable:
            return self.flow
        via = self.request.via
        if "rport" in via.parameters:
            return self.flow
        return self.line.transport.udp_flow(self.flow.host, via.port or 5060)

    def _repeat(self, pause, waited):
        if self.is_confirmed:
            return
        if waited >= GIVEN_UP:
            self.line.violate(f"no ACK for {self.status} to INVITE {self.request.call_id}")
            return
        if waited and not self.flow.is_reliable:
            self.line.send(self.last, self.way_back())
        self._timer = self.line.loop.call_later(pause, self._repeat, min(2 * pause, T2), waited + pause)

    def again(self):
        """The request was repeated."""
        if self.last and not self.is_confirmed:
            self.line.send(self.last, self.way_back())

    def confirm(self):
        """The ACK has come: what is said again of the request is absorbed, until it would be a new one (timer I)."""
        if not self.is_confirmed:
            self.line.loop.call_later(0 if self.flow.is_reliable else T4, self.line.forget, self)
        self.is_confirmed = True
        if self._timer:
            self._timer.cancel()


class ClientTransaction:
    """A request that went out. `answered(response)` gets every response that is new, None where none came."""

    def __init__(self, line, request, flow, answered):
        self.line, self.request, self.flow, self.answered = line, request, flow, answered
        self.branch = request.via.branch
        self.is_over = False
        self._is_proceeding = False
        self._timer = None
        self._started = line.loop.time()
        self._final = None
        line.clients[self.branch, request.method] = self
        self._send(T1)

    def _send(self, pause):
        if self.is_over:
            return
        if self.line.loop.time() - self._started >= GIVEN_UP:
            self._end(None)
            return
        is_invite = self.request.method == "INVITE"
        if not (is_invite and self._is_proceeding):
            if not self.flow.is_reliable or pause == T1:
                self.line.send(self.request.to_bytes(), self.flow, self.request if pause == T1 else None)
            following = 2 * pause if is_invite else min(2 * pause, T2)
            self._timer = self.line.loop.call_later(pause, self._send, following)

    def _end(self, response):
        self.is_over = True
        if self._timer:
            self._timer.cancel()
        self.line.loop.call_later(GIVEN_UP, self.line.clients.pop, (self.branch, self.request.method), None)
        self.answered(response)

    def receive(self, response):
        if self.is_over:
            if self.request.method == "INVITE":
                if response.status < 300:
                    self.answered(response)  # Repeated, or of a fork: the call confirms it again.
                elif response.status >= 300 and self._final:
                    self._acknowledge(self._final)
            return
        if response.status < 200:
            self._is_proceeding = True
            self.answered(response)
            return
        if self.request.method == "INVITE" and response.status >= 300:
            self._final = response
            self._acknowledge(response)
        self._end(response)

    def _acknowledge(self, response):
        request = self.request
        ack = Message(f"ACK {request.uri} SIP/2.0", [("Via", request.list("via")[0]), ("From", request.get("from"))])
        ack.add("To", response.get("to"))
        ack.add("Call-ID", request.call_id)
        ack.add("CSeq", f"{request.sequence[0]} ACK")
        ack.add("Max-Forwards", "70")
        for route in request.all("route"):
            ack.add("Route", route)
        self.line.send(ack.to_bytes(), self.flow, ack)

    def cancel(self):
        request = self.request
        cancel = Message(f"CANCEL {request.uri} SIP/2.0", [("Via", request.list("via")[0])])
        for name in ("From", "To", "Call-ID"):
            cancel.add(name, request.get(name))
        cancel.add("CSeq", f"{request.sequence[0]} CANCEL")
        cancel.add("Max-Forwards", "70")
        ClientTransaction(self.line, cancel, self.flow, lambda response: None)
