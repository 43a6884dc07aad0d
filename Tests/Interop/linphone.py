# SPDX-License-Identifier: Apache-2.0
"""linphone-daemon as a far end: it plays a WAV file into the call, and ALSA's file plugin is its loudspeaker.

Told on stdin; every answer begins with `Status:` and ends with the next prompt. Events come between on stdout.
"""

import os
import re
import select
import shutil
import subprocess
import time
import wave

import sound
from engine_process import TimedOut
from world import ADDRESS, Program, until

SIP_PORT = 5062
MEDIA_PORTS = range(12000, 12100)
TONE = 1000
# What it prints when it takes the next command, with the command repeated behind it.
PROMPT = "daemon-linphone>"

# A card for playback only: the null device takes all that is written at once, and the file plugin keeps it on its way.
# Each time it opens the card is another file, named by the rate. As a microphone the card would give
# silence as fast as it is read, and the daemon would never come to anything else.
ALSA = """\
pcm.farend {{
  type asym
  playback.pcm {{ type file slave.pcm "null" file "|exec cat >{folder}/heard-$$-%r.raw" format "raw" }}
}}
"""

CONFIG = """\
[sip]
sip_port={udp}
sip_tcp_port={tcp}
sip_tls_port=-1
guess_hostname=0
contact=sip:far@{address}
default_proxy=-1
incoming_calls_early_media={early}
inc_timeout=120
media_encryption={encryption}
media_encryption_mandatory={mandatory}
keepalive_period=0
use_info=0
use_rfc2833=1
verify_server_certs=0
[net]
nat_policy_ref=
mtu=1300
[rtp]
audio_rtp_port={first}-{last}
audio_jitt_comp=60
nortp_timeout=120
[sound]
alsadev=farend
playback_dev_id=ALSA: farend
capture_dev_id=none
ringer_dev_id=ALSA: farend
echocancellation=0
local_ring=
remote_ring=
[video]
enabled=0
capture=0
display=0
[misc]
log_collection=0
store_friends=0
[storage]
uri=null
[app]
auto_download_incoming_files_max_size=-1
"""


class Linphone(Program):
    """`answer` is auto, early (183 with media; `accept` answers) or manual (180)."""

    name = "linphone-daemon"
    media_ports = MEDIA_PORTS
    tone = TONE

    def __init__(self, folder, answer="auto", address=ADDRESS, by_dtls=False):
        self.folder = folder / "linphone"
        self.folder.mkdir()
        self.address = address
        self.transport = "udp"
        # Where its certificate goes; it makes no folder for it.
        (self.folder / ".local/share/linphone").mkdir(parents=True)
        (self.folder / ".asoundrc").write_text(ALSA.format(folder=self.folder))
        (self.folder / "rc").write_text(CONFIG.format(
            encryption="dtls" if by_dtls else "none", mandatory=int(by_dtls),
            udp=SIP_PORT, tcp=SIP_PORT, address=address, early=int(answer == "early"),
            first=MEDIA_PORTS.start, last=MEDIA_PORTS.stop))
        self.melody = sound.write_tone(self.folder / "tone.wav", hertz=TONE, seconds=60, rate=16000)
        argv = [shutil.which("linphone-daemon"), "--config", str(self.folder / "rc"), "--disable-stats-events",
                "--log", str(self.folder / "linphone.log")]
        super().__init__(
            [*argv, *(["--auto-answer"] if answer == "auto" else [])], self.folder, "linphone-daemon",
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.said = ""
        self._spoken = 0
        try:
            self.command("version", timeout=20)
        except BaseException:
            self.stop()
            raise

    # Control

    def _pump(self, timeout):
        """Takes in what it says within the timeout."""
        self.check_alive()
        if select.select([self.process.stdout], [], [], max(0, timeout))[0]:
            self.said += os.read(self.process.stdout.fileno(), 65536).decode("utf-8", "replace")

    def command(self, text, timeout=5):
        """Its answer, without the status; one that is not Ok is an assertion."""
        before = len(self.said)
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()
        answer = re.compile(r"Status: (\w+)\n(.*)" + PROMPT, re.S)
        match = until(lambda: answer.search(self.said, before), timeout,
                      f"answer of linphone-daemon to {text!r}", lambda: self._pump(0.1))
        assert match[1] == "Ok", f"linphone-daemon refused {text!r}: {match[0]}"
        return match[2].strip()

    @property
    def events(self):
        """All there were: the kind, and the lines of the rest."""
        return re.findall(r"Event-type: (\S+)\n\n(.*?)\n\n", self.said, re.S)

    # What a far end does

    @property
    def uri(self):
        parameter = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"sip:far@{self.address}:{SIP_PORT}{parameter}"

    def wait_for(self, text, timeout=10, count=1):
        """The `count`-th event with that text, counted from the start."""
        def found():
            events = [rest for kind, rest in self.events if text in f"{kind} {rest}"]
            return events[count - 1] if len(events) >= count else None
        deadline = time.monotonic() + timeout
        while not (event := found()):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimedOut(f"no {text} of linphone-daemon within {timeout} s; events: {self.events}")
            self._pump(left)
        return event

    def wait_for_call(self):
        self.wait_for("LinphoneCallStreamsRunning")
        self.keep_speaking()

    def keep_speaking(self):
        """Plays the tone into the call, and once more where its streams were set up anew: that ends the player."""
        self._pump(0.02)
        running = self._running()
        if running > self._spoken:
            self._spoken = running
            self.command(f"incall-player-start {self.melody}")

    def _running(self):
        return sum("StreamsRunning" in rest for _, rest in self.events)

    def accept(self):
        self.command("answer")

    def hold(self):
        self.command("call-pause 1")
        self.wait_for("LinphoneCallPaused")

    def unhold(self):
        running = self._running()
        self.command("call-resume 1")
        self.wait_for("LinphoneCallStreamsRunning", count=running + 1)

    def transfer(self, uri):
        self.command(f"call-transfer 1 {uri}")

    def hang_up(self):
        self.command("terminate 1")

    def wait_for_hangup(self, timeout=10):
        self.wait_for("LinphoneCallEnd", timeout)

    def wait_for_digits(self, digits, timeout=10):
        self.wait_for("receiving-tone", timeout, count=len(digits))
        heard = "".join(rest.split()[1] for kind, rest in self.events if kind == "receiving-tone")
        assert heard == digits, f"linphone-daemon heard {heard}"

    def _numbers(self, *states):
        self.command("version")
        return {rest.split("Id: ")[1].split()[0] for _, rest in self.events
                if "Id: " in rest and any(f"Event: LinphoneCall{state}\n" in rest for state in states)}

    def rings(self):
        """How many calls have come in."""
        return len(self._numbers("IncomingReceived"))

    def calls(self):
        """How many calls it has now."""
        return len(self._numbers("IncomingReceived") - self._numbers("End", "Error"))

    def recordings(self):
        """WAV files of what it heard."""
        names = []
        for raw in sorted(self.folder.glob("heard-*.raw")):
            names.append(raw.with_suffix(".wav"))
            with wave.open(str(names[-1]), "wb") as file:
                file.setparams((1, 2, int(raw.stem.split("-")[2]), 0, "NONE", ""))
                file.writeframes(raw.read_bytes())
        return names

    def stop(self):
        super().stop()
        self.process.stdin.close()
        self.process.stdout.close()
