# SPDX-License-Identifier: Apache-2.0
"""The SIP engine on its machine: beside another, without a home, and with no more open than it needs."""

import os
import subprocess

import pytest
from sip_engine import SIPEngine


def test_two_calls_at_once(tmp_path, far_end):
    with SIPEngine(tmp_path) as one, SIPEngine(tmp_path) as other:
        for engine in (one, other):
            engine.join(far_end.uri)
        for engine in (one, other):
            engine.wait_for_state("joined")
        for engine in (one, other):
            assert engine.wait_for_media(50)["lost"] == 0
        reading = far_end.stats()
        assert (reading["streams"], reading["lost"]) == (2, 0)
        one.send({"type": "leave"})
        one.wait_for_end()
        other.wait_for_media(50)


@pytest.mark.parametrize("home", [None, "/proc", "/no/such/home"])
def test_call_without_a_home(tmp_path, far_end, home):
    with SIPEngine(tmp_path, env={"HOME": home} if home else {}) as engine:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        engine.wait_for_media(25)


@pytest.mark.parametrize("where", ["", "run"])
def test_nothing_of_the_call_is_written(tmp_path, far_end, where):
    home, run_user = tmp_path / "home", tmp_path / "run-user"
    for folder in (home, run_user):
        folder.mkdir(mode=0o700)
    environment = {"HOME": str(home), "XDG_RUNTIME_DIR": str(run_user)} | ({} if where else {"RUNTIME_DIRECTORY": ""})
    with SIPEngine(tmp_path, env=environment) as engine:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        engine.wait_for_media(25)
        assert list(engine.runtime.iterdir()) == []
        engine.send({"type": "leave"})
        engine.wait_for_end()
        assert list(engine.runtime.iterdir()) == []
    written = [p for folder in (home, run_user) for p in folder.rglob("*") if p.is_file()]
    assert {p.parent.name for p in written} <= {"gstreamer-1.0"}, "GStreamer keeps what elements there are"
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_file()) == ["engine.log"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may look at every process")
def test_call_within_the_machine_listens_to_nobody_else(engine, far_end):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    assert {host for _, host, _ in sockets(engine.pid)} == {"127.0.0.1"}
    kinds = [kind for kind, _, _ in sockets(engine.pid)]
    assert kinds == ["udp"] * 3, "one port for SIP, two for sound"


def sockets(pid):
    """The bound sockets of IP that a process has: kind, address, port."""
    listing = subprocess.run(["ss", "-Hanptu"], capture_output=True, text=True, check=True).stdout
    found = []
    for line in listing.splitlines():
        words = line.split()
        if f"pid={pid}," in line:
            host, _, port = words[4].rpartition(":")
            found.append((words[0], host.strip("[]").partition("%")[0], int(port)))
    return found
