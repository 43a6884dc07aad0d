# SPDX-License-Identifier: Apache-2.0
"""A user's PipeWire without hardware: speakers that can be listened to, and a microphone that can be spoken into."""

import base64
import json
import math
import sys
from array import array
from contextlib import contextmanager
from pathlib import Path

from booted import wait_for

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Engines"))

import sound  # noqa: E402

RATE = 16000
# These are there whenever PipeWire is.
ROOM = """
context.objects = [
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = speaker node.description = "A speaker"
      media.class = Audio/Sink audio.position = [ MONO ] object.linger = true } }
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = mouth node.description = "A mouth"
      media.class = Audio/Sink audio.position = [ MONO ] object.linger = true } }
  { factory = adapter args = { factory.name = support.null-audio-sink node.name = microphone node.description = "A microphone"
      media.class = Audio/Source/Virtual audio.position = [ MONO ] object.linger = true } }
]
"""
SOCKETS = ("pipewire.socket", "pipewire-pulse.socket")
UNITS = ("pipewire.service", "pipewire-pulse.service", "wireplumber.service")


class SoundServer:
    def __init__(self, user):
        self.user = user
        user.install(ROOM, ".config/pipewire/pipewire.conf.d/room.conf")
        # Of what a testbed's machine has installed, nothing is enabled there.
        user.systemctl("enable", "--now", *SOCKETS, *UNITS)
        self.wait_for_devices("speaker", "microphone")
        # Which WirePlumber does, when it has come up.
        for choice in (("set-default-sink", "speaker"), ("set-default-source", "microphone")):
            wait_for("a default to be chosen", lambda: user.run("pactl", *choice, check=False).returncode == 0, 15)

    def pactl(self, *words):
        return self.user.run("pactl", *words).stdout

    def read(self, what):
        """What pactl lists of a kind; nothing where the server is away."""
        shown = self.user.run("pactl", "--format=json", "list", what, check=False).stdout
        try:
            return json.loads(shown)
        except json.JSONDecodeError:
            return []

    def wait_for_devices(self, *names):
        def known():
            return {device["name"] for what in ("sinks", "sources") for device in self.read(what)}

        wait_for(f"the devices {', '.join(names)}", lambda: set(names) <= known(), 15)

    def add(self, name, *words):
        """Plugs a speaker in; returns what `remove` takes."""
        module = self.pactl("load-module", "module-null-sink", f"sink_name={name}", "channels=1", *words).strip()
        self.wait_for_devices(name)
        return module

    def remove(self, module):
        self.pactl("unload-module", module)

    def kill(self, *units):
        """Those at once; returns when systemd has started them again."""
        old = [self.process(unit) for unit in units]
        # It starts what dies often no more.
        self.user.systemctl("reset-failed", *UNITS)
        self.user.systemctl("kill", "--signal=KILL", *units)
        for unit, process in zip(units, old):
            wait_for(f"another {unit}", lambda: self.process(unit) not in (process, "0"))

    def process(self, unit):
        return self.user.unit(unit, "MainPID")["MainPID"]

    def stop(self):
        """Until `start`: nobody's question starts it."""
        self.user.systemctl("stop", *SOCKETS, *UNITS)

    def start(self):
        self.user.systemctl("start", *SOCKETS)

    def stream(self, what, device):
        """The properties of the call's stream on that speaker (sink-inputs) or microphone (source-outputs)."""
        kinds = {"sink-inputs": ("sinks", "sink"), "source-outputs": ("sources", "source")}
        listed, key = kinds[what]
        names = {entry["index"]: entry["name"] for entry in self.read(listed)}
        for entry in self.read(what):
            properties = entry["properties"]
            if names.get(entry[key]) == device and properties.get("application.name") == "OngoingCall":
                return properties
        return None

    def wait_for_call(self, microphone, speaker, seconds=15.0):
        """Waits for the call's streams on both, and returns their properties."""
        return tuple(
            wait_for(f"the call's stream on {device}", lambda: self.stream(what, device), seconds, 0.1)
            for what, device in (("source-outputs", microphone), ("sink-inputs", speaker)))

    def wait_for_tone(self, speaker, hertz, seconds=15.0):
        """Listens to a speaker until it plays a tone, and hardly anything else."""
        def share():
            heard = self.user.run(
                "sh", "-c", f"parec --device={speaker}.monitor --rate={RATE} --channels=1 --format=s16le --raw "
                f"--latency-msec=20 | head -c {RATE} | base64", timeout=20).stdout  # fmt: skip
            return plays(array("h", base64.b64decode(heard)), RATE, hertz)

        wait_for(f"{hertz} Hz in {speaker}", share, seconds)

    @contextmanager
    def speaking(self, hertz):
        """Plays a tone to the mouth, which the microphone hears, half
        a second of each: a lasting one would be taken for noise."""
        samples = array("h", (
            int(10000 * math.sin(2 * math.pi * hertz * i / RATE)) if i < RATE // 2 else 0 for i in range(RATE)))
        self.user.install(samples.tobytes(), "said.raw")
        wait_for("the microphone to hear the mouth", self._hears)
        player = self.user.spawn(
            "sh", "-c", f"while cat said.raw; do :; done | exec pacat --playback --device=mouth --rate={RATE} "
            "--channels=1 --format=s16le --latency-msec=50")  # fmt: skip
        try:
            yield
        finally:
            player.kill()
            player.wait(10)

    def _hears(self):
        linked = self.user.run("pw-link", "mouth:monitor_MONO", "microphone:input_MONO", check=False)
        return linked.returncode == 0 or "exists" in linked.stderr


def plays(samples, rate, hertz):
    samples = [value / 32768 for value in samples]
    return sound.loudness(samples) > 0.01 and sound.share_of_tone(samples, rate, hertz, 15) > 0.8


def wait_for_recorded_tone(path, hertz, seconds=15.0):
    """Until the last half second of the far end's recording has it."""
    def heard():
        samples, rate = sound.read(path)
        return plays([int(value * 32767) for value in samples[-rate // 2:]], rate, hertz)

    wait_for(f"{hertz} Hz at the far end", heard, seconds, 0.1)
