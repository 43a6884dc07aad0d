# SPDX-License-Identifier: Apache-2.0
"""The command line."""

import argparse
import os

from .codecs import KNOWN, codec_for
from .description import DIRECTIONS
from .digest import REALM
from .rules import Rules
from .sound import Source

DEFAULT_CODECS = "opus,pcmu,pcma,telephone-event"
MODES = ("sound", "nothing", "comfort", "echo")
EPILOGUE = """
Lines on standard input, whose values are words of the form key=value:
  stats, reset (the counters), hold [sendonly|inactive|zero] [by=INVITE|UPDATE], unhold [by=…], hangup [REASON], quit,
  vanish (quit without a word to anybody), disconnect (close every connection), ignore (answer nothing that comes by SIP, while media flows on), heed,
  answer, refuse STATUS, provisional STATUS, reinvite|update [direction=…] [port=new] [contact=ADDRESS] [codecs=LIST]
  [handshake=new] [sdp=none] [address=zero], refer URI, options, send METHOD [type=…] [body=…], respond WHAT=STATUS[xTIMES][@MS],
  respond none, drop WHAT=COUNT, header WHEN NAME: VALUE, set OPTION VALUE, violations,
  mode sound|nothing|comfort|echo, rtcp on|off, ssrc, tone HERTZ, play FILE, silence, lose PERCENT,
  dial DIGITS [ms=…], call URI [sdp=none] [replaces=yes], stranger METHOD [dialog=yes]
  [replaces=yes] [sdp=yes] [wait=MS] …, stranger rtp COUNT [payload=N], stranger rtcp HEX, stranger raw HEX.
README.md beside this program has the events.
"""


class Settings(argparse.Namespace):
    """What the command line says, and what follows from it."""

    def source(self):
        if self.play:
            return Source.file(self.play)
        return Source.tone(self.tone) if self.tone else Source.silence()

    def codec(self, name):
        return codec_for(name)

    @property
    def supported_text(self):
        return ", ".join(self.supported)

    def headers_for(self, *when):
        """The fields that were asked for by one of these: a status, METHOD/STATUS, or the method of an own request."""
        return [(name, value) for key, name, value in self.header if key.upper() in when]


class Parser(argparse.ArgumentParser):
    def error(self, message):
        self.exit(os.EX_USAGE, f"ongoingcall-farend: {message}; see --help\n")


def number(low, high):
    def parse(text):
        if not text.isdigit() or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{text}: expected a number from {low} to {high}")
        return int(text)

    return parse


def names(text):
    found = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in found:
        if name not in KNOWN:
            raise argparse.ArgumentTypeError(f"{name}: expected codecs of {', '.join(KNOWN)}")
    return found


def numbered(text):
    pairs = [pair.partition("=")[::2] for pair in text.split(",")]
    if not all(value.isdigit() and int(value) < 128 for _, value in pairs):
        raise argparse.ArgumentTypeError(f"{text}: expected CODEC=NUMBER,…")
    return {name.strip().lower(): int(value) for name, value in pairs}


def provisional(text):
    status, _, after = text.partition("@")
    if not status.isdigit() or not 100 <= int(status) < 200 or not (after or "0").isdigit():
        raise argparse.ArgumentTypeError(f"{text}: expected STATUS@MS")
    return int(status), int(after or 0)


def challenge(text):
    status, _, realm = text.partition("=")
    if status not in ("401", "407"):
        raise argparse.ArgumentTypeError(f"{text}: expected 401 or 407, and perhaps =REALM")
    return int(status), realm or REALM


def header(text):
    when, _, field = text.partition(" ")
    name, colon, value = field.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text}: expected “WHEN NAME: VALUE”")
    return when, name.strip(), value.strip()


def rule(text):
    try:
        Rules([text])
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def drop(text):
    what, _, count = text.partition("=")
    if not what or not count.isdigit():
        raise argparse.ArgumentTypeError(f"{text}: expected WHAT=COUNT")
    return what.upper(), int(count)


def tokens(text):
    return [token.strip().lower() for token in text.split(",") if token.strip()]


def parse(arguments):
    parser = Parser(
        prog="ongoingcall-farend", allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=EPILOGUE,
        description="A far end for tests: answers SIP calls strictly, measures the RTP that arrives, and prints what "
        "happens as JSON lines.")
    add = parser.add_argument
    ms = number(0, 3_600_000)
    add("--address", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    add("--port", type=number(0, 65535), default=0, help="the port of UDP and TCP; 0 picks one (0)")
    add("--no-tcp", action="store_true", help="UDP alone")
    add("--certificate", help="a PEM file: listen for TLS too")
    add("--key", help="its key, where that is in another file")
    add("--tls-port", type=number(0, 65535), default=0, help="the port of TLS; 0 picks one (0)")
    add("--contact", help="the Contact in the place of the own; {address} and {port} are filled in")
    add("--connect", action="store_true", help="open connections to the Contact, rather than use the caller's")
    add("--answer-after", type=ms, default=0, metavar="MS", help="ring for so long first (0)")
    add("--ring-only", action="store_true", help="never answer")
    add("--provisional", type=provisional, action="append", default=[], dest="provisionals", metavar="STATUS@MS",
        help="say this then, again and again (180@0)")  # fmt: skip
    add("--no-provisional", action="store_true", help="do not ring")
    add("--early-media", type=number(101, 199), action="append", default=[], metavar="STATUS",
        help="this provisional response has the answer")  # fmt: skip
    add("--early-direction", choices=DIRECTIONS, help="the direction in that")
    add("--reliable", action="store_true", help="provisional responses are reliable (100rel)")
    add("--reject", type=number(300, 699), metavar="CODE", help="refuse every call with this status")
    add("--refuse-replaces", type=number(300, 699), metavar="CODE", help="refuse every INVITE with Replaces")
    add("--ignore-replaces", action="store_true", help="know nothing of Replaces")
    add("--respond", type=rule, action="append", default=[], metavar="WHAT=STATUS[xTIMES][@MS]",
        help="answer so; WHAT is a method, REINVITE or HOLD, STATUS may be silence or normal")  # fmt: skip
    add("--drop", type=drop, action="append", default=[], metavar="WHAT=COUNT",
        help="so many messages of a method or status are lost on their way here, repeated ones too")  # fmt: skip
    add("--password", metavar="USER:PASSWORD", help="ask callers for it")
    add("--digest", type=lambda text: text.upper().split(","), default=["MD5"], metavar="LIST",
        help="algorithms that are asked for, of MD5, SHA-256, SHA-512-256 (MD5)")  # fmt: skip
    add("--challenge", type=challenge, action="append", default=[], dest="challenges", metavar="STATUS[=REALM]",
        help="who asks: the server (401) or a proxy (407); of several one after the other (401=far end)")  # fmt: skip
    add("--together", action="store_true", help="those of the same status ask in one response")
    add("--challenge-for", type=lambda text: text.upper().split(","), default=["INVITE"], metavar="LIST",
        help="what is asked for it: INVITE, REINVITE, other methods in a call, or ALL (INVITE)")  # fmt: skip
    add("--challenge-for-ever", action="store_true", help="every nonce is too old")
    add("--qop", default="auth,auth-int", metavar="LIST", help="of the challenge; none is RFC 2069 (auth,auth-int)")
    add("--stale-after", type=number(1, 9999), metavar="COUNT", help="a nonce is too old after so many requests")
    add("--nextnonce", action="store_true", help="a 2xx names the nonce of the next request, the old one is too old")
    add("--header", type=header, action="append", default=[], metavar="WHEN NAME: VALUE",
        help="a field for responses of a status (or METHOD/STATUS), or for own requests of a method")  # fmt: skip
    add("--supported", type=tokens, default=["replaces", "100rel", "timer"], metavar="LIST", help="Supported")
    add("--record-route", action="append", default=[], metavar="VALUE", help="as if there had been such a proxy")
    add("--fork", type=number(2, 16), metavar="COUNT", help="so many 200s with tags of their own")
    add("--answer-after-cancel", type=ms, metavar="MS", help="200 in the place of 487, so long after")
    add("--hang-up-after", type=ms, metavar="MS", help="hang up so long after the answer")
    add("--glare", action="store_true", help="refuse each re-INVITE by 491, with an own one under way")
    add("--no-retry", action="store_true", help="an own re-INVITE that got 491 is not tried again")
    add("--session-expires", type=number(1, 86400), metavar="S", help="RFC 4028, said in the 200")
    add("--refresher", choices=("uac", "uas"), help="who refreshes")
    add("--refresh-by", choices=("INVITE", "UPDATE"), default="UPDATE", help="how the far end does it (UPDATE)")
    add("--min-se", type=number(1, 86400), metavar="S", help="refuse shorter ones by 422")
    add("--codecs", type=names, default=names(DEFAULT_CODECS), metavar="LIST", help=f"what it knows ({DEFAULT_CODECS})")
    add("--own-order", action="store_true", help="answer in the own order, not the offer's")
    add("--force-codecs", type=names, default=[], metavar="LIST", help="answer these though they were not offered")
    add("--renumber", type=numbered, default={}, metavar="CODEC=NUMBER,…", help="answer with these payload types")
    add("--direction", choices=DIRECTIONS, default="sendrecv", help="of the first answer (sendrecv)")
    add("--packet-ms", type=number(10, 120), metavar="MS", help="a=ptime of the SDP")
    add("--sdp-attribute", action="append", default=[], dest="sdp_attributes", metavar="TEXT", help="one more a= line")
    add("--media-address", metavar="ADDRESS", help="what c= names")
    add("--no-answer-body", action="store_true", help="the 200 has no SDP")
    add("--multipart", action="store_true", help="the 200's SDP is one part of several")
    add("--srtp", action="store_true", help="own offers are of RTP/SAVP; those of callers are taken either way")
    add("--no-sdes", action="store_true", help="488 where keys come in the SDP alone")
    add("--dtls", action="store_true",
        help="own offers are of UDP/TLS/RTP/SAVP, and of two ways the handshake is taken; callers' are taken anyway")
    add("--dtls-role", choices=("active", "passive"), default="active", help="where the caller leaves it open (active)")
    add("--wrong-fingerprint", action="store_true", help="the SDP names another certificate")
    add("--silent-handshake", action="store_true", help="answer no handshake")
    add("--play", metavar="FILE", help="play this WAV file (silence)")
    add("--tone", type=number(20, 8000), metavar="HERTZ", help="play this tone")
    add("--mode", choices=MODES, default="sound", help="what is sent (sound)")
    add("--comfort-every", type=float, default=15.0, metavar="S", help="in mode comfort (15)")
    add("--no-rtcp", action="store_true", help="send no RTCP")
    add("--record", metavar="FILE", help="record to this file, whose name ends in .wav")
    add("--stats-every", type=ms, default=200, metavar="MS", help="print an rtp event so often; 0 is never (200)")
    add("--grace", type=ms, default=1000, metavar="MS", help="for media that was under way when all changed (1000)")
    add("--stranger", metavar="ADDRESS", help="where strangers are (at the far end's address)")
    add("--trace", action="store_true", help="print every message of SIP, too")
    settings = parser.parse_args(arguments, Settings())
    if not settings.provisionals and not settings.no_provisional:
        settings.provisionals = [(status, 0) for status in settings.early_media] or [(180, 0)]
    return settings
