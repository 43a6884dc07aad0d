# SPDX-License-Identifier: Apache-2.0
"""A sound server of its own without hardware: a speaker that can be listened to, and a microphone that can be spoken into."""

import array
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

RATE = 48000
ASOUNDRC = "pcm.!default { type pulse }\nctl.!default { type pulse }\n"


class SoundRoom:
    """To be entered under a session bus of its own (dbus-run-session)."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="soundroom-"))
        self.folder.chmod(0o700)
        (self.folder / ".asoundrc").write_text(ASOUNDRC)
        self.env = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder), "LC_ALL": "C.UTF-8",
            "DBUS_SESSION_BUS_ADDRESS": os.environ["DBUS_SESSION_BUS_ADDRESS"]}
        self.processes = []

    def __enter__(self):
        for program in ("pipewire", "wireplumber", "pipewire-pulse"):
            with open(self.folder / f"{program}.log", "wb") as log:
                self.processes.append(subprocess.Popen([program], env=self.env, stdout=log, stderr=log))
        deadline = time.monotonic() + 15
        while subprocess.run(["pactl", "info"], env=self.env, capture_output=True).returncode != 0:
            assert time.monotonic() < deadline, "pipewire-pulse does not come up"
            time.sleep(0.05)
        # What is played to `mouth` is what the microphone hears.
        self.pactl("load-module", "module-null-sink", "sink_name=speaker", f"rate={RATE}")
        self.pactl("load-module", "module-null-sink", "sink_name=mouth", f"rate={RATE}")
        self.pactl("load-module", "module-remap-source", "master=mouth.monitor", "source_name=microphone")
        self.pactl("set-default-sink", "speaker")
        self.pactl("set-default-source", "microphone")
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def pactl(self, *words):
        return subprocess.run(["pactl", *words], env=self.env, check=True, capture_output=True, text=True, timeout=20).stdout

    def streams(self, pid):
        """How many streams that process has here: sound is really under way."""
        listed = self.pactl("list", "sink-inputs") + self.pactl("list", "source-outputs")
        return listed.count(f'application.process.id = "{pid}"')

    def speak(self, file):
        """Plays a file of raw samples into the microphone."""
        return subprocess.Popen(
            ["pacat", "--playback", "--device=mouth", f"--rate={RATE}", "--channels=1", "--format=s16le", "--latency-msec=10", str(file)],
            env=self.env, stderr=subprocess.DEVNULL)

    def listen(self, source, file, channels=1):
        return subprocess.Popen(
            ["pacat", "--record", f"--device={source}", f"--rate={RATE}", f"--channels={channels}", "--format=s16le",
             "--latency-msec=10", "--raw", str(file)],
            env=self.env, stderr=subprocess.DEVNULL)

    @contextlib.contextmanager
    def speaking(self, file):
        """Says the same over and over."""
        loop = subprocess.Popen(
            ["sh", "-c", f"while cat {file}; do :; done | exec pacat --playback --device=mouth --rate={RATE} --channels=1 --format=s16le"],
            env=self.env, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            yield
        finally:
            os.killpg(loop.pid, signal.SIGKILL)
            loop.wait(10)

    def link(self, output, sink):
        """One cycle of the graph: what goes by two links keeps its time."""
        subprocess.run(["pw-link", output, sink], env=self.env, check=True, capture_output=True, timeout=20)


def samples(file):
    read = array.array("h")
    data = Path(file).read_bytes()
    read.frombytes(data[:len(data) // 2 * 2])
    return read
