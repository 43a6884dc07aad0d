# SPDX-License-Identifier: Apache-2.0
"""baresip as a far end: no hardware, a tone of its own, and what it hears in files.

Told by its module ctrl_tcp: netstrings of JSON, commands one way, events and answers the other.
"""

import json
import shutil
import socket
import time

from engine_process import TimedOut
from world import ADDRESS, Program, until

MODULES = "/usr/lib/baresip/modules"
SIP_PORT, TLS_PORT, CONTROL_PORT = 5060, 5061, 4444
MEDIA_PORTS = range(10000, 10200)
# Hertz of what it says.
TONE = 1000

CONFIG = """\
poll_method epoll
sip_listen {address}:{port}
{certificate}
call_local_timeout 120
call_max_calls 4
audio_path /nonexistent
audio_player aubridge,speaker
audio_source ausine,{tone}
audio_alert aubridge,alert
ausrc_srate 48000
ausrc_channels 2
auplay_srate 48000
auplay_channels 2
rtp_ports {first}-{last}
rtp_stats no
rtcp_enable yes
rtcp_mux {mux}
jitter_buffer_delay 1-5
rtp_timeout 0
snd_path {folder}
module_path {modules}
{codecs}
module ausine.so
module aubridge.so
module sndfile.so
module srtp.so
module dtls_srtp.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


class Baresip(Program):
    """`answer` is auto, early (183 with media; `accept` answers) or manual (180)."""

    name = "baresip"

    def __init__(self, folder, answer="auto", codecs=("opus", "g722", "g711"), certificate=None, address=ADDRESS,
                 account="", modules=(), shares_port=False):
        self.folder = folder / "baresip"
        self.folder.mkdir()
        self.events = []
        self.transport = "udp"
        self.address = address
        config = CONFIG.format(
            address=address, port=SIP_PORT, tone=TONE, first=MEDIA_PORTS.start, last=MEDIA_PORTS.stop,
            folder=self.folder, mux="yes" if shares_port or "dtls" in account else "no", modules=MODULES,
            control=CONTROL_PORT, codecs="\n".join(f"module {name}.so" for name in (*codecs, *modules)),
            certificate=f"sip_certificate {certificate}" if certificate else "")
        (self.folder / "config").write_text(config)
        (self.folder / "accounts").write_text(f"<sip:far@{address}>;regint=0;answermode={answer}{account}\n")
        (self.folder / "contacts").write_text("")
        super().__init__([shutil.which("baresip"), "-4", "-f", str(self.folder)], self.folder, "baresip")
        self._buffer = b""
        self._serial = 0
        self._answers = {}
        try:
            self.control = until(self._connect, 10, "baresip's control port", lambda: time.sleep(0.01))
            self.command("listcalls")
        except BaseException:
            self.stop()
            raise

    def _connect(self):
        self.check_alive()
        try:
            return socket.create_connection(("127.0.0.1", CONTROL_PORT), 1)
        except OSError:
            return None

    # Control

    def _pump(self, timeout):
        self.control.settimeout(max(0.001, timeout))
        try:
            data = self.control.recv(65536)
        except TimeoutError:
            return
        if not data:
            self.check_alive()
            raise AssertionError("baresip closed its control connection")
        self._buffer += data
        while b":" in self._buffer:
            length, _, rest = self._buffer.partition(b":")
            size = int(length)
            if len(rest) < size + 1:
                return
            message = json.loads(rest[:size].decode("utf-8", "replace"))
            self._buffer = rest[size + 1:]
            if message.get("event"):
                self.events.append(message)
            else:
                self._answers[message.get("token")] = message

    def command(self, name, parameters=None, timeout=5):
        """Its answer's text."""
        self._serial += 1
        token = str(self._serial)
        request = {"command": name, "token": token} | ({"params": parameters} if parameters else {})
        text = json.dumps(request).encode()
        self.control.sendall(b"%d:%s," % (len(text), text))
        deadline = time.monotonic() + timeout
        while token not in self._answers:
            if time.monotonic() > deadline:
                raise TimedOut(f"baresip did not answer {request} within {timeout} s; events: {self.events}")
            self._pump(deadline - time.monotonic())
        answer = self._answers.pop(token)
        assert answer.get("ok"), f"baresip refused {request}: {answer}"
        return answer.get("data", "")

    def drain(self):
        """Takes in the events there are."""
        self.command("listcalls")

    def wait_for(self, kind, timeout=10, count=1, **values):
        """The `count`-th event of that kind, counted from the start."""
        def found():
            events = [e for e in self.events if e["type"] == kind and values.items() <= e.items()]
            return events[count - 1] if len(events) >= count else None
        deadline = time.monotonic() + timeout
        while not (event := found()):
            if time.monotonic() > deadline:
                raise TimedOut(f"no {kind} {values or ''} of baresip within {timeout} s; events: {self.events}")
            self._pump(deadline - time.monotonic())
        return event

    # What a far end does

    media_ports = MEDIA_PORTS
    tone = TONE

    @property
    def uri(self):
        port = TLS_PORT if self.transport == "tls" else SIP_PORT
        return f"sip:far@{self.address}:{port}" + ("" if self.transport == "udp" else f";transport={self.transport}")

    def wait_for_call(self):
        self.wait_for("CALL_ESTABLISHED")

    def accept(self):
        self.command("accept")

    def hold(self):
        self.command("hold")

    def unhold(self):
        self.command("resume")

    def transfer(self, uri):
        self.command("transfer", uri)

    def hang_up(self):
        self.command("hangup")

    def wait_for_hangup(self, timeout=10):
        self.wait_for("CALL_CLOSED", timeout)

    def wait_for_digits(self, digits, timeout=10):
        self.wait_for("CALL_DTMF_END", timeout, count=len(digits))
        heard = "".join(e["param"] for e in self.events if e["type"] == "CALL_DTMF_START")
        assert heard == digits, f"baresip heard {heard}"

    def rings(self):
        """How many calls have come in; it tells of the description before it rings, even of an automatic answer."""
        self.drain()
        return len({e["id"] for e in self.events})

    def calls(self):
        """How many calls it has now."""
        self.drain()
        return self.rings() - sum(e["type"] == "CALL_CLOSED" for e in self.events)

    def recordings(self):
        """WAV files of what it heard; whole when the call is over."""
        return sorted(self.folder.glob("dump-*-dec.wav"))

    def stop(self):
        if hasattr(self, "control"):
            self.control.close()
        super().stop()
