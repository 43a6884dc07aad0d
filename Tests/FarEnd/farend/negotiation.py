# SPDX-License-Identifier: Apache-2.0
"""Re-INVITE and UPDATE of one dialog, in both directions, with what confirms them."""

from .address import Malformed
from .description import Description
from .digest import FIELDS as CREDENTIALS
from .session import Unacceptable
from .transactions import GIVEN_UP, T1, T2

SDP = ("Content-Type", "application/sdp")
GLARE_PAUSE = 1000
"""Milliseconds; for who did not make the Call-ID it is 0 to 2000 (RFC 3261, 14.1)."""
GLARE_TRIES = 5


class Repetition:
    """A 2xx to INVITE, said again until its ACK comes."""

    def __init__(self, call, transaction, response):
        self.call, self.transaction, self.data = call, transaction, response.to_bytes()
        self.is_confirmed = False
        self.awaits_answer = False
        self.said_at = call.line.loop.time()
        self._timer = call.line.loop.call_later(T1, self._again, T1, T1)

    def _again(self, pause, waited):
        if waited >= GIVEN_UP:
            self.call.violate(f"no ACK for {self.transaction.request.get('cseq')} within {GIVEN_UP:.0f} s")
            return
        # The transaction's own last response may be that of another branch of a fork.
        self.call.line.send(self.data, self.transaction.way_back())
        following = min(2 * pause, T2)
        self._timer = self.call.line.loop.call_later(following, self._again, following, waited + following)

    def confirm(self):
        self.is_confirmed = True
        self._timer.cancel()


class Negotiation:
    def __init__(self, call):
        self.call, self.line = call, call.line
        self.waiting = {}
        self.pending = None
        self.acks = {}

    def stop(self):
        for repetition in self.waiting.values():
            repetition.confirm()

    def would_hold(self, request):
        body = request.part("application/sdp")
        try:
            read = Description(body) if body else None
        except Malformed:
            return False
        return bool(read and read.audio and read.direction(read.audio[1]) in ("sendonly", "inactive"))

    # What the other side wants

    def answer(self, transaction, fields=()):
        """A re-INVITE, an UPDATE, or an INVITE whose answer is due."""
        call, request = self.call, transaction.request
        if self.pending or self.line.settings.glare:
            if not self.pending:
                self.start("INVITE")
            call.session.unread += 1
            transaction.respond(491, fields=call.fields())
            return
        if request.method == "INVITE" and self.is_unconfirmed:
            call.violate("a new INVITE before the ACK of the last one")
        if request.body and request.part("application/sdp") is None:
            transaction.respond(415, fields=[("Accept", "application/sdp")])
            return
        call.session.peer = transaction.flow.host
        call.dialog.flow = transaction.flow
        offer = request.part("application/sdp")
        try:
            if offer is not None:
                body = call.session.answer(offer)
            else:
                body = call.session.offer() if request.method == "INVITE" else ""
        except Unacceptable:
            transaction.respond(488, fields=call.fields())
            return
        call.dialog.refresh(request)
        self.accept(transaction, body, [*fields, *self._timer_fields(request)], offer is None)
        if offer is not None:
            call.negotiated()
        elif request.method == "UPDATE":
            call.event("refreshed", method="UPDATE")

    def accept(self, transaction, body, fields=(), awaits_answer=False):
        call, request = self.call, transaction.request
        settings = self.line.settings
        kind = SDP
        if body and settings.multipart and request.method == "INVITE":
            kind = ("Content-Type", 'multipart/mixed; boundary="part of it"')
            body = ("--part of it\r\nContent-Type: text/plain\r\n\r\nhello\r\n--part of it\r\nContent-Type: "
                    f"application/sdp\r\n\r\n{body}\r\n--part of it--\r\n")  # fmt: skip
        response = transaction.respond(
            200, None, call.fields(*fields, *([kind] if body else [])), body, call.dialog.local_tag)
        if request.method == "INVITE":
            number = request.sequence[0]
            self.waiting[number] = Repetition(call, transaction, response)
            self.waiting[number].awaits_answer = awaits_answer

    def confirmed(self, ack):
        """An ACK has come in the dialog."""
        call, number = self.call, ack.sequence[0]
        repetition = self.waiting.get(number)
        if repetition is None:
            call.violate(f"ACK of {number}, which was not accepted")
            return
        invite = repetition.transaction.request
        if ack.via.branch == invite.via.branch:
            call.violate("the ACK of a 2xx has the branch of its INVITE")
        if any(ack.all(field) != invite.all(field) for field in CREDENTIALS):
            call.violate("the ACK of a 2xx has not the credentials of its INVITE")
        if repetition.is_confirmed:
            return
        repetition.confirm()
        if repetition.awaits_answer:
            body = ack.part("application/sdp")
            if body is None:
                call.violate("the ACK of an offer has no answer")
                return
            try:
                call.session.accept(body)
            except Unacceptable:
                call.violate("the answer in the ACK has no sound with a codec that was offered")
                return
            call.negotiated()
        elif ack.body:
            call.violate("an ACK has a body, though there is nothing to answer")

    @property
    def is_unconfirmed(self):
        """A 2xx waits for its ACK that nothing on its way can have crossed, and whose sender may not have died over it."""
        known = self.line.loop.time() - T1
        return any(not r.is_confirmed and r.said_at < known for r in self.waiting.values())

    def check_confirmed(self, request):
        if self.is_unconfirmed:
            self.call.violate(f"{request.method} before the ACK of a 2xx")

    # Session timers

    def _timer_fields(self, request):
        settings, seconds = self.line.settings, self.line.settings.session_expires
        if not seconds:
            return []
        has_timer = "timer" in request.tokens("supported")
        said = request.get("session-expires", "")
        refresher = settings.refresher or (said.partition("refresher=")[2] or "uas")
        if refresher == "uac" and not has_timer:
            refresher = "uas"
        self._watch(seconds, refresher)
        fields = [("Session-Expires", f"{seconds};refresher={refresher}")]
        return fields + ([("Require", "timer")] if refresher == "uac" else [])

    def _watch(self, seconds, refresher):
        call = self.call
        if call.refresh_timer:
            call.refresh_timer.cancel()
        if refresher == "uac":
            call.refresh_timer = self.line.loop.call_later(
                seconds, lambda: call.is_ended or call.violate(f"the session was not refreshed within {seconds} s"))
        else:
            call.refresh_timer = self.line.loop.call_later(seconds / 2, self._refresh, seconds)

    def _refresh(self, seconds):
        if not self.call.is_ended:
            self._watch(seconds, "uas")
            self.start(self.line.settings.refresh_by, more=[("Session-Expires", f"{seconds};refresher=uac")],
                       with_offer=self.line.settings.refresh_by == "INVITE")  # fmt: skip

    # What the far end wants

    def start(self, method, with_offer=True, more=(), tries=GLARE_TRIES):
        """An own re-INVITE or UPDATE, with what the session wants by now."""
        call = self.call
        if call.is_ended:
            return
        if self.pending:
            self.line.later(200, self.start, method, with_offer, more, tries)
            return
        body = call.session.offer() if with_offer else ""
        supported = self.line.settings.supported_text
        fields = [("Allow", "INVITE, ACK, BYE, CANCEL, UPDATE"), ("Supported", supported), *more]
        if body:
            fields.append(SDP)
        fields += self.line.settings.headers_for("REINVITE" if method == "INVITE" else method)
        message = call.dialog.request(method, fields, body)
        self.pending = message

        def answered(response):
            self._answered(method, message, response, with_offer, more, tries)

        self.line.request(message, call.dialog, answered)

    def _answered(self, method, message, response, with_offer, more, tries):
        call, number = self.call, message.sequence[0]
        status = response.status if response else None
        if status is not None and status < 200:
            return
        if number in self.acks:
            self.line.request(self.acks[number], call.dialog, None, again=True)
            return
        self.pending = None
        if call.is_ended:
            if method == "INVITE" and status and status < 300:
                self.acks[number] = call.confirm(number)
            return
        if status is None or status >= 300:
            call.event("answer", method=method, status=status, phrase=response.phrase if response else None)
            if status == 491 and tries > 1 and not self.line.settings.no_retry:
                wanted, zero, only = call.session.wanted, call.session.zero_address, call.session.only
                call.session.roll_back()
                call.session.wanted, call.session.zero_address, call.session.only = wanted, zero, only
                self.line.later(GLARE_PAUSE, self.start, method, with_offer, more, tries - 1)
            elif with_offer:
                call.session.roll_back()
            return
        self._accepted(method, number, response, with_offer)

    def _accepted(self, method, number, response, with_offer):
        call = self.call
        call.dialog.refresh(response)
        body = response.part("application/sdp")
        answer = ""
        try:
            if body is None:
                if method == "INVITE" or with_offer:
                    call.violate(f"200 to {method} has no SDP")
            elif with_offer:
                call.session.accept(body)
            else:
                answer = call.session.answer(body)
        except Unacceptable:
            call.violate(f"the SDP of 200 to {method} has no sound with a codec that is known here")
        if method == "INVITE":
            self.acks[number] = call.confirm(number, answer)
        call.event("answer", method=method, status=response.status)
        if body is not None:
            call.negotiated()
