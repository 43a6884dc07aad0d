# SPDX-License-Identifier: Apache-2.0
"""What is asked of the far end on its standard input, a line each."""

import os
import shlex

from .address import Malformed
from .description import DIRECTIONS
from .options import MODES, drop, header, names
from .sound import Source, Unusable
from .stranger import Stranger

LONGEST_LINE = 64 * 1024


class Wrong(ValueError):
    """A command whose words make no sense; the text says why."""


class Commands:
    def __init__(self, far_end):
        self.far_end = far_end
        self.stranger = None

    def obey(self, line):
        name, _, rest = line.partition(" ")
        method = getattr(self, "_do_" + name.replace("-", "_"), None)
        if method is None:
            self.far_end.events("unknown-command", command=line)
            return
        try:
            method(rest.strip())
        except (Wrong, ValueError, Unusable, Malformed, OSError) as error:
            self.far_end.events("wrong-command", command=line, why=str(error))

    # Of all calls

    def _do_stats(self, _):
        self.far_end.report("stats")

    def _do_reset(self, _):
        self.far_end.meter.reset()
        self.far_end.report("stats")

    def _do_quit(self, _):
        self.far_end.is_over.set()

    def _do_vanish(self, _):
        os._exit(0)

    def _do_disconnect(self, _):
        self.far_end.transport.disconnect()

    def _do_ignore(self, _):
        self.far_end.is_ignoring = True

    def _do_heed(self, _):
        self.far_end.heed()

    def _do_violations(self, _):
        self.far_end.events("violations", list=[
            {"call": call, "text": text, "times": times} for (call, text), times in self.far_end.violations.items()])

    def _do_respond(self, text):
        if text == "none":
            self.far_end.rules.clear()
        else:
            self.far_end.rules.add(text)

    def _do_drop(self, text):
        what, count = drop(text)
        self.far_end.drops[what] = count

    def _do_header(self, text):
        self.far_end.settings.header.append(header(text))

    def _do_set(self, text):
        """An option of the command line, for what begins from now on: set NAME VALUE."""
        name, _, value = text.partition(" ")
        name = name.replace("-", "_")
        if not hasattr(self.far_end.settings, name):
            raise Wrong(f"there is no option {name}")
        old = getattr(self.far_end.settings, name)
        if isinstance(old, bool):
            value = value in ("yes", "on", "true")
        elif isinstance(old, list):
            value = [word.strip() for word in value.split(",") if word.strip()]
        elif value.isdigit():
            value = int(value)
        setattr(self.far_end.settings, name, value)

    # Of every call that is there

    def _calls(self):
        return self.far_end.calls[:]

    def _up(self):
        calls = [call for call in self._calls() if call.is_up]
        if not calls:
            raise Wrong("no call is up")
        return calls

    def _do_hangup(self, text):
        fields = [("Reason", text)] if text else []
        for call in self._calls():
            call.hang_up(fields)

    def _do_answer(self, _):
        for call in self._calls():
            if hasattr(call, "answer"):
                call.answer()

    def _do_refuse(self, text):
        for call in self._calls():
            if hasattr(call, "refuse"):
                call.refuse(int(text))

    def _do_provisional(self, text):
        for call in self._calls():
            if hasattr(call, "provisional"):
                call.provisional(int(text))

    def _do_hold(self, text):
        words = text.split()
        kind = next((word for word in words if "=" not in word), "sendonly")
        if kind not in ("sendonly", "inactive", "zero"):
            raise Wrong(f"{kind}: expected sendonly, inactive or zero")
        for call in self._up():
            call.session.wanted = "inactive" if kind == "inactive" else "sendonly"
            call.session.zero_address = kind == "zero"
            call.negotiation.start(self._pairs(words).get("by", "INVITE"))

    def _do_unhold(self, text):
        for call in self._up():
            call.session.wanted, call.session.zero_address = "sendrecv", False
            call.negotiation.start(self._pairs(text.split()).get("by", "INVITE"))

    def _do_reinvite(self, text):
        self._renegotiate("INVITE", text)

    def _do_update(self, text):
        self._renegotiate("UPDATE", text)

    def _renegotiate(self, method, text):
        words = self._pairs(shlex.split(text))
        for call in [c for c in self._calls() if not c.is_ended]:
            session = call.session
            if "direction" in words:
                if words["direction"] not in DIRECTIONS:
                    raise Wrong(f"direction is one of {', '.join(DIRECTIONS)}")
                session.wanted = words["direction"]
            if words.get("port") == "new":
                call.media.move()
            if words.get("handshake") == "new":
                session.renew_handshake()
            if "contact" in words:
                call.dialog.contact = self.far_end.filled(words["contact"])
            if "codecs" in words:
                session.only = names(words["codecs"])
            if "address" in words:
                session.zero_address = words["address"] == "zero"
            call.negotiation.start(method, words.get("sdp") != "none")

    def _do_refer(self, uri):
        for call in self._up():
            call.send("REFER", [("Refer-To", f"<{uri}>"), ("Referred-By", f"<{call.dialog.contact}>")])

    def _do_options(self, _):
        for call in self._up():
            call.send("OPTIONS", [("Accept", "application/sdp")])

    def _do_send(self, text):
        method, *rest = shlex.split(text)
        words = self._pairs(rest)
        fields = [(key.title(), value) for key, value in words.items() if key not in ("body", "type")]
        if "body" in words:
            fields.append(("Content-Type", words.get("type", "text/plain")))
        for call in self._up():
            call.send(method.upper(), fields, words.get("body", ""))

    def _do_call(self, text):
        uri, *rest = shlex.split(text)
        words = self._pairs(rest)
        fields = []
        if words.get("replaces") == "yes":
            dialog = self._up()[-1].dialog
            fields = [("Require", "replaces"),
                      ("Replaces", f"{dialog.call_id};to-tag={dialog.remote_tag};from-tag={dialog.local_tag}")]
        self.far_end.place(uri, words.get("sdp") != "none", fields)

    # Of the media

    def _players(self):
        return [call.media.player for call in self._calls()]

    def _do_mode(self, text):
        if text not in MODES:
            raise Wrong(f"expected one of {', '.join(MODES)}")
        self.far_end.settings.mode = text
        for player in self._players():
            player.set_mode(text)

    def _do_rtcp(self, text):
        self.far_end.settings.no_rtcp = text == "off"
        for player in self._players():
            player.rtcp = text != "off"

    def _do_ssrc(self, _):
        for player in self._players():
            player.new_ssrc()

    def _do_tone(self, text):
        self._play(Source.tone(int(text)))

    def _do_play(self, text):
        self._play(Source.file(text))

    def _do_silence(self, _):
        self._play(Source.silence())

    def _play(self, source):
        for player in self._players():
            player.play(source)

    def _do_lose(self, text):
        for player in self._players():
            player.loss = float(text) / 100

    def _do_dial(self, text):
        digits, *rest = text.split()
        for player in self._players():
            player.dial(digits, int(self._pairs(rest).get("ms", 100)))

    # Of a stranger

    def _do_stranger(self, text):
        kind, *rest = shlex.split(text)
        call = self._calls()[-1] if self._calls() else None
        if call is None:
            raise Wrong("there is no call")
        if self.stranger is None:
            self.stranger = Stranger(self.far_end)
        words = self._pairs(rest)
        if kind == "rtp":
            self.stranger.send_sound(call, int(rest[0]), int(words["payload"]) if "payload" in words else None)
        elif kind == "rtcp":
            self.stranger.send_control(call, bytes.fromhex(rest[0]))
        elif kind == "raw":
            self.stranger.send_raw(call, bytes.fromhex(rest[0]))
        else:
            self.stranger.ask(call, kind.upper(), words)

    @staticmethod
    def _pairs(words):
        return dict(word.partition("=")[::2] for word in words if "=" in word)
