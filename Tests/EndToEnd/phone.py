# SPDX-License-Identifier: Apache-2.0
"""An application that carries its call itself: it sends RTP, and knows nothing of OngoingCall."""

import socket
import struct
import threading

from booted import wait_for

# A packet every 20 ms, numbered; what it is sent goes into a file, a line each.
PROGRAM = """#!/usr/bin/python3
import os, signal, socket, struct, subprocess, sys, time
port, notes, *words = sys.argv[1:]

def note(text):
    with open(notes, "a") as file:
        print(text, file=file)

def told(number, frame):
    note(signal.Signals(number).name)
    if "deaf" not in words:
        os._exit(0)

signal.signal(signal.SIGHUP, signal.SIG_IGN)
for number in (signal.SIGTERM, signal.SIGINT):
    signal.signal(number, told)
if "family" in words:
    subprocess.Popen(["sh", "-c", "trap '' HUP; sleep 4711 & sleep 4712"])
    if os.fork() == 0:
        os._exit(0)
media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sequence, due = 0, time.monotonic()
while True:
    media.sendto(struct.pack("!BBHII", 0x80, 96, sequence & 0xFFFF, sequence * 160, os.getpid()) + bytes(160),
                 ("127.0.0.1", int(port)))
    sequence += 1
    due += 0.02
    time.sleep(max(0, due - time.monotonic()))
"""


class Ear:
    """Hears the RTP of one phone."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.packets = self.lost = 0
        self._next = None
        self._ends = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Closing alone does not wake who listens.
        self._ends = True
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
            bell.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self.socket.close()

    def _listen(self):
        while True:
            packet = self.socket.recv(2048)
            if self._ends:
                return
            (sequence,) = struct.unpack_from("!H", packet, 2)
            if self._next is not None:
                self.lost += (sequence - self._next) & 0xFFFF
            self._next = (sequence + 1) & 0xFFFF
            self.packets += 1

    def hear(self, packets, seconds=30.0):
        """Waits for so many more."""
        start = self.packets
        wait_for(f"{packets} more packets", lambda: self.packets >= start + packets, seconds)


class Phone:
    """The application, in the background of a login session's shell."""

    def __init__(self, terminal, ear, *words):
        self.user = terminal.user
        self.user.install(PROGRAM, "phone", mode=0o755)
        status, output = terminal.run(f"./phone {ear.port} notes {' '.join(words)} & echo $!")
        assert status == 0, output
        self.pid = int(output.splitlines()[-1])
        ear.hear(1)

    @property
    def runs(self):
        return self.user.bed.path(f"/proc/{self.pid}/exe").is_symlink()

    @property
    def notes(self):
        """What it was sent."""
        file = self.user.bed.path(f"{self.user.home}/notes")
        return file.read_text().split() if file.exists() else []

    def kill(self, signal="KILL"):
        self.user.run("kill", f"-{signal}", str(self.pid))


def group(bed, pid):
    """The last name in the path of a process's control group: its unit."""
    lines = bed.run("cat", f"/proc/{pid}/cgroup").stdout.splitlines()
    (path,) = (line.split(":", 2)[2] for line in lines if line.startswith("0::"))
    return path.rsplit("/", 1)[1]
