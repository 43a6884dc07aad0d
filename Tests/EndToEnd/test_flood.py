# SPDX-License-Identifier: Apache-2.0
"""An engine that says more than it may costs its own call, and nothing else."""

import pytest
from booted import wait_for

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
    assert "says too much" in end["EndDetail"]
    assert calls.daemon() == daemon
    assert len(session.events()) < 600
    other.call("Abort")
    wait_for("all engines to be gone", lambda: not calls.engine_units())
