# SPDX-License-Identifier: Apache-2.0
"""A call that came: it rings, is answered or refused, as the options say."""

from .call import Call, caller_of, response_fields_of_route
from .dialog import Dialog
from .negotiation import SDP
from .session import Unacceptable
from .transactions import GIVEN_UP, T1


class IncomingCall(Call):
    def __init__(self, line, number, transaction):
        super().__init__(line, number, self.dialog_of(line, transaction))
        self.invite = transaction
        self.session.peer = transaction.flow.host
        self.has_rung = self.is_cancelled = False
        self.early_body = None
        self._reliable = {}
        self._next_rseq = 1

    @staticmethod
    def dialog_of(line, transaction):
        """The dialog that an INVITE begins."""
        dialog = Dialog.of_invite(line, transaction.request, transaction.flow)
        dialog.contact = line.contact(transaction.flow)
        dialog.fake_routes = [r for value in line.settings.record_route for r in line.split(line.filled(value))]
        return dialog

    def begin(self):
        request, settings = self.invite.request, self.settings
        self.event("incoming", tag=self.dialog.remote_tag, from_=caller_of(request), uri=request.uri,
                   transport=self.invite.flow.transport)  # fmt: skip
        if settings.reject:
            self.invite.respond(settings.reject, None, self.fields(), tag=self.dialog.local_tag)
            self.ended_here = True
            self.ended("far-end", "rejected")
            return
        for status, after in settings.provisionals:
            self.line.later(after, self.provisional, status)
        if not settings.ring_only:
            self.line.later(settings.answer_after, self.answer)

    def provisional(self, status):
        if self.is_answered or self.is_ended:
            return
        settings, request = self.settings, self.invite.request
        fields = [*response_fields_of_route(request, self.line)]
        body = ""
        if settings.early_media and status in settings.early_media and request.part("application/sdp"):
            body = self._early_answer()
        if body is None:
            return
        if body:
            fields.append(SDP)
        reliably = "100rel" in request.tokens("require") or (
            settings.reliable and "100rel" in request.tokens("supported"))
        if reliably and status > 100:
            fields += [("Require", "100rel"), ("RSeq", str(self._next_rseq))]
        response = self.invite.respond(status, None, self.fields(*fields), body, self.dialog.local_tag)
        if reliably and status > 100:
            self._repeat(self._next_rseq, response.to_bytes(), T1, 0)
            self._next_rseq += 1
        if status == 100:
            return
        if body:
            self.event("early-media", status=status)
        if not self.has_rung:
            self.has_rung = True
            self.event("ringing")
        else:
            self.event("provisional", status=status)

    def _early_answer(self):
        if self.early_body is None:
            wanted = self.session.wanted
            if self.settings.early_direction:
                self.session.wanted = self.settings.early_direction
            try:
                self.early_body = self.session.answer(self.invite.request.part("application/sdp"))
            except Unacceptable:
                self.refuse(488)
                return None
            finally:
                self.session.wanted = wanted
        return self.early_body

    def _repeat(self, number, data, pause, waited):
        if self._reliable.get(number) or self.is_ended or self.is_answered:
            return
        self._reliable[number] = False
        if waited >= GIVEN_UP:
            self.violate("no PRACK")
            self.refuse(504)
            return
        if waited:
            self.line.send(data, self.invite.flow)
        self.line.loop.call_later(pause, self._repeat, number, data, 2 * pause, waited + pause)

    def _on_prack(self, transaction):
        words = transaction.request.get("rack", "").split()
        number = int(words[0]) if len(words) == 3 and words[0].isdigit() else None
        if number not in self._reliable or words[1:] != self.invite.request.get("cseq").split():
            self.violate(f"PRACK of “{transaction.request.get('rack')}”, which was not said")
            transaction.respond(481)
            return
        self._reliable[number] = True
        transaction.respond(200)
        self.event("prack", number=number)

    def answer(self):
        if self.is_answered or self.is_ended or (self.is_cancelled and not self.settings.answer_after_cancel):
            return
        request, settings = self.invite.request, self.settings
        if any(done is False for done in self._reliable.values()):
            self.line.later(20, self.answer)
            return
        fields = [*response_fields_of_route(request, self.line), *self.negotiation._timer_fields(request)]
        offer = request.part("application/sdp")
        if request.body and offer is None:
            self.refuse(415, [("Accept", "application/sdp")])
            return
        try:
            if settings.no_answer_body:
                body = ""
            elif offer is None:
                body = self.session.offer()
            elif self.early_body is not None and not settings.early_direction:
                body = self.early_body
            else:
                body = self.session.answer(offer)
        except Unacceptable:
            self.refuse(488)
            return
        self.negotiation.accept(self.invite, body, fields, offer is None)
        self.answered()
        if offer is not None:
            self.negotiated()

    def refuse(self, status, fields=()):
        if self.is_answered or self.is_ended:
            return
        self.ended_here = True
        self.invite.respond(status, None, self.fields(*fields), tag=self.dialog.local_tag)
        self.ended("far-end", "rejected", status=status)

    def give_up(self):
        self.refuse(603)

    def cancelled(self, request):
        """CANCEL has come."""
        if self.is_answered or self.is_ended:
            return
        self.is_cancelled = True
        if self.settings.answer_after_cancel is not None:
            self.event("cancel-ignored")
            self.line.later(self.settings.answer_after_cancel, self.answer)
            return
        self.invite.respond(487, None, self.fields(), tag=self.dialog.local_tag)
        self.ended("caller", "cancelled", reason=request.get("reason"))
