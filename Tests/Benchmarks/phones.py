# SPDX-License-Identifier: Apache-2.0
"""What is measured, the same way each: this engine, and baresip and linphone-daemon as controls."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from far_end import FarEnd
from sip_engine import SIPEngine

BARESIP = """\
poll_method epoll
sip_listen {address}:5060
call_local_timeout 120
audio_path /nonexistent
audio_player alsa,default
audio_source alsa,default
audio_alert alsa,default
rtcp_enable yes
jitter_buffer_delay 1-5
module_path /usr/lib/baresip/modules
module {codec}.so
module alsa.so
module_tmp account.so
module_app menu.so
"""
LINPHONE = """\
[sip]
sip_port=5062
sip_tcp_port=-1
sip_tls_port=-1
guess_hostname=0
contact=sip:far@{address}
default_proxy=-1
[net]
mtu=1300
[rtp]
audio_rtp_port=12000-12100
[sound]
echocancellation=1
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
TICKS = os.sysconf("SC_CLK_TCK")
CODECS = {"opus": "opus", "pcmu": "g711"}


class Usage:
    """What a process has taken until now."""

    def __init__(self, pid):
        self.at = time.monotonic()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        self.processor = (int(fields[11]) + int(fields[12])) / TICKS
        self.wakeups = 0
        for task in Path(f"/proc/{pid}/task").iterdir():
            for line in (task / "status").read_text().splitlines():
                if line.startswith("voluntary_ctxt_switches"):
                    self.wakeups += int(line.split()[1])
        rollup = dict(line.split()[:2] for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
        self.resident, self.proportional = (int(rollup[key]) / 1024 for key in ("Rss:", "Pss:"))

    def since(self, before):
        seconds = self.at - before.at
        return {"rss": self.resident, "pss": self.proportional, "cpu": 100 * (self.processor - before.processor) / seconds,
                "wakeups": (self.wakeups - before.wakeups) / seconds}


class Phone:
    """In a call with a far end, with a microphone and a speaker."""

    calls = "sip:far@{address}:{port}"

    def __init__(self, room, address, codec, *options):
        self.room, self.address, self.codec = room, address, codec
        self.folder = room.folder / f"{type(self).__name__}-{time.monotonic_ns()}"
        self.folder.mkdir()
        self.far_end = FarEnd("--codecs", f"{codec},telephone-event", "--stats-every", "1000", *options, address=address, strict=False)
        try:
            self.start()
            self.far_end.wait_for_packets(50, 20)
            deadline = time.monotonic() + 10
            while room.streams(self.pid) < 2:
                assert time.monotonic() < deadline, f"{self.name} uses no microphone and speaker"
                time.sleep(0.1)
        except BaseException:
            self.__exit__()
            raise

    def _spawn(self, argv, **popen):
        log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(argv, env=self.room.env, stderr=log, cwd=self.folder, **{"stdout": log, **popen})
        self.pid = self.process.pid

    def usage(self, seconds):
        before = Usage(self.pid)
        time.sleep(seconds)
        return Usage(self.pid).since(before)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if hasattr(self, "process"):
            self.process.kill()
            self.process.wait(10)
        self.far_end.__exit__(None)


class Ours(Phone):
    name = "ongoingcall-sip"

    def start(self):
        self.engine = SIPEngine(self.folder, env=self.room.env)
        self.process, self.pid = self.engine.process, self.engine.pid
        self.engine.join(self.far_end.uri, lease=600)
        self.engine.wait_for_state("joined")

    def __exit__(self, *_):
        if hasattr(self, "engine"):
            self.engine.__exit__()
        self.far_end.__exit__(None)


class Baresip(Phone):
    name = "baresip"
    program = "baresip"

    def start(self, *arguments):
        configure_baresip(self.folder, self.address, CODECS[self.codec])
        self._spawn(["baresip", "-4", "-f", str(self.folder), *arguments], stdin=subprocess.DEVNULL)
        call_when_there(self.far_end, f"sip:far@{self.address}:5060")


class Linphone(Phone):
    name = "linphone-daemon"
    program = "linphone-daemon"

    def start(self):
        (self.folder / "rc").write_text(LINPHONE.format(address=self.address))
        self._spawn(["linphone-daemon", "--config", str(self.folder / "rc"), "--disable-stats-events", "--auto-answer"],
                    stdin=subprocess.PIPE)
        call_when_there(self.far_end, f"sip:far@{self.address}:5062")


def configure_baresip(folder, address, codec):
    (folder / "config").write_text(BARESIP.format(address=address, codec=codec))
    (folder / "accounts").write_text(f"<sip:far@{address}>;regint=0;answermode=auto\n")
    (folder / "contacts").write_text("")


def call_when_there(far_end, uri):
    """Rings until somebody answers: nobody says when they listen."""
    far_end.command(f"call {uri}")
    far_end.wait_for("running", 30)


def available():
    # Without it, baresip rings and never answers.
    if shutil.which("baresip") and not list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        raise SystemExit("install libasound2-plugins, by which baresip reaches the sound server")
    return [Ours] + [phone for phone in (Baresip, Linphone) if shutil.which(phone.program)]
