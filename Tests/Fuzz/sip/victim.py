# SPDX-License-Identifier: Apache-2.0
"""A call between an engine and a far end that goes on during all of it, and what both are like meanwhile."""

import json
import os
import re
import socket
import subprocess
import time
from pathlib import Path

from far_end import FarEnd
from report import Broken
from sip_engine import SIPEngine

from .seeds import Ids

TICKS = os.sysconf("SC_CLK_TCK")
ENDED = re.compile(rb'"state":"ended"')
NEWEST_LEVEL = re.compile(rb'.*"level-received":(-?\d+)', re.S)


class Spoiled(Broken):
    """The call, or the engine, is not as it has to be."""


class Said:
    """What the engine says, which is too much to keep: a word for every change."""

    def __init__(self, sock):
        self.socket = sock
        self.socket.setblocking(False)
        self.tail = b""
        self.level = None
        self.media = 0
        self.octets = 0

    def take(self):
        while True:
            try:
                data = self.socket.recv(1 << 18)
            except BlockingIOError:
                return
            except ConnectionResetError:
                data = b""
            if not data:
                raise Spoiled(f"the engine's channel is closed; the last it said: {self.tail[-1500:]!r}")
            self.octets += len(data)
            text = self.tail + data
            if place := ENDED.search(text):
                line = text[text.rfind(b"\n", 0, place.start()) + 1:]
                raise Spoiled(f"the call ended: {line[:600]!r} … {line[-300:]!r}")
            if match := NEWEST_LEVEL.match(text):
                self.level = int(match[1])
            self.media += data.count(b'"type":"media"')
            self.tail = text[-4096:]


class Victim:
    def __init__(self, folder, transport="udp", prefix=()):
        self.folder, self.transport = Path(folder), transport
        self.started = time.monotonic()
        self.patience = 10 if prefix else 1
        self.far_end = FarEnd("--trace", "--stats-every", "1000", "--tone", "440", strict=False)
        environment = {
            "ASAN_OPTIONS": f"log_path={folder}/report:halt_on_error=1:detect_leaks=1:quarantine_size_mb=8:malloc_context_size=8",
            "LSAN_OPTIONS": f"suppressions={Path(__file__).resolve().parents[2]}/Sanitizers/leaks:print_suppressions=0",
            "SWIFT_BACKTRACE": "enable=no"}
        self.engine = SIPEngine(self.folder, env=environment, prefix=prefix)
        self.engine.join(self.far_end.uri + ("" if transport == "udp" else f";transport={transport}"), lease=100_000)
        self.engine.wait_for_state("joined", 20 * self.patience)
        self.far_end.wait_for_packets(25, 20 * self.patience)
        self._learn()
        self.far_end.command("set trace no")
        self.far_end.stats()
        self.said = Said(self.engine.socket)
        self.executable = os.readlink(f"/proc/{self.engine.pid}/exe")
        self.is_sanitized = b"asan" in Path(f"/proc/{self.engine.pid}/maps").read_bytes() or self._has(b"__asan_report_load8")

    def _has(self, symbol):
        return symbol in Path(self.executable).read_bytes()

    def _learn(self):
        """What the far end knows of the dialog."""
        seen = self.far_end.reader.seen
        invite = next(m for m in seen if m["event"] == "received" and m["first"].startswith("INVITE "))
        answer = next(m for m in seen if m["event"] == "sent" and m["first"].startswith("SIP/2.0 200"))
        field = {name: value for name, _, value in (line.partition(": ") for line in invite["fields"])}
        other = {name: value for name, _, value in (line.partition(": ") for line in answer["fields"])}
        target = re.search(r"<([^>]*)>", field["Contact"])[1]
        self.ids = Ids(
            field["Call-ID"].encode(), field["From"].encode(), other["To"].encode(), target.encode(),
            ("Via: " + field["Via"]).encode(), field["CSeq"].split()[0].encode(), answer["body"].encode())
        self.sip = ("127.0.0.1", int(re.search(r":(\d+)", target)[1]))
        self.media = ("127.0.0.1", int(re.search(r"m=audio (\d+)", invite["body"])[1]))
        self.far_media = ("127.0.0.1", int(re.search(r"m=audio (\d+)", answer["body"])[1]))
        self.far_sip = ("127.0.0.1", self.far_end.port)

    # What it must be

    def check(self):
        """The call is up and nothing was reported."""
        # What has crashed closes its channel first; its status says more.
        if self.engine.process.poll() is not None:
            raise Spoiled(f"the engine is gone: {self.engine.process.returncode}; {self.log()}")
        self.said.take()
        self.far_end.stats()
        names = {m["event"] for m in self.far_end.reader.seen}
        del self.far_end.reader.seen[:]
        self.far_end.reader._unread = 0
        if names & {"bye", "cancelled", "rejected"}:
            raise Spoiled(f"the call has ended: {names}")
        if reports := self.reports():
            raise Spoiled(f"the sanitizer reports: {reports}")

    def reports(self):
        return "\n".join(path.read_text(errors="replace")[:6000] for path in self.folder.glob("report*"))

    def fate(self):
        """What has become of the engine, and what it and the checkers left behind."""
        try:
            status = self.engine.process.wait(5)
            return f"it ended with {status}; {self.log()}"
        except subprocess.TimeoutExpired:
            return f"it still runs; {self.log()}"

    def log(self):
        return (self.folder / "engine.log").read_text(errors="replace")[-3000:] + self.reports()

    def packets(self):
        return self.far_end.stats()["packets"]

    def hears(self, more=25, within=5.0):
        """Seconds until so many more packets are at the far end."""
        started = time.monotonic()
        goal = self.packets() + more
        while self.packets() < goal:
            self.said.take()
            if time.monotonic() - started > within * self.patience:
                raise Spoiled(f"the far end hears nothing: {self.far_end.stats()}")
            time.sleep(0.05)
        return time.monotonic() - started

    def is_heard(self, within=10.0):
        """Waits until what the far end says is heard again."""
        deadline = time.monotonic() + within * self.patience
        self.said.take()
        before = self.said.media
        while self.said.media < before + 2 or self.said.level is None or self.said.level < -60:
            self.said.take()
            if time.monotonic() > deadline:
                raise Spoiled(f"the engine does not hear the far end any more: {self.said.level} dBov, {self.said.tail[-600:]!r}")
            time.sleep(0.05)

    def memory(self, key="VmRSS"):
        """In kB."""
        text = Path(f"/proc/{self.engine.pid}/status").read_text()
        return int(re.search(key + r":\s+(\d+)", text)[1])

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.engine.pid}/fd"))

    def processor(self):
        """Seconds it has used."""
        fields = Path(f"/proc/{self.engine.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def load(self, seconds=3.0):
        """Its share of a processor, with what is said taken from it."""
        before, started = self.processor(), time.monotonic()
        while time.monotonic() - started < seconds:
            self.said.take()
            time.sleep(0.1)
        return (self.processor() - before) / (time.monotonic() - started)

    def close(self):
        """Hangs up; a clean exit is part of it."""
        self.engine.socket.setblocking(True)
        self.engine.send({"type": "leave"})
        deadline = time.monotonic() + 45 * self.patience
        while self.engine.process.poll() is None:
            try:
                self.engine.socket.settimeout(0.2)
                self.engine.socket.recv(1 << 18)
            except TimeoutError:
                pass
            except OSError:
                break
            if time.monotonic() > deadline:
                raise Spoiled("the engine does not leave")
        status = self.engine.wait_for_exit(10)
        if status != 0 or self.reports():
            raise Spoiled(f"the engine left with {status}: {self.log()}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.engine.__exit__()
        self.far_end.__exit__(None)


class Queue:
    """What the kernel holds for a socket of the engine: nothing is to be lost before it is looked at."""

    def __init__(self, ports):
        self.ports = {f":{port:04X} " for port in ports}
        self.dropped_before = self.look()[1]

    def look(self):
        waiting = dropped = 0
        with open("/proc/net/udp") as table:
            for line in table:
                if any(port in line[:22] for port in self.ports):
                    fields = line.split()
                    waiting += int(fields[4].partition(":")[2], 16)
                    dropped += int(fields[12])
        return waiting, dropped

    @property
    def dropped(self):
        return self.look()[1] - self.dropped_before

    def wait(self, victim, pause=0.0005, within=30.0):
        deadline = time.monotonic() + within * victim.patience
        while self.look()[0]:
            victim.said.take()
            if time.monotonic() > deadline:
                raise Spoiled(f"the engine has not read its socket for {within} s: {victim.log()}")
            time.sleep(pause)


def udp(host, port=0):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, port))
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    return sock


def describe(value):
    return json.dumps(value, ensure_ascii=False)
