# SPDX-License-Identifier: Apache-2.0
"""What is mutated: valid messages in a dialog and out of it, responses, and RTP and RTCP packets.

@B is a branch, @S a CSeq, @H and @P the sender's address and port, @X a word that is new each time.
"""

import struct

SDP_OF_ALL_KINDS = (
    b"v=0\r\no=- 1 2 IN IP4 @H\r\ns=-\r\nc=IN IP4 @H\r\nb=AS:64\r\nt=0 0\r\na=group:BUNDLE 0\r\nm=audio 9 RTP/SAVP 111 9 0 8 3 97 13 101\r\n"
    b"c=IN IP6 ::1\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 UNENCRYPTED_SRTCP\r\n"
    b"a=crypto:2 AES_256_CM_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\r\n"
    b"a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1;usedtx=1;maxptime=120\r\na=rtpmap:97 speex/16000\r\na=rtpmap:101 telephone-event/8000\r\n"
    b"a=fmtp:101 0-16,32\r\na=ptime:20\r\na=maxptime:60\r\na=rtcp:10 IN IP4 @H\r\na=rtcp-mux\r\na=ssrc:1 cname:x\r\na=candidate:1 1 UDP 2 @H 9 typ host\r\n"
    b"a=sendrecv\r\nm=video 0 RTP/AVP 31\r\nm=audio 11 RTP/AVPF 0\r\na=inactive\r\n")


class Ids:
    """Of a call, as the far end has it. `far` and `near` are values with their tags."""

    def __init__(self, call_id, near, far, target, invite_via, invite_sequence, sdp):
        self.call_id, self.near, self.far, self.target = call_id, near, far, target
        self.invite_via, self.invite_sequence, self.sdp = invite_via, invite_sequence, sdp


def request(method, ids, fields=(), body=b"", in_dialog=True, transport=b"UDP", kind=b"application/sdp"):
    own = b"<sip:far@@H:@P;transport=" + transport.lower() + b">" if transport != b"UDP" else b"<sip:far@@H:@P>"
    lines = [
        method + b" " + ids.target + b" SIP/2.0", b"Via: SIP/2.0/" + transport + b" @H:@P;rport;branch=@B", b"Max-Forwards: 70",
        b"From: " + (ids.far if in_dialog else b"\"S, T\" <sip:stranger@@H:@P>;tag=@X"),
        b"To: " + (ids.near if in_dialog else b"<" + ids.target + b">"),
        b"Call-ID: " + (ids.call_id if in_dialog else b"@X@@H"), b"CSeq: @S " + method, b"Contact: " + own, *fields]
    if body:
        lines.append(b"Content-Type: " + kind)
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", b""]) + body


def response(status, phrase, ids, fields=(), body=b"", method=b"INVITE", sequence=None, tag=None):
    far = ids.far if tag is None else ids.far.partition(b";tag=")[0] + b";tag=" + tag
    lines = [
        b"SIP/2.0 %d " % status + phrase, ids.invite_via, b"From: " + ids.near, b"To: " + far, b"Call-ID: " + ids.call_id,
        b"CSeq: " + (sequence or ids.invite_sequence) + b" " + method, b"Contact: <sip:far@@H:@P>", *fields]
    if body:
        lines.append(b"Content-Type: application/sdp")
    return b"\r\n".join([*lines, b"Content-Length: %d" % len(body), b"", b""]) + body


def offers(ids, transport=b"UDP"):
    """Requests with a description, whose answers change what is played."""
    sdp = ids.sdp
    bodies = [sdp, sdp.replace(b"a=sendrecv", b"a=sendonly"), sdp.replace(b"a=sendrecv", b"a=inactive"), SDP_OF_ALL_KINDS,
              SDP_OF_ALL_KINDS.replace(b"SAVP", b"AVP"), sdp.replace(b"RTP/AVP 96 0", b"RTP/AVP 0 96"),
              sdp.replace(b"c=IN IP4 127.0.0.1", b"c=IN IP4 0.0.0.0")]
    timer = [b"Supported: timer, 100rel, replaces", b"Session-Expires: 1800;refresher=uac", b"Min-SE: 90", b"Allow: INVITE, ACK, BYE, UPDATE"]
    return [request(method, ids, timer, body, transport=transport) for body in bodies for method in (b"INVITE", b"UPDATE")]


def in_dialog(ids, transport=b"UDP"):
    def make(method, *fields, body=b"", kind=b"text/plain"):
        return request(method, ids, fields, body, transport=transport, kind=kind)
    return [
        make(b"OPTIONS", b"Accept: application/sdp"), make(b"INFO", body=b"Signal=5\r\nDuration=160\r\n", kind=b"application/dtmf-relay"),
        make(b"UPDATE", b"Session-Expires: 90;refresher=uas", b"Supported: timer"), make(b"PRACK", b"RAck: 1 1 INVITE"),
        make(b"NOTIFY", b"Event: refer;id=1", b"Subscription-State: terminated;reason=noresource",
             body=b"SIP/2.0 200 OK\r\n", kind=b"message/sipfrag;version=2.0"),
        make(b"REFER", b"Refer-To: <sip:c@@H:9?Replaces=a%3Bto-tag%3Db>", b"Referred-By: <sip:x@y>"), make(b"MESSAGE", body=b"hello"),
        make(b"SUBSCRIBE", b"Event: dialog", b"Expires: 60"), make(b"REGISTER", b"Expires: 4294967295"), make(b"PUBLISH", b"SIP-If-Match: x"),
        make(b"CANCEL", b"Reason: SIP;cause=200;text=\"a, \\\"b\""), make(b"ACK", body=ids.sdp, kind=b"application/sdp"),
        make(b"BYE", b"Reason: Q.850;cause=16;text=\"Terminated\""), make(b"FOO", b"Require: 100rel, foo", b"Proxy-Require: bar"),
        make(b"INVITE", b"Require: timer", b"Session-Expires: 1"), make(b"INVITE", b"Record-Route: <sip:@H:9;lr>, \"a,b\" <sip:c@@H;lr=on>"),
        make(b"INVITE", b"Content-Encoding: gzip", body=ids.sdp, kind=b"application/sdp"),
    ]


def strangers(ids, transport=b"UDP"):
    def make(method, *fields, body=b"", inside=False, kind=b"application/sdp"):
        return request(method, ids, fields, body, inside, transport, kind)
    tag_of = {"near": ids.near.rpartition(b";tag=")[2], "far": ids.far.rpartition(b";tag=")[2]}
    replaces = b"Replaces: %b;to-tag=%b;from-tag=%b" % (ids.call_id, tag_of["near"], tag_of["far"])
    return [
        make(b"INVITE", body=ids.sdp), make(b"INVITE", replaces, b"Require: replaces", body=ids.sdp), make(b"OPTIONS"),
        make(b"MESSAGE", body=b"hello", kind=b"text/plain"), make(b"REGISTER", b"Authorization: Digest username=\"a\", realm=\"b\", nonce=\"c\", response=\"d\""),
        make(b"SUBSCRIBE", b"Event: presence", b"Accept: a/b;q=0.1, */*"), make(b"NOTIFY", b"Event: refer", b"Subscription-State: active"),
        make(b"BYE"), make(b"ACK"), make(b"CANCEL"), make(b"REFER", b"Refer-To: tel:+1"), make(b"PRACK", b"RAck: 1 2 INVITE"), make(b"UPDATE", body=ids.sdp),
        make(b"BYE", inside=True), make(b"INVITE", inside=True, body=ids.sdp), make(b"UPDATE", inside=True, body=ids.sdp),
        make(b"INFO", inside=True), make(b"ACK", inside=True, body=ids.sdp), make(b"REFER", b"Refer-To: <sip:x@@H>", inside=True),
        make(b"FOO", b"Date: Thu, 26 Nov 2026 13:00:00 GMT", b"Warning: 399 h \"x\"", b"Via: SIP/2.0/UDP a, SIP/2.0/TCP b;received=1.2.3.4"),
    ]


def responses(ids):
    def make(status, phrase, *fields, **more):
        return response(status, phrase, ids, fields, **more)
    return [
        make(100, b"Trying"), make(180, b"Ringing", b"RSeq: 1", b"Require: 100rel"), make(183, b"Progress", body=ids.sdp),
        make(200, b"OK", body=ids.sdp), make(200, b"OK", body=ids.sdp, tag=b"@X"), make(200, b"OK", method=b"BYE"),
        make(302, b"Moved", b"Contact: <sip:a@@H:9>;q=0.5, \"x\" <sip:b@@H;transport=tcp>;expires=1"), make(481, b"Gone"),
        make(401, b"Unauthorized", b"WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth,auth-int\", algorithm=SHA-256"),
        make(407, b"Proxy", b"Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\""), make(422, b"Interval", b"Min-SE: 99999"),
        make(487, b"Terminated"), make(488, b"No", b"Warning: 304 h \"x\""), make(491, b"Pending"), make(500, b"Error", b"Retry-After: 5 (x);duration=1"),
        make(503, b"Unavailable", b"Retry-After: 4294967296"), make(603, b"Decline"), make(200, b"OK", method=b"OPTIONS", sequence=b"2"),
        make(200, b"OK", method=b"INVITE", sequence=b"2", body=ids.sdp), make(408, b"Timeout", method=b"UPDATE", sequence=b"2"),
    ]


def rtp(kind=0, sequence=0, timestamp=0, source=1, payload=b"", marker=False, first=0x80, csrc=()):
    head = struct.pack("!BBHII", first | len(csrc), kind | marker << 7, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, source)
    return head + b"".join(struct.pack("!I", c) for c in csrc) + payload


def control(kind, count, body):
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def packets(types=(96, 0, 8, 102, 101, 13)):
    """Of each kind a few, with the sources and numbers still to be set."""
    noise = bytes(range(256))
    extension = struct.pack("!HH", 0xBEDE, 2) + bytes(8)
    report = struct.pack("!IIIIIII", 7, 0x01FFFFFF, 9, 1, 2, 3, 4)
    sender = struct.pack("!IIIIII", 7, 1, 2, 3, 4, 5)
    description = struct.pack("!IBB", 7, 1, 4) + b"name" + bytes(2)
    found = []
    for kind in types:
        found += [rtp(kind, payload=noise[:160]), rtp(kind, payload=noise * 5), rtp(kind), rtp(kind, payload=b"\xfc", marker=True)]
    found += [
        rtp(0, payload=extension + noise[:80], first=0x90), rtp(0, payload=noise[:79] + b"\x50", first=0xA0), rtp(0, payload=b"\xff", first=0xA0),
        rtp(0, payload=b"\x00", first=0xA0), rtp(0, payload=struct.pack("!HH", 1, 0xFFFF), first=0x90), rtp(0, csrc=range(15), payload=noise),
        rtp(102, payload=struct.pack("!BBH", 5, 0x8A, 1600)), rtp(101, payload=struct.pack("!BBH", 255, 0xFF, 65535)), rtp(13, payload=b"\x7f\x00"),
        rtp(96, payload=b"\xff\x7f" + noise), rtp(96, payload=b"\xfb\x01"), rtp(127, payload=noise), rtp(72, payload=noise),
        control(200, 1, sender + report[4:] + bytes(4)), control(200, 31, sender), control(201, 1, struct.pack("!I", 7) + report),
        control(201, 0, b""), control(201, 31, struct.pack("!I", 7)), control(202, 1, description), control(202, 31, description),
        control(202, 1, struct.pack("!IBB", 7, 8, 255) + bytes(2)), control(203, 1, struct.pack("!I", 7)), control(203, 31, b""),
        control(203, 1, struct.pack("!IB", 7, 255) + bytes(3)), control(204, 0, struct.pack("!I", 7) + b"abcd" + bytes(8)),
        control(205, 3, struct.pack("!II", 0x1234, 0x1234)), control(205, 1, struct.pack("!IIHH", 1, 2, 3, 0xFFFF)), control(205, 15, bytes(8)),
        control(206, 1, bytes(8)), control(206, 4, bytes(12)), control(206, 15, bytes(8) + b"REMB" + b"\xff" * 4), control(207, 0, bytes(4) + b"\x07\x00\xff\xff"),
        bytes.fromhex("83cd00020000123400001234"), bytes.fromhex("80c80001"), bytes.fromhex("81c9ffff00000001"),
        control(200, 0, sender) + control(202, 1, description), control(201, 0, bytes(4)) + control(203, 1, bytes(4)) + b"\x80",
        bytes.fromhex("000100002112a442") + bytes(12), bytes.fromhex("16fefd0000000000000000") + bytes(40), b"", b"\x80", bytes(11), bytes(3000)]
    return found
