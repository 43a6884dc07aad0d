# SPDX-License-Identifier: Apache-2.0
"""What anybody can send who reaches the call's ports."""

from booted.networks import HOME

from ..fault import Fault

# Of RTCP: TMMBR and others without entries, lengths that lie, BYE of nobody, rubbish.
CONTROL = (
    "83cd0002 00001234 00001234", "84cd0002 00001234 00001234", "81cd0002 00001234 00001234",
    "8fce0002 00001234 00001234", "81c8ffff 00001234", "9fc90001 00001234", "81ca0001 00001234", "81cb0001 00001234",
    "8fcc0002 00001234 00000000", "80cf0002 00001234 00000000", "81ca0003 00001234 01ff4142 43440000", "80", "ff" * 200,
)  # fmt: skip
MULTIPART = "multipart/mixed;boundary="


def request(method, *fields, body="", length=None):
    lines = [f"{method} sip:x@192.0.2.1 SIP/2.0", "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-of-a-stranger;rport",
             "Max-Forwards: 70", "From: <sip:a@192.0.2.1>;tag=1", "To: <sip:b@192.0.2.1>", f"Call-ID: {method}-1",
             f"CSeq: 1 {method}", "Contact: <sip:a@192.0.2.1>", *fields,
             f"Content-Length: {len(body) if length is None else length}", "", body]  # fmt: skip
    return "\r\n".join(lines)


# A body that is none, a length that lies, a NUL, no end.
SIP = (
    *[request("MESSAGE", "Content-Type: text/plain", body=f"hello {n}") for n in range(14)],
    request("INVITE", f'Content-Type: {MULTIPART}"a b"', body='--a b\r\n\r\nv=0\r\n--a b--\r\n'),
    request("INVITE", f"Content-Type: {MULTIPART}x", body=""),
    request("INVITE", f"Content-Type: {MULTIPART}x", body="--x--\r\n"),
    request("INVITE", "Content-Type: application/sdp", body="v=0\r\n", length=50000),
    request("OPTIONS", length=-1), "SIP/2.0 200 O\0K\r\nCSeq: 1 \0\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n",
    request("INVITE", "Content-Type: application/sdp", body="v=0\r\nm=audio 99999999999 RTP/AVP " + "0 " * 2000),
    request("BYE", "Route: " + "<sip:a@b;lr>," * 1000), "\0" * 1400, "INVITE " + "x" * 1400,
)  # fmt: skip


class Crashes(Fault):
    """Each of these has ended an engine."""

    name = "hostile-datagrams"
    far_end = ("--stranger", HOME)
    text = "a stranger's hostile datagrams: SIP, RTP, RTCP"

    def play(self, scene):
        engine = scene.engine()
        for text in CONTROL:
            scene.far_end.tell(f"stranger rtcp {text.replace(' ', '')}")
        for text in SIP:
            scene.far_end.tell(f"stranger raw {text.encode().hex()}")
        scene.ask_far_end("stranger rtp 50", "stranger-sent")
        scene.ask_far_end("stranger rtp 50 payload=127", "stranger-sent")
        scene.far_end.hear(50)
        # What the far end itself says is still heard, and what the user wants is still done.
        answer = scene.ask_far_end("options", "answer")
        scene.demand(answer.get("status") == 200, f"the far end's OPTIONS was answered {answer.get('status')}")
        scene.client("mute", scene.session.id)
        scene.client("unmute", scene.session.id)
        scene.demand(scene.engine() == engine, "the engine was replaced")

    events = ("muted-changed", "muted-changed")


class Intruder(Fault):
    """Who has read the dialog's ids, as anybody on the way of plain SIP can."""

    name = "intruder"
    far_end = ("--stranger", HOME)
    text = "a stranger with the dialog's ids: INVITE with Replaces, BYE, NOTIFY …"
    requests = ("INVITE replaces=yes sdp=yes", "INVITE replaces=yes dialog=yes sdp=yes", "INVITE dialog=yes sdp=yes",
                "UPDATE dialog=yes sdp=yes", "NOTIFY dialog=yes", "NOTIFY", "REFER dialog=yes", "MESSAGE dialog=yes body=x",
                "OPTIONS", "SUBSCRIBE dialog=yes", "CANCEL dialog=yes", "BYE dialog=yes", "BYE")  # fmt: skip

    def play(self, scene):
        engine = scene.engine()
        for request in self.requests:
            answer = scene.ask_far_end(f"stranger {request} wait=300", "stranger")
            scene.demand(not 200 <= answer["status"] < 300, f"the stranger's {request} was answered {answer['statuses']}")
            scene.demand(answer["heard"] == 0, f"the stranger hears {answer['heard']} packets after {request}")
        scene.ask_far_end("stranger rtp 50", "stranger-sent")
        scene.demand(not scene.said("stranger-asked"), "the stranger was asked something")
        scene.demand(scene.engine() == engine, "the engine was replaced")
        scene.far_end.hear(50)
