# SPDX-License-Identifier: Apache-2.0
"""What the `command` engine tells the daemon of its program: the process, the terminal's size, and who is attached."""

import time

from run_engine import engine, is_alive, join  # noqa: F401 (fixtures)
from test_run_engine_attach import cat  # noqa: F401 (a fixture)
from viewer import Viewer


def told(engine, seconds=10, **values):
    """Waits until the newest that was told of the program has these values."""
    deadline = time.monotonic() + seconds
    while not (engine.reader.programs and values.items() <= engine.reader.programs[-1].items()):
        assert time.monotonic() < deadline, engine.reader.programs
        engine.reader.pump(0.1)
    return engine.reader.programs[-1]


def test_the_daemon_is_told_of_the_terminal(cat):
    process = told(cat, columns=80, rows=24, viewers=0)["pid"]
    assert is_alive(process)
    with Viewer.attached(cat, size=(100, 40)):
        told(cat, columns=100, rows=40, viewers=1, pid=process)
        with Viewer.attached(cat, size=(90, 30)):
            told(cat, columns=90, rows=30, viewers=2)
    told(cat, viewers=0)


def test_many_sizes_are_told_at_a_pace(cat):
    with Viewer.attached(cat, size=(80, 24)) as viewer:
        began = time.monotonic()
        for columns in range(100, 600):
            viewer.resize(columns, 24)
        told(cat, columns=599)
        assert len(cat.reader.programs) <= 4 + 5 * (time.monotonic() - began)


def test_without_a_terminal_it_has_no_size(engine):
    join(engine, "/bin/sleep", "1000")
    engine.wait_for_state("joined")
    assert set(told(engine)) == {"type", "pid"}
    count = len(engine.reader.programs)
    engine.send({"type": "report"})
    engine.wait_for_state("joined")
    assert len(engine.reader.programs) == count + 1
