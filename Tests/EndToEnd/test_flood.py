# SPDX-License-Identifier: Apache-2.0
"""An engine that says more than it may costs its own call, and nothing else; and so does a client that asks more."""

import subprocess
from pathlib import Path

import pytest
from booted import wait_for
from buses import on_both_buses

pytestmark = on_both_buses
QUESTIONS = Path(__file__).with_name("questions.py")

FLOODS = {
    "media": b'{"type":"media","sent":1,"received":2,"lost":3}\n',
    "empty lines": b"\n",
    "muted on and off": b'{"type":"state","state":"joined","muted":true}\n{"type":"state","state":"joined"}\n',
    "lost and restored": b'{"type":"state","state":"reconnecting"}\n{"type":"state","state":"joined"}\n',
}


@pytest.mark.parametrize("flood", FLOODS)
def test_an_engine_that_writes_without_pause_is_ended(calls, flood):
    program = f"""#!/usr/bin/python3
import os
os.write(1, b'{{"type":"state","state":"joined"}}\\n')
while True:
    os.write(1, {FLOODS[flood]!r} * 500)
"""
    path = f"{calls.user.home}/flood"
    calls.user.run("sh", "-c", f"cat > {path} && chmod 755 {path}", input=program)
    descriptor = f'{{"name": "flood", "command": ["{path}"], "schemes": ["flood"]}}'
    folder = f"{calls.user.home}/.local/share/ongoingcall/engines"
    calls.user.run("sh", "-c", f"mkdir -p {folder} && cat > {folder}/flood.json", input=descriptor)

    other = calls.launch(command=["/bin/sleep", "1000"])
    other.wait_until("joined")
    daemon = calls.daemon()
    session = calls.launch(uri="flood:x")
    end = session.wait_until("ended")
    assert end["EndReason"] == "engine-failed"
    assert "sends too much" in end["EndDetail"]
    assert calls.daemon() == daemon
    assert len(session.events()) < 600
    other.call("Abort")
    wait_for("all engines to be gone", lambda: not calls.engine_units())


def resident(calls):
    """The most memory that the daemon has ever had, in KiB."""
    status = calls.user.bed.run("cat", f"/proc/{calls.daemon()}/status").stdout
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def test_a_client_that_asks_without_pause_costs_no_memory_and_no_call(calls):
    session = calls.launch(command=["/bin/sleep", "1000"], environment=["X=" + "x" * 8000])
    session.wait_until("joined")
    daemon, before = calls.daemon(), resident(calls)
    calls.user.install(QUESTIONS.read_bytes(), "questions.py")
    asking = calls.user.spawn("python3", "questions.py", "20000", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert asking.stdout.readline() == b"asked\n"
        # Who wants to end the call is heard through all of it.
        session.call("Abort")
    finally:
        asking.communicate()
    assert calls.ctl("list").returncode == 0
    assert calls.daemon() == daemon
    # 20000 answers are 200 MB.
    assert resident(calls) - before < 32 * 1024
