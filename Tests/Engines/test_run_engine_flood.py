# SPDX-License-Identifier: Apache-2.0
"""The `command` engine's terminal with viewers that are slower than the program, or do not read at all."""

import re
import threading

import pytest

from run_engine import Fifo, Growth, ended, engine, fifo, join, python, start  # noqa: F401 (fixtures)
from viewer import Viewer

FLOOD = 64 << 20


def left_out(viewer):
    return sum(int(payload) for kind, payload in viewer.messages if kind == "r")


@pytest.fixture
def patient():
    """An engine that needs no daemon, however long it takes."""
    with start(lease=0) as engine:
        yield engine


def test_a_flood_waits_for_no_viewer_and_grows_nothing(patient, fifo):
    engine = patient
    go = Fifo(f"{fifo}.go")
    join(engine, "/bin/sh", "-c", f"stty raw -echo; echo ready; read line < {go}; yes | head -c {FLOOD};"
         f" echo > {fifo}; read line < {go}; printf 'the end'; exec cat", terminal=True)
    with Viewer.attached(engine) as stuck, Viewer.attached(engine) as reading:
        reading.read_until(b"ready")
        shown = 0

        def read():
            nonlocal shown
            while b"the end" not in reading.output:
                shown += len(reading.output[:-7])
                reading.output = reading.output[-7:]
                assert reading.receive(timeout=900)

        reader = threading.Thread(target=read)
        reader.start()
        growth = Growth(engine.pid)
        go.write("go")
        fifo.line(timeout=900)
        assert growth.bytes < 4 << 20
        engine.ping()
        go.write("go")
        reader.join()
        # What it was too slow for it was told of; all else it has seen.
        assert shown + len(reading.output) - len("the end") + left_out(reading) >= FLOOD
        # The one who did not read sees what there is now, as soon as it reads.
        stuck.read_until(b"the end")
        assert left_out(stuck) > FLOOD // 2 and stuck.messages[-1][0] == "r"
        stuck.type("and on")
        stuck.read_until(b"and on")
    go.close()


def test_one_who_reads_again_begins_with_a_line(engine, fifo):
    join(engine, "/bin/sh", "-c", f"stty -opost; read line; seq 1 500000; echo > {fifo}; exec sleep 600", terminal=True)
    with Viewer.attached(engine) as viewer, Viewer.attached(engine) as typing:
        typing.type("go\n")
        typing.close()
        fifo.line()
        shown = viewer.read_until(b"500000")
    after = max(place for place in range(len(viewer.messages)) if viewer.messages[place][0] == "r")
    assert after > 0 and left_out(viewer) > 1_000_000
    # The last that is shown is whole lines, without a gap.
    numbers = [int(line) for line in re.sub(rb"\x1b\S*", b"", shown).split()[-20:]]
    assert numbers == list(range(499981, 500001))


def test_a_full_screen_is_painted_anew_for_one_who_was_skipped(engine, fifo):
    source = """
import os, sys
os.write(1, b"\\x1b[?1049h")
sys.stdin.readline()
for _ in range(200):
    os.write(1, b"\\x1b[1;1H" + b"x" * 16384)
os.write(1, b"\\x1b[2J\\x1b[2;2Hpainted")
open(sys.argv[1], "w").write("\\n")
sys.stdin.readline()
"""
    python(engine, source, fifo, terminal=True)
    with Viewer.attached(engine, (70, 20)) as viewer:
        viewer.type("go\n")
        fifo.line()
        engine.ping()  # By then all of it has been read from the terminal.
        assert int(viewer.wait_for("r")) > 0
        viewer.output = b""
        # Not from the middle of what the program had drawn.
        assert b"x" not in viewer.read_until(b"painted")


def test_the_end_does_not_wait_for_one_who_does_not_read(engine):
    join(engine, "/bin/sh", "-c", "read line; seq 1 200000; exit 3", terminal=True)
    with Viewer.attached(engine) as stuck, Viewer.attached(engine) as reading:
        reading.type("go\n")
        assert reading.end() == ("x", "3 exit status 3")
        assert ended(engine)["exit-status"] == 3
        assert engine.wait_for_exit(timeout=10) == 0
        # What it had been sent before is still there; that is all.
        while stuck.receive():
            pass
