# SPDX-License-Identifier: Apache-2.0
"""A call from the first dialog to its end: what is common to calls that came and calls that were placed."""

from . import clock
from .address import URI, Malformed, NameAddress
from .media import Media
from .message import Message
from .negotiation import Negotiation
from .session import Session

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, MESSAGE, NOTIFY, REFER, SUBSCRIBE"


class Call:
    def __init__(self, line, number, dialog):
        self.line, self.settings, self.number = line, line.settings, number
        self.dialog = dialog
        self.old_keys = []
        self.is_answered = self.is_ended = self.ended_here = False
        self.answered_at = None
        self.media = Media(
            line.loop, line.settings.address, line.settings, line.meter, self.event, self.violate)
        self.session = Session(line.settings, self.media, self.violate)
        self.negotiation = Negotiation(self)
        self.refresh_timer = None

    @property
    def is_up(self):
        return self.is_answered and not self.is_ended

    def event(self, name, **details):
        self.line.events(name, call=self.number, **details)

    def violate(self, text):
        self.line.violate(text, self.number)

    def fields(self, *more, dialog=None):
        dialog = dialog or self.dialog
        supported = self.settings.supported_text
        return [("Contact", f"<{dialog.contact}>"), ("Allow", ALLOW), ("Supported", supported), *more]

    # States

    def answered(self):
        if self.is_answered:
            return
        self.is_answered = True
        self.answered_at = clock.milliseconds()
        self.event("answered")
        self.line.take_recording(self)
        if self.settings.hang_up_after is not None:
            self.line.later(self.settings.hang_up_after, self.hang_up)

    def negotiated(self):
        """An offer and its answer have come together: says what follows from them."""
        if self.session.wanted in ("sendonly", "inactive") and self.settings.direction == "sendrecv":
            self.event("held")
        elif self.session.is_held_by_peer:
            self.event("held-by-caller")
        else:
            self.event("running", tapped=True)

    def ended(self, by, name=None, **details):
        if self.is_ended:
            return
        self.is_ended = True
        self.negotiation.stop()
        if self.refresh_timer:
            self.refresh_timer.cancel()
        length = None if self.answered_at is None else clock.milliseconds() - self.answered_at
        self.event(name or "bye", by=by, duration_ms=length, **details)
        self.media.close()
        self.line.over(self)

    def hang_up(self, fields=()):
        if self.is_ended:
            return
        self.ended_here = True
        if not self.is_answered:
            self.give_up()
            return
        self.say_bye(self.dialog, fields)
        self.ended("far-end")

    def give_up(self):
        """Before there was an answer."""
        raise NotImplementedError

    def say_bye(self, dialog, fields=()):
        try:
            message = dialog.request("BYE", [*fields, *self.settings.headers_for("BYE")])
            self.line.request(message, dialog, self._bye_answered)
        except Malformed as error:
            self.violate(f"BYE cannot be sent: {error}")

    def _bye_answered(self, response):
        self.line.events("answer", call=self.number, method="BYE", status=response.status if response else None)

    # What comes in the dialog

    def take(self, transaction):
        request = transaction.request
        dialog = self.dialog
        if not dialog.judge(request, self.violate):
            transaction.respond(500, "CSeq Is Too Old")
            return
        unsupported = [t for t in request.tokens("require") if t not in self.settings.supported]
        if unsupported and request.method not in ("ACK", "CANCEL"):
            transaction.respond(420, fields=[("Unsupported", ", ".join(unsupported))])
            return
        names = ["REINVITE" if request.method == "INVITE" else request.method]
        if self.line.guard and not self.line.guard.lets_in(transaction, names[0], self.number):
            if request.body:
                self.session.unread += 1
            return
        if request.method in ("INVITE", "UPDATE") and self.negotiation.would_hold(request):
            names.insert(0, "HOLD")
        rule = next((r for r in map(self.line.rules.take, names) if r), None)
        if rule is None:
            self._act(transaction)
            return
        status, after = rule
        if request.method in ("INVITE", "UPDATE") and request.body and status != "normal":
            self.session.unread += 1
        if names[0] == "REINVITE" and self.settings.glare:
            self.negotiation.start("INVITE")
        self.event("ruled", method=request.method, status=status or "silence")
        if status is None:
            if request.method == "BYE":
                self.ended("caller", reason=request.get("reason"))
        elif status == "normal":
            self.line.later(after, self._act, transaction)
        else:
            self.line.later(after, transaction.respond, status, None, self.fields())
            if request.method == "BYE" and status < 300:
                self.ended("caller", reason=request.get("reason"))

    def _act(self, transaction):
        request = transaction.request
        handler = getattr(self, "_on_" + request.method.lower(), None)
        if handler is None:
            transaction.respond(405, fields=[("Allow", ALLOW)])
        else:
            handler(transaction)

    def _on_invite(self, transaction):
        self.negotiation.answer(transaction)

    def _on_update(self, transaction):
        self.negotiation.answer(transaction)

    def _on_bye(self, transaction):
        request = transaction.request
        transaction.respond(200)
        if not self.is_answered:
            self.violate("BYE before the answer, where CANCEL is for")
        self.negotiation.check_confirmed(request)
        self.ended("caller", reason=request.get("reason"))

    def _on_info(self, transaction):
        request = transaction.request
        transaction.respond(200)
        words = dict(
            line.partition("=")[::2] for line in request.body.decode("utf-8", "replace").replace("\r", "").split("\n"))
        if request.content_type == "application/dtmf-relay":
            self.event("dtmf", digit=words.get("Signal", "").strip(), way="info",
                       duration_ms=int(words.get("Duration", "0").strip() or 0))  # fmt: skip
        else:
            self.event("info", type=request.content_type, body=request.body.decode("utf-8", "replace"))

    def _on_options(self, transaction):
        transaction.respond(200, fields=self.fields(("Accept", "application/sdp")))
        self.event("asked", method="OPTIONS")

    def _on_prack(self, transaction):
        self.violate("a PRACK that was not waited for")
        transaction.respond(481)

    def _on_notify(self, transaction):
        transaction.respond(200, fields=self.fields())
        request = transaction.request
        self.event("notified", about=request.get("event"), state=request.get("subscription-state"),
                   body=request.body.decode("utf-8", "replace"))  # fmt: skip

    def _on_message(self, transaction):
        transaction.respond(200)
        self.event("message", body=transaction.request.body.decode("utf-8", "replace"))

    def _on_refer(self, transaction):
        transaction.respond(603)
        self.event("referred", to=transaction.request.get("refer-to"))

    # Own requests

    def send(self, method, fields=(), body=b"", told=True):
        message = self.dialog.request(method, [*fields, *self.settings.headers_for(method)], body)

        def answered(response):
            if told and (response is None or response.status >= 200):
                self.event("answer", method=method, status=response.status if response else None,
                           phrase=response.phrase if response else None)  # fmt: skip

        self.line.request(message, self.dialog, answered)
        return message

    def confirm(self, sequence, body=b"", fields=()):
        """The ACK of a 2xx; returns it, for when that comes again."""
        more = [("Content-Type", "application/sdp")] if body else []
        ack = self.dialog.request("ACK", [*more, *fields], body, sequence)
        self.line.request(ack, self.dialog, None)
        return ack

    def matches_replaces(self, call_id, to_tag, from_tag):
        return self.dialog.key == (call_id, to_tag, from_tag)

    def replace(self, dialog, transaction):
        """The caller goes on in another dialog."""
        old, session = self.dialog, self.session
        self.old_keys.append(old.key)
        self.negotiation.stop()
        self.dialog = dialog
        self.session = Session(self.settings, self.media, self.violate)
        self.session.wanted, self.session.peer = session.wanted, transaction.flow.host
        self.session.key = session.key
        self.event("replaced", tag=dialog.remote_tag)
        self.say_bye(old)
        self.negotiation = Negotiation(self)
        self.negotiation.answer(transaction)


def caller_of(request):
    try:
        return URI(NameAddress(request.get("from")).uri).text
    except Malformed:
        return request.get("from")


def response_fields_of_route(request, line):
    """The Record-Route of what is to be a dialog: those of the request, and those of proxies that are none."""
    routes = [("Record-Route", value) for value in request.all("record-route")]
    return routes + [("Record-Route", line.filled(value)) for value in line.settings.record_route]


__all__ = ["ALLOW", "Call", "Message", "caller_of", "response_fields_of_route"]
