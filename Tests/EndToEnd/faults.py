# SPDX-License-Identifier: Apache-2.0
"""A server that does wrong what the user part of the called address says."""

import threading
import time

from bare_far_end import BareFarEnd, Message
from engine_process import TimedOut

CHALLENGE = 'Digest realm="{}", nonce="{}", algorithm=MD5, qop="auth"'


def asks(realm, nonce="abc", kind="WWW", stale=""):
    return f"{kind}-Authenticate: {CHALLENGE.format(realm, nonce)}{stale}"


class FaultyServer(BareFarEnd):
    """Serves until it is left. `faults` maps each fault to the end of its call: a reason, and words of its detail."""

    faults = {
        "overloaded": ("unreachable", "503 Overloaded"),
        "brief": ("refused", "423 Interval Too Brief"),
        "outbound": ("refused", "439 First Hop"),
        "huge": ("declined", "603 Decline"),
        "nonces": ("not-permitted", "password"),
        "realms": ("removed", ""),
        "circle": ("refused", "circle"),
        "malformed": ("refused", "answer"),
        "fork": ("removed", ""),
        "glare": ("removed", ""),
        "unconfirmed": ("removed", ""),
        "elsewhere": ("removed", ""),
        "silent": ("aborted", ""),
    }

    def __init__(self):
        super().__init__()
        self.problems = []
        # Calls that nobody has ended: what a provider would go on to bill.
        self.dialogs = set()
        self.asked = {}
        self.served = threading.Event()
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def address_of(self, fault):
        return f"sip:{fault}@127.0.0.1:{self.port}"

    def _serve(self):
        while not self.served.is_set():
            try:
                message = self._next()
                if message.status is None:
                    self._take(message)
            except (TimeoutError, TimedOut):
                continue
            except Exception as error:  # noqa: BLE001 - it is told by the test
                self.problems.append(repr(error))

    def _next(self):
        self.socket.settimeout(0.2)
        return Message(*self.socket.recvfrom(65536))

    def _take(self, request):
        call = request.fields["call-id"]
        match request.method:
            case "INVITE" if request.tag("to"):
                self.reply(request, 491, "Request Pending")
            case "INVITE":
                fault = request.uri.partition(":")[2].partition("@")[0]
                getattr(self, "_" + fault)(request, self.asked.setdefault(call, []))
                self.asked[call].append(request)
            case "ACK":
                self._confirmed(request, call)
            case "BYE":
                self.dialogs.discard((call, request.tag("to")))
                self.reply(request, 200, "OK")
            case "CANCEL":
                self.reply(request, 200, "OK")
                self.reply(self.asked[call][-1], 487, "Request Terminated")
            case _:
                self.reply(request, 200, "OK")

    def _confirmed(self, request, call):
        """Of an answer: the first dialog is ended by this end."""
        tag, invite = request.tag("to"), self.asked[call][-1]
        if (call, tag) not in self.dialogs or invite in self.asked.setdefault("ended", []):
            return
        fault = invite.uri.partition(":")[2].partition("@")[0]
        if fault == "unconfirmed" and len(self.asked.setdefault((call, "acks"), [])) < 2:
            self.asked[call, "acks"].append(request)
            return self._answer(invite, tag)
        if fault == "glare":
            for _ in range(2):
                self.ask(invite, "INVITE", body=self.sdp(version=2), tag=tag)
        self.asked["ended"].append(invite)
        self.dialogs.discard((call, tag))
        self.ask(invite, "BYE", tag=tag)

    def _answer(self, invite, tag="far-tag", **more):
        self.dialogs.add((invite.fields["call-id"], tag))
        self.reply(invite, 200, "OK", tag=tag, body=more.pop("body", self.sdp()), **more)

    def _overloaded(self, invite, before):
        self.reply(invite, 503, "Overloaded", extra=["Retry-After: 120"])

    def _brief(self, invite, before):
        self.reply(invite, 423, "Interval Too Brief", extra=["Min-Expires: 3600"])

    def _outbound(self, invite, before):
        self.reply(invite, 439, "First Hop Lacks Outbound Support")

    def _huge(self, invite, before):
        self.reply(invite, 603, "Decline", extra=["X-Filler: " + "x" * 60_000])

    def _nonces(self, invite, before):
        self.reply(invite, 401, "Unauthorized", extra=[asks("server", len(before))])

    def _realms(self, invite, before):
        match len(before):
            case 0: self.reply(invite, 407, "Password", extra=[asks("a proxy", kind="Proxy")])
            case 1: self.reply(invite, 401, "Password", extra=[asks("server")])
            case 2: self.reply(invite, 401, "Password", extra=[asks("server", "new", stale=", stale=true")])
            case _: self._answer(invite)

    def _circle(self, invite, before):
        self.reply(invite, 302, "Moved", contact=f"<{self.address_of('circle')}>")

    def _malformed(self, invite, before):
        self._answer(invite, body="v=0\r\nnonsense")

    def _fork(self, invite, before):
        for tag in ("one", "two"):
            self.reply(invite, 180, "Ringing", tag=tag)
        for tag in ("one", "two"):
            self._answer(invite, tag)

    def _glare(self, invite, before):
        self._answer(invite)

    _unconfirmed = _glare

    def _elsewhere(self, invite, before):
        self._answer(invite, contact=f"<sip:+49%20x@127.0.0.1:{self.port};ob;alias=10.0.0.1~5060~1>")

    def _silent(self, invite, before):
        self.reply(invite, 100, "Trying")

    def wait_until_all_are_told(self, seconds=40):
        deadline = time.monotonic() + seconds
        while self.dialogs and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not self.dialogs, self.dialogs

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.served.set()
        self.thread.join(5)
        super().__exit__(*exception)
