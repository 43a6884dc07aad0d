# SPDX-License-Identifier: Apache-2.0
"""sipp as a far end: it does exactly what a scenario says, and a message that is not in it fails the call.

The scenarios are put together of the parts in `scenarios/`: the INVITE, an answer, one deed, and whatever else comes.
It plays a tone (rtp_stream), but keeps nothing of what it hears: that is read from the wire.
"""

import re
import shutil
from pathlib import Path

import g711
from engine_process import TimedOut
from world import ADDRESS, Program

PARTS = Path(__file__).resolve().parent / "scenarios"
SIP_PORT = 5064
MEDIA_PORTS = range(14000, 14002)
TONE = 1000
# Of what it answers: PCMU and telephone events.
TELEPHONE_EVENT = 101

DESCRIPTION = """\
v=0
o=far 4711 {version} IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0 101
a=rtpmap:0 PCMU/8000
a=rtpmap:101 telephone-event/8000
a=fmtp:101 0-15
a=ptime:20
a={direction}
"""


# An INVITE's credentials, and what follows where they are wrong.
VERIFIED = '<verifyauth assign_to="valid" username="{}" password="{}"/>'
CHECKED = """\
<nop next="6" test="valid"/>
<send><![CDATA[
SIP/2.0 403 The credentials are wrong
[last_Via:]
[last_From:]
[last_To:];tag=[pid]far[call_number]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0

]]></send>
<recv request="ACK"/>
<recv request="NEVER" timeout="1"/>
<label id="6"/>
"""


def description(version, direction):
    return DESCRIPTION.format(version=version, direction=direction)


def refusal(status, *fields):
    """A part that refuses an INVITE by this status line and with these fields."""
    return "refuse", {"STATUS": status, "FIELDS": "\n".join(fields) or "X-None: 0"}


class SIPp(Program):
    """`deeds` are names of parts: of an answer (answer, early), and of a deed (hold, late-offer, refer, bye).

    A part may be a pair: its name, and what stands in it for words in capitals between two @. `before` are parts for
    INVITEs that come before the one that is answered. `user` is a name and a password that that one has to have.
    """

    name = "sipp"
    media_ports = MEDIA_PORTS
    tone = TONE

    def __init__(self, folder, *deeds, before=(), begin="invite", user=None, serves=True, transport="u1",
                 address=ADDRESS):
        self.folder = folder / "sipp"
        self.folder.mkdir()
        self.address = address
        self.ends_the_call = "bye" in deeds
        verified = VERIFIED.format(*user) if user else ""
        serve = ["serve"] if serves and not self.ends_the_call else []
        first = [(begin, {"VERIFY": verified, "VERIFIED": CHECKED if user else ""})] if begin else []
        parts = [*before, *first, *deeds, *serve]
        text = "\n".join(map(self._text, parts))
        tone = self.folder / "tone.ul"
        tone.write_bytes(g711.tone(TONE, seconds=10))
        for name, value in {
                "OFFER": description(1, "sendrecv"), "HOLD": description(2, "sendonly"),
                "UNHOLD": description(3, "sendrecv"), "LISTEN": description(4, "recvonly"), "TONE": str(tone)}.items():
            text = text.replace(f"@{name}@", value.strip())
        # sipp takes a variable that is used once for a slip of the pen.
        names = ",".join(sorted({n for names in re.findall(r'assign_to="([^"]+)"', text) for n in names.split(",")}))
        text += f'\n<Reference variables="{names}"/>' if names else ""
        scenario = self.folder / "scenario.xml"
        scenario.write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="far end">\n{text}\n</scenario>\n')
        super().__init__(
            [shutil.which("sipp"), "-sf", str(scenario), "-i", address, "-p", str(SIP_PORT), "-mi", address,
             "-mp", str(MEDIA_PORTS.start),
             "-t", transport, "-m", "1", "-nostdin", "-trace_err", "-trace_logs", "-timeout", "60"],
            self.folder, "sipp")
        self.wait_for_port(SIP_PORT, "udp" if transport.startswith("u") else "tcp")

    @staticmethod
    def _text(part):
        name, values = (part, {}) if isinstance(part, str) else part
        text = (PARTS / f"{name}.xml").read_text()
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        return text

    @property
    def uri(self):
        return f"sip:far@{self.address}:{SIP_PORT}"

    def wait_for_success(self, timeout=15):
        """Returns when the scenario came to its end; fails where anything else came than it says."""
        try:
            status = self.process.wait(timeout)
        except Exception:
            raise TimedOut(f"sipp's scenario did not end within {timeout} s: {self.faults()}") from None
        assert status == 0, f"sipp's scenario failed ({status}): {self.faults()}"

    def faults(self):
        texts = [path.read_text("utf-8", "replace") for path in sorted(self.folder.glob("scenario_*_errors.log"))]
        return "\n".join(texts) or re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", self.output)[-1500:]
