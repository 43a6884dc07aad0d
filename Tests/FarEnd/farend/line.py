# SPDX-License-Identifier: Apache-2.0
"""The far end: its line, the calls on it, and what comes from outside."""

import asyncio
import traceback

from .address import Malformed
from .call import ALLOW
from .digest import Guard
from .events import Events
from .incoming import IncomingCall
from .message import Message
from .meter import Meter
from .outbox import Outbox
from .outgoing import OutgoingCall
from .rules import Rules
from .scrutiny import scrutinize
from .sound import Recording
from .transactions import GIVEN_UP, ServerTransaction
from .transport import Transport

MOST_CALLS = 64


class FarEnd(Outbox):
    def __init__(self, settings, events=None):
        self.settings = settings
        self.events = events or Events()
        self.host = f"[{settings.address}]" if ":" in settings.address else settings.address
        self.loop = asyncio.get_running_loop()
        self.loop.set_exception_handler(self._fault)
        self.meter = Meter()
        self.rules = Rules(settings.respond)
        self.transport = Transport(self.loop, settings, self.take, lambda text: self.violate(text))
        self.recording = Recording(settings.record) if settings.record else None
        settings.source()
        self.calls, self.gone = [], []
        self.count = 0
        self.servers, self.clients = {}, {}
        self.is_ignoring = False
        self.backlog = []
        self.drops = dict(settings.drop)
        self.violations = {}
        self.guard = None
        if settings.password:
            self.guard = Guard(self)
        self.is_over = asyncio.Event()
        self._tasks = set()

    async def open(self):
        await self.transport.open()
        self.events(
            "listening", address=self.settings.address, port=self.transport.port, tls_port=self.transport.tls_port)
        if self.settings.stats_every:
            self._report_now_and_then()

    async def close(self):
        for call in self.calls[:]:
            call.hang_up()
        deadline = self.loop.time() + 1
        while self.loop.time() < deadline and any(
                not t.is_over for t in self.clients.values() if t.request.method in ("BYE", "CANCEL")):
            await asyncio.sleep(0.01)
        self.report("stats")
        self.transport.close()

    # Events

    def violate(self, text, call=None):
        """Each kind is told once a call, and counted."""
        key = call, text
        self.violations[key] = self.violations.get(key, 0) + 1
        if self.violations[key] == 1:
            self.events("violation", call=call, text=text)

    def _fault(self, _, context):
        """An exception that nobody expected is not to pass in silence."""
        error = context.get("exception")
        place = traceback.extract_tb(error.__traceback__)[-1] if error and error.__traceback__ else None
        self.violate(f"the far end itself: {error!r} at {place.name if place else context.get('message')}")

    def report(self, event):
        call = next((c for c in reversed(self.calls) if c.is_up), None)
        self.events(
            event, calls=sum(c.is_up for c in self.calls), violations=sum(self.violations.values()),
            **self.meter.reading(), **(call.media.reading() if call else {}))

    def _report_now_and_then(self):
        self.loop.call_later(self.settings.stats_every / 1000, self._report_now_and_then)
        if not self.is_ignoring and any(call.media.plan for call in self.calls):
            self.report("rtp")

    def later(self, milliseconds, function, *arguments):
        if milliseconds:
            self.loop.call_later(milliseconds / 1000, function, *arguments)
        else:
            function(*arguments)

    # In

    def take(self, data, flow):
        if self.is_ignoring:
            self.backlog.append((data, flow))
            return
        try:
            message = Message.parse(data)
        except Malformed as error:
            self.violate(f"what came is no SIP: {error}")
            return
        what = message.method or str(message.status)
        if self.drops.get(what):
            self.drops[what] -= 1
            self.events("dropped", what=what)
            return
        if flow.transport == "udp":
            said = message.get("content-length", "")
            if said.isdigit() and int(said) < len(message.body):
                message.body = message.body[:int(said)]
        known = self._repeated(message)
        if known:
            known.again()
            return
        if self.settings.trace:
            self.events("received", first=message.first, fields=[f"{n}: {v}" for n, v in message.fields],
                        body=message.body.decode("utf-8", "replace"), by=str(flow))  # fmt: skip
        number = next((c.number for c in self.calls if c.dialog.call_id == message.call_id), None)
        if not scrutinize(message, flow, lambda text: self.violate(f"{what}: {text}", number)):
            return
        try:
            if message.status is not None:
                self._take_response(message)
            else:
                self._take_request(message, flow)
        except Malformed as error:
            self.violate(f"{what}: {error}", number)

    def heed(self):
        self.is_ignoring = False
        backlog, self.backlog = self.backlog, []
        for data, flow in backlog:
            self.take(data, flow)

    def _repeated(self, message):
        if message.method in (None, "ACK"):
            return None
        try:
            return self.servers.get(self._key(message))
        except Malformed:
            return None

    def forget(self, transaction):
        self.servers.pop(self._key(transaction.request), None)

    @staticmethod
    def _key(message, method=None):
        via = message.via
        return via.branch, via.host, via.port, method or message.method

    def _take_response(self, response):
        transaction = self.clients.get((response.via.branch, response.sequence[1]))
        if transaction:
            transaction.receive(response)
        else:
            self.violate(f"a response that nothing was asked for: {response.first}")

    def _take_request(self, request, flow):
        if request.method == "ACK":
            self._take_ack(request)
            return
        key = self._key(request)
        transaction = self.servers[key] = ServerTransaction(self, request, flow)
        self.loop.call_later(2 * GIVEN_UP, self.servers.pop, key, None)
        if request.method == "CANCEL":
            self._take_cancel(transaction)
            return
        if request.tag("to"):
            call = self._call_of(request)
            if call is None:
                transaction.respond(481)
            else:
                call.take(transaction)
            return
        self._take_first(transaction)

    def _call_of(self, request):
        key = request.call_id, request.tag("to"), request.tag("from")
        return next((call for call in self.calls if call.dialog.key == key), None)

    def _take_ack(self, ack):
        invite = self.servers.get(self._key(ack, "INVITE"))
        if invite and invite.status >= 300:
            if ack.sequence[0] != invite.request.sequence[0]:
                self.violate(f"ACK has CSeq {ack.sequence[0]}, its INVITE {invite.request.sequence[0]}")
            if ack.uri != invite.request.uri:
                self.violate("the ACK of a refusal has another Request-URI than its INVITE")
            if ack.tag("to") is None:
                self.violate("the ACK of a refusal has no tag in To")
            invite.confirm()
            return
        call = self._call_of(ack)
        if call:
            call.dialog.judge(ack, call.violate)
            call.negotiation.confirmed(ack)
            return
        key = ack.call_id, ack.tag("to"), ack.tag("from")
        if not any(key == old for old in self.gone):
            self.violate("an ACK of nothing")

    def _take_cancel(self, transaction):
        request = transaction.request
        invite = self.servers.get(self._key(request, "INVITE"))
        if invite is None:
            self.violate("CANCEL of nothing")
            transaction.respond(481)
            return
        for name in ("from", "to", "call-id", "route"):
            if invite.request.all(name) != request.all(name):
                self.violate(f"CANCEL has another {name} than its INVITE")
        if invite.request.uri != request.uri or invite.request.sequence[0] != request.sequence[0]:
            self.violate("CANCEL has another Request-URI or CSeq number than its INVITE")
        if not invite.status:
            self.violate("CANCEL before any response")
        rule = self.rules.take("CANCEL")
        if rule and rule[0] != "normal":
            if rule[0]:
                self.later(rule[1], transaction.respond, rule[0])
            return
        transaction.respond(200)
        for call in self.calls[:]:
            if isinstance(call, IncomingCall) and call.invite is invite:
                self.later(rule[1] if rule else 0, call.cancelled, request)

    def _take_first(self, transaction):
        """What is in no dialog."""
        request = transaction.request
        rule = self.rules.take(request.method)
        if rule and rule[0] != "normal":
            self.events("ruled", method=request.method, status=rule[0] or "silence")
            if rule[0]:
                self.later(rule[1], transaction.respond, rule[0])
            return
        if request.method == "INVITE":
            self.later(rule[1] if rule else 0, self._take_invite, transaction)
        elif request.method == "OPTIONS":
            transaction.respond(200, fields=[("Allow", ALLOW), ("Accept", "application/sdp")])
        elif request.method == "REGISTER":
            self._take_registration(transaction)
        elif request.method in ("BYE", "UPDATE", "PRACK", "INFO", "NOTIFY"):
            self.violate(f"{request.method} without a tag in To")
            transaction.respond(481)
        else:
            transaction.respond(405 if request.method in ALLOW else 501, fields=[("Allow", ALLOW)])

    def _take_registration(self, transaction):
        """It takes whoever has the password, for as long as asked for, and forgets nobody."""
        request = transaction.request
        if self.guard and not self.guard.lets_in(transaction, "REGISTER"):
            return
        contacts = request.all("contact")
        kept = [contact for contact in contacts if not contact.endswith(";expires=0")]
        transaction.respond(200, fields=[("Contact", contact) for contact in kept])
        self.events("registered" if kept else "unregistered", contacts=contacts)

    def _take_invite(self, transaction):
        request, settings = transaction.request, self.settings
        same = request.call_id, request.tag("from"), request.sequence
        if any((t.request.call_id, t.request.tag("from"), t.request.sequence) == same
               for t in self.servers.values() if t is not transaction):  # fmt: skip
            self.violate("an INVITE came again under another branch")
            transaction.respond(482)
            return
        if self.guard and not self.guard.lets_in(transaction, "INVITE"):
            return
        unsupported = [token for token in request.tokens("require") if token not in settings.supported]
        if unsupported:
            transaction.respond(420, fields=[("Unsupported", ", ".join(unsupported))])
            return
        said = request.get("session-expires", "").partition(";")[0].strip()
        if settings.min_se and said.isdigit() and int(said) < settings.min_se:
            transaction.respond(422, fields=[("Min-SE", str(settings.min_se))])
            return
        replaces = request.get("replaces")
        if replaces and not settings.ignore_replaces:
            self._take_replacement(transaction, replaces)
        else:
            self._ring(transaction)

    def _ring(self, transaction):
        if len(self.calls) >= MOST_CALLS:
            transaction.respond(486)
            return
        for index in range(self.settings.fork or 1):
            self.count += 1
            call = IncomingCall(self, self.count, transaction)
            self.calls.append(call)
            call.begin()

    def _take_replacement(self, transaction, replaces):
        if self.settings.refuse_replaces:
            self.events("refused-replacement", status=self.settings.refuse_replaces)
            transaction.respond(self.settings.refuse_replaces)
            return
        call_id, *rest = (word.strip() for word in replaces.split(";"))
        words = dict(word.partition("=")[::2] for word in rest)
        call = next(
            (c for c in self.calls if c.matches_replaces(call_id, words.get("to-tag"), words.get("from-tag"))), None)
        if call is None:
            transaction.respond(481)
        elif not call.is_answered:
            transaction.respond(481)
        elif "early-only" in words:
            transaction.respond(486)
        else:
            renewed = IncomingCall.dialog_of(self, transaction)
            call.replace(renewed, transaction)

    # Calls

    def place(self, uri, with_offer=True, fields=()):
        self.count += 1
        call = OutgoingCall(self, self.count, uri, with_offer, fields)
        self.calls.append(call)
        call.begin()
        return call

    def take_recording(self, call):
        """The newest call is what is recorded."""
        for other in self.calls:
            other.media.recording = None
        call.media.recording = self.recording

    def over(self, call):
        if call in self.calls:
            self.calls.remove(call)
        self.gone.append(call.dialog.key)
        del self.gone[:-100]
