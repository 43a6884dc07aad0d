# SPDX-License-Identifier: Apache-2.0
"""The `command` engine's viewers of other sizes: what they see is exact, as far as there is room for it."""

import time

import pyte
import pytest

from run_engine import Fifo, engine, fifo, join, memory  # noqa: F401 (fixtures)
from test_run_engine_screen import COLUMNS, ROWS, Screen, printing, stream  # noqa: F401 (fixture)
from viewer import Viewer

# Draws what it is told on a screen of its own, and says in its last line how often it was told.
DRAWING = r"""
import os, sys, tty
tty.setraw(0)
os.write(1, b"\x1b[?1049h\x1b[?2004h\x1b[?1000;1006h\x1b[?1h\x1b=\x1b[>1u")
for count, line in enumerate(open(sys.argv[1])):
    os.write(1, eval("b'" + line.strip() + "'") + b"\x1b[24;1H\x1b[7m%d times\x1b[K\x1b[m\x1b[1;1H" % count)
"""


class Part:
    """A viewer, and the terminal on which it shows what it gets."""

    def __init__(self, engine, size, **options):
        self.viewer = Viewer.attached(engine, size, **options)
        self.size = size
        self.screen = Screen(*size)
        self.stream = pyte.ByteStream(self.screen)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.viewer.close()

    def receive(self, timeout=10):
        assert self.viewer.receive(timeout) is not None
        shown, self.viewer.output = self.viewer.output, b""
        self.stream.feed(shown)
        return shown

    def wait_until(self, holds, timeout=20):
        """All that it got until then."""
        deadline, got = time.monotonic() + timeout, b""
        while not holds():
            got += self.receive(max(0.01, deadline - time.monotonic()))
        return got

    @property
    def cells(self):
        return cells(self.screen, *self.size)


def cells(screen, columns, rows, top=0, left=0):
    """A part of a screen. What pyte erases has the style of text, and is left out."""
    def cell(row, column):
        if row >= screen.lines or column >= screen.columns:
            return " "
        char = screen.buffer[row][column]
        return " " if char.data == " " else char

    return [[cell(top + row, left + column) for column in range(columns)] for row in range(rows)]


@pytest.mark.parametrize("size", [(30, 7), (60, 7), (30, 14), (60, 14), (COLUMNS, 9), (39, ROWS)])
def test_random_output_is_shown_as_far_as_there_is_room(engine, printing, size):
    with Viewer.attached(engine, (COLUMNS, ROWS)), Part(engine, size, read_only=True) as part:
        for seed in range(12):
            printed = stream(seed)
            whole = Screen(COLUMNS, ROWS)
            pyte.Stream(whole).feed("\x1bc" + printed)
            row, column = whole.cursor.y, min(whole.cursor.x, COLUMNS - 1)
            top, left = max(0, row - size[1] + 1), max(0, column - size[0] + 1)
            wanted = cells(whole, *size, top, left)
            printing(printed)
            part.wait_until(lambda: part.cells == wanted)
            assert (part.screen.cursor.y, part.screen.cursor.x) == (row - top, column - left), f"seed {seed}"


@pytest.fixture
def drawing(engine, tmp_path):
    go, program = Fifo(tmp_path / "go"), tmp_path / "drawing.py"
    program.write_text(DRAWING)
    join(engine, "/usr/bin/python3", program, go, terminal=True)
    engine.wait_for_state("joined")
    yield go
    go.close()


def test_a_full_screen_is_painted_where_it_changes(engine, drawing):
    with Part(engine, (60, 20)) as small, Part(engine, (80, 24)) as usual:
        drawing.write(r"\x1b[2J\x1b[3;5Hthree\x1b[3;70Hfar\x1b[10;5Hten")
        got = small.wait_until(lambda: "three" in small.screen.display[2] and "ten" in small.screen.display[9])
        assert small.screen.display[2].rstrip() == "    three"
        # All that its keyboard and its mouse must know.
        for sequence in (b"?1049h", b"?2004h", b"?1000h", b"?1006h", b"?1h", b">1u"):
            assert b"\x1b[" + sequence in got
        usual.wait_until(lambda: "0 times" in usual.screen.display[23])
        drawing.write(r"\x1b[10;5HTEN\x1b[3;70HFAR\x1b[?2004l")
        got = small.wait_until(lambda: "TEN" in small.screen.display[9])
        assert got.endswith(b"\x1b[10;1H    TEN\x1b[1;1H\x1b[?25h") and b"\x1b[?2004l" in got
        for sequence in (b"?1049", b"three", b"\x1b[2J", b"\x1b[J", b"FAR", b"?2004h"):
            assert sequence not in got
        # Who is used gets all of it again, once; and then what the program prints, as it is.
        small.viewer.type(" ")
        assert small.viewer.wait_for("r") == "0"
        small.viewer.output = b""
        drawing.write(r"\x1b[5;5Hfive\x1b[8;3r\x1b[6n")
        shown = small.viewer.read_until(b"2 times")
        assert b"\x1b[5;5Hfive\x1b[8;3r\x1b[6n\x1b[24;1H\x1b[7m2 times" in shown
        assert shown.count(b"\x1b[?1049h") == 1
        drawing.write(r"\x1b[6;5Hsix")
        assert small.viewer.read_until(b"3 times").endswith(b"\x1b[6;5Hsix\x1b[24;1H\x1b[7m3 times")
        # And the other, which does not have its size now, a part.
        usual.wait_until(lambda: "six" in usual.screen.display[5])


def test_a_flood_does_not_wait_for_it(engine, fifo):
    source = f"read line; seq 1 400000; echo > {fifo}; read line; printf 'end'; exec sleep 600"
    join(engine, "/bin/sh", "-c", source, terminal=True)
    with Viewer.attached(engine, (100, 30), read_only=True) as looking, Viewer.attached(engine) as viewer:
        viewer.type("go\n")
        viewer.read_until(b"\n400000\r\n")
        fifo.line()
        # What it has not read is not kept: the program is over, and it sees the end.
        looking.read_until(b"400000")
        viewer.type("go\n")
        looking.read_until(b"end")
        assert memory(engine.pid, "VmRSS") < 12 << 20


def test_lines_that_leave_are_in_its_terminals_memory(engine):
    join(engine, "/bin/sh", "-c", "stty -echo; echo ready; while read line; do seq $line; echo done; done",
         terminal=True)
    with Viewer.attached(engine) as viewer, Viewer.attached(engine, (30, 10), read_only=True) as looking:
        viewer.read_until(b"ready")
        screen = pyte.HistoryScreen(30, 10, history=2000)
        terminal = pyte.ByteStream(screen)
        for count in (5, 30, 200):
            viewer.type(f"1 {count}\n")
            terminal.feed(looking.read_until(b"done"))
        lines = ["".join(line[column].data for column in range(30)).strip() for line in screen.history.top]
        numbers = [line for line in lines + [line.strip() for line in screen.display] if line]
        wanted = ["ready"] + [str(n) for count in (5, 30, 200) for n in [*range(1, count + 1), "done"]]
        assert numbers == wanted


def test_its_last_picture_comes_before_the_end(engine):
    join(engine, "/bin/sh", "-c", r"read line; printf '\033[2J\033[H'; seq 1 5; printf last; exit 3", terminal=True)
    with Viewer.attached(engine, (30, 10), read_only=True) as looking, Viewer.attached(engine) as viewer:
        viewer.type("go\n")
        assert looking.end() == ("x", "3 exit status 3")
        assert b"last" in looking.output
