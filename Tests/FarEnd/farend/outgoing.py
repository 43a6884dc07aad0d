# SPDX-License-Identifier: Apache-2.0
"""A call that this far end places."""

import os

from .address import URI
from .call import Call
from .dialog import Dialog
from .negotiation import SDP
from .session import Unacceptable


class OutgoingCall(Call):
    def __init__(self, line, number, uri, with_offer=True, fields=()):
        target = URI(uri)
        dialog = Dialog(
            line, f"{os.urandom(8).hex()}@{line.settings.address}", f"<sip:far@{line.host}>", f"<{uri}>", None, [], uri)
        dialog.contact = line.contact_over(target.transport)
        super().__init__(line, number, dialog)
        self.session.peer = target.host
        self.with_offer, self.more = with_offer, list(fields)
        self.transaction = None
        self.confirmed = {}
        self.is_given_up = False

    def begin(self):
        fields = self.fields(*self.more)[1:] + self.settings.headers_for("INVITE")
        body = ""
        if self.with_offer:
            body = self.session.offer()
            fields.append(SDP)
        self.message = self.dialog.request("INVITE", fields, body)
        self.event("calling", to=self.dialog.target)
        self.line.request(self.message, self.dialog, self._answered, self._placed)

    def _placed(self, transaction):
        self.transaction = transaction

    def _answered(self, response):
        if response is None:
            self._failed(None, None)
        elif response.status < 200:
            self._provisional(response)
        elif response.status < 300:
            self._accepted(response)
        else:
            self._failed(response.status, response.phrase)

    def _failed(self, status, phrase):
        self.ended_here = self.is_given_up
        self.ended("far-end" if self.is_given_up else "callee", "refused", status=status, phrase=phrase)

    def _provisional(self, response):
        self.event("progress", status=response.status)
        if self.is_given_up:
            self.transaction.cancel()
        body = response.part("application/sdp")
        if body and self.with_offer and self.media.plan is None:
            try:
                self.session.accept(body)
            except Unacceptable:
                self.violate("the early answer has no sound with a codec that was offered")
        if "100rel" in response.tokens("require"):
            dialog = self._dialog_of(response)
            rack = f"{response.get('rseq')} {self.message.get('cseq')}"
            prack = dialog.request("PRACK", [("RAck", rack)], sequence=self.message.sequence[0] + 1)
            self.dialog.local_sequence = max(self.dialog.local_sequence, self.message.sequence[0] + 1)
            self.line.request(prack, dialog, lambda response: None)

    def _dialog_of(self, response):
        old = self.dialog
        dialog = Dialog(
            self.line, old.call_id, old.local, old.remote, response.tag("to"), response.list("record-route")[::-1],
            old.target, old.local_tag, old.local_sequence)
        dialog.contact = old.contact
        dialog.refresh(response)
        return dialog

    def _accepted(self, response):
        tag = response.tag("to")
        if tag in self.confirmed:
            dialog, ack = self.confirmed[tag]
            self.line.request(ack, dialog, None, again=True)
            return
        dialog = self._dialog_of(response)
        is_first = not self.confirmed
        answer = ""
        body = response.part("application/sdp")
        if is_first:
            dialog.flow = self.transaction and self.transaction.flow
            self.dialog = dialog
            try:
                if body is None:
                    self.violate("200 to INVITE has no SDP")
                elif self.with_offer:
                    self.session.accept(body)
                else:
                    answer = self.session.answer(body)
            except Unacceptable:
                self.violate("the SDP of 200 to INVITE has no sound with a codec that is known here")
        more = [SDP] if answer else []
        ack = dialog.request("ACK", more, answer, self.message.sequence[0])
        self.confirmed[tag] = dialog, ack
        self.line.request(ack, dialog, None)
        if not is_first or self.is_given_up:
            self.say_bye(dialog)
            if self.is_given_up:
                self.ended("far-end")
            return
        self.answered()
        self.negotiated()

    def give_up(self):
        self.is_given_up = True
        if self.transaction and self.transaction._is_proceeding:
            self.transaction.cancel()
