# SPDX-License-Identifier: Apache-2.0
"""Asterisk as a far end: a dial plan that answers, plays a tone and records.

Debian 12 and 13 have no package of it. That of Debian 11 (or of a later one that has it again) serves from a folder:

    debootstrap --variant=minbase --include=asterisk bullseye ASTERISK_ROOT

Nothing of it is installed: its own loader runs it, with its own libraries. ONGOINGCALL_ASTERISK_ROOT names the folder.
"""

import os
import re
import subprocess
import time
from pathlib import Path

from world import ADDRESS, Program, until

SIP_PORT, TLS_PORT = 5066, 5067
MEDIA_PORTS = range(16000, 16100)
TONE = 1000
LIBRARIES = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu", "lib", "usr/lib")
FOLDERS = ("astetcdir", "astvarlibdir", "astdbdir", "astkeydir", "astagidir", "astspooldir", "astrundir", "astlogdir")

MODULES = """\
[modules]
autoload=no
""" + "".join(f"load={name}.so\n" for name in """
    res_sorcery_config res_sorcery_memory res_sorcery_astdb res_pjproject res_timing_timerfd res_rtp_asterisk
    codec_ulaw codec_alaw codec_g722 codec_resample format_wav
    pbx_config app_playtones app_mixmonitor app_transfer app_verbose res_pjsip res_pjsip_session res_pjsip_sdp_rtp
    res_pjsip_endpoint_identifier_anonymous res_pjsip_caller_id res_pjsip_refer res_pjsip_pubsub res_pjsip_nat
    res_pjsip_dtmf_info res_pjsip_rfc3326 res_pjsip_dlg_options chan_pjsip bridge_simple bridge_softmix res_clioriginate
    """.split())

PJSIP = """\
[global]
type=global
user_agent=Asterisk
[udp]
type=transport
protocol=udp
bind={address}:{port}
[tcp]
type=transport
protocol=tcp
bind={address}:{port}
[anonymous]
type=endpoint
context=far
allow=!all,ulaw,alaw,g722
dtmf_mode=rfc4733
direct_media=no
"""

PJSIP_TLS = """\
[tls]
type=transport
protocol=tls
bind={address}:{port}
cert_file={certificate}
priv_key_file={certificate}
method=tlsv1_2
"""

DIAL_PLAN = """\
[far]
exten => far,1,{opening}
 same => n,Answer()
 same => n,MixMonitor({folder}/both.wav,r({folder}/heard.wav))
 same => n,PlayTones({tone})
 same => n,Wait(120)
 same => n,Hangup()
exten => refer,1,Transfer(PJSIP/sip:third@{address}:7777)
 same => n,Verbose(0,TRANSFER ${{TRANSFERSTATUS}} ${{TRANSFERSTATUSPROTOCOL}})
 same => n,PlayTones({tone})
 same => n,Wait(120)
"""


def root():
    """The folder with Asterisk in it, or None."""
    default = Path(__file__).resolve().parents[2] / ".build" / "asterisk"
    folder = Path(os.environ.get("ONGOINGCALL_ASTERISK_ROOT") or default)
    return folder if (folder / "usr/sbin/asterisk").exists() else None


class Asterisk(Program):
    """`answer` is auto or early (two seconds of 183 with media)."""

    name = "Asterisk"
    media_ports = MEDIA_PORTS
    tone = TONE

    def __init__(self, folder, answer="auto", certificate=None, address=ADDRESS):
        self.folder = folder / "asterisk"
        self.folder.mkdir()
        self.address = address
        self.root = root()
        self.transport = "udp"
        tls = PJSIP_TLS.format(address=address, port=TLS_PORT, certificate=certificate) if certificate else ""
        early = f"Progress()\n same => n,PlayTones({TONE})\n same => n,Wait(2)"
        files = {
            "asterisk.conf": "[directories]\n" + "".join(f"{name} => {self.folder}\n" for name in FOLDERS)
            + f"astmoddir => {self.root}/usr/lib/asterisk/modules\nastdatadir => {self.root}/usr/share/asterisk\n",
            "modules.conf": MODULES, "pjsip.conf": PJSIP.format(address=address, port=SIP_PORT) + tls,
            "extensions.conf": DIAL_PLAN.format(
                opening=early if answer == "early" else "NoOp()", folder=self.folder, tone=TONE, address=address),
            "rtp.conf": f"[general]\nrtpstart={MEDIA_PORTS.start}\nrtpend={MEDIA_PORTS.stop}\n",
            "logger.conf": "[logfiles]\nlog => notice,warning,error,verbose,dtmf\n"}
        for name, text in files.items():
            (self.folder / name).write_text(text)
        super().__init__(self._argv("-f", "-vvv"), self.folder, "asterisk")
        self.wait_for_port(SIP_PORT)
        try:
            self.command("core waitfullybooted")
        except BaseException:
            self.stop()
            raise

    def _argv(self, *words):
        libraries = ":".join(str(self.root / name) for name in LIBRARIES)
        return [str(self.root / "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"), "--library-path", libraries,
                str(self.root / "usr/sbin/asterisk"), "-C", str(self.folder / "asterisk.conf"), *words]

    @property
    def said(self):
        path = self.folder / "log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def _look(self):
        # Its log is a file that grows.
        time.sleep(0.02)

    def command(self, text):
        """What its console says."""
        self.check_alive()
        return subprocess.run(
            self._argv("-rx", text), capture_output=True, text=True, timeout=10, cwd=self.folder).stdout

    def wait_for_text(self, pattern, timeout=10, count=1):
        """The `count`-th place in its log where the pattern fits."""
        def found():
            places = list(re.finditer(pattern, self.said))
            return places[count - 1] if len(places) >= count else None
        return until(found, timeout, f"{pattern!r} in Asterisk's log: {self.said[-2000:]}", self._look)

    # What a far end does

    @property
    def uri(self):
        port = TLS_PORT if self.transport == "tls" else SIP_PORT
        return f"sip:far@{self.address}:{port}" + ("" if self.transport == "udp" else f";transport={self.transport}")

    def channel(self):
        """The name of its one channel."""
        return self.command("core show channels concise").split("!")[0].strip()

    def wait_for_call(self):
        self.wait_for_text("MixMonitor")

    def accept(self):
        """It answers by itself."""

    def transfer(self, _):
        self.command(f"channel redirect {self.channel()} far,refer,1")

    def wait_for_refused_transfer(self):
        assert self.wait_for_text(r"TRANSFER (\w+) ?(\d*)\n")[1] == "FAILURE"

    def hang_up(self):
        self.command("channel request hangup all")

    def wait_for_hangup(self, timeout=10):
        until(lambda: self.calls() == 0, timeout, "end of Asterisk's call", self._look)

    def wait_for_digits(self, digits, timeout=10):
        self.wait_for_text(r"DTMF end '.' received", timeout, count=len(digits))
        heard = "".join(re.findall(r"DTMF end '(.)' received", self.said))
        assert heard == digits, f"Asterisk heard {heard}"

    def rings(self):
        """How many calls have come in."""
        return len(re.findall(r"Executing \[far@far:1\]", self.said))

    def calls(self):
        """How many calls it has now."""
        return len([line for line in self.command("core show channels concise").splitlines() if "!" in line])

    def recordings(self):
        return sorted(self.folder.glob("heard.wav"))
