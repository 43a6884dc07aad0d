# SPDX-License-Identifier: Apache-2.0
"""Keys that the `command` engine types on request."""

import re

from run_engine import engine, fifo, join  # noqa: F401 (fixtures)
from test_run_engine_attach import cat  # noqa: F401 (a fixture)
from viewer import Viewer


def test_keys_are_typed_on_request(cat):
    with Viewer.attached(cat) as viewer:
        viewer.read_until(b"ready")
        cat.send({"type": "send-keys", "text": "höhe\r\x03"})
        assert viewer.read_until(b"\x03").endswith("höhe\r\x03".encode())
        viewer.type("then")
        assert viewer.read_until(b"then") == b"then"
    assert "error" not in [message["type"] for message in cat.messages]


def test_cursor_keys_are_those_that_the_program_asked_for(engine):
    join(engine, "/bin/sh", "-c", r"stty raw -echo; printf '\033[?1hready\n'; exec cat -v", terminal=True)
    with Viewer.attached(engine) as viewer:
        viewer.read_until(b"ready")
        engine.send({"type": "send-keys", "text": "\x1b[A\x1b[1;5A\x1b[H."})
        assert viewer.read_until(b".").endswith(b"^[OA^[[1;5A^[OH.")


def test_keys_wait_for_the_program_or_are_refused(engine, fifo):
    join(engine, "/bin/sh", "-c", f"stty raw -echo; echo ready; read line < {fifo}; exec cat", terminal=True)
    with Viewer.attached(engine) as viewer:
        viewer.read_until(b"ready")
        taken, refused = [], None
        while not refused:
            text = f"{len(taken):08}" * 512
            engine.send({"type": "send-keys", "text": text})
            engine.ping()
            refused = next((message for message in engine.messages if message["type"] == "error"), None)
            taken += [] if refused else [text]
        assert (refused["code"], refused["request"]) == ("failed", "send-keys")
        assert text[:8] not in refused["message"]
        assert re.fullmatch(r"the program of \w{8} does not read its terminal, which is full", refused["message"])
        # Bounded: by what the engine keeps, and what the terminal takes.
        assert 64 * 1024 <= len(taken) * 4096 < 256 * 1024
        fifo.write("go")
        viewer.read_until(b"".join(text.encode() for text in taken))
        engine.send({"type": "send-keys", "text": "end"})
        assert viewer.read_until(b"end") == b"end"


def test_keys_that_nobody_can_read(engine):
    def refusal(text):
        engine.send({"type": "send-keys", "text": text})
        error = engine.wait_for_type("error")
        assert "secret" not in error["message"]
        return error["code"], error["request"]

    assert refusal("secret") == ("failed", "send-keys")
    join(engine, "/bin/sleep", "600")
    engine.wait_for_state("joined")
    assert refusal("secret") == ("unsupported", "send-keys")
    assert refusal("secret" * 1000) == ("invalid", "")
    assert refusal("secret\0") == ("invalid", "")
