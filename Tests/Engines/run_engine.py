# SPDX-License-Identifier: Apache-2.0
"""What the tests of the `command` engine share: programs that are run by it, and watched."""

import os
import pathlib
import select
import sys

import pytest

from engine_process import EngineProcess, executable

SESSION = "7k3m9x2p"


def start(env=None, lease=60, **options):
    """An engine that was greeted; to be used as a context manager."""
    process = EngineProcess([executable("ongoingcall-run")], env=env, **options)
    process.hello(SESSION, lease)
    return process


@pytest.fixture
def engine():
    with start() as process:
        yield process


def join(engine, *command, **options):
    names = {"working_directory": "working-directory"}
    engine.send({"type": "join", "command": [str(c) for c in command],
                 **{names.get(k, k): v for k, v in options.items()}})


def python(engine, source, *arguments, **options):
    join(engine, sys.executable, "-c", source, *arguments, **options)


def ended(engine, timeout=10):
    return engine.wait_for_state("ended", timeout)


def result(message):
    return message["reason"], message.get("exit-status"), message.get("detail")


class Fifo:
    """By which a program tells how far it is: an event, not a sleep."""

    def __init__(self, path):
        os.mkfifo(path)
        self._path = path
        # For writing too: it never comes to its end, and no program waits to open it.
        self._stream = open(os.open(path, os.O_RDWR), "rb", buffering=0)

    def __str__(self):
        return str(self._path)

    def line(self, timeout=60):
        text = b""
        while not text.endswith(b"\n"):
            if not select.select([self._stream], [], [], timeout)[0]:
                raise TimeoutError(f"no line in {timeout} s")
            text += self._stream.read(1)
        return text.decode().strip()

    def write(self, text):
        os.write(self._stream.fileno(), text.encode() + b"\n")

    def close(self):
        self._stream.close()


@pytest.fixture
def fifo(tmp_path):
    fifo = Fifo(tmp_path / "fifo")
    yield fifo
    fifo.close()


def is_alive(pid):
    try:
        state = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def memory(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(key)


class Growth:
    """Of an engine's memory from now on. What its start took, which may be more than it keeps, is none."""

    def __init__(self, pid):
        self.pid = pid
        self.highest = memory(pid, "VmHWM")
        self.kept = memory(pid, "VmRSS")

    @property
    def bytes(self):
        highest = memory(self.pid, "VmHWM")
        return highest - self.kept if highest > self.highest else 0
