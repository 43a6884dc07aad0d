# SPDX-License-Identifier: Apache-2.0
"""The `command` engine's screen against pyte: who attaches sees what pyte shows of the output itself."""

import random

import pyte
import pytest

from run_engine import Fifo, engine, fifo, join  # noqa: F401 (fixtures)
from viewer import Viewer

COLUMNS, ROWS = 40, 10
# Prints what a file says on a terminal that was reset, whenever it is told to.
PROGRAM = """
import os, sys, tty
tty.setraw(0)
for line in open(sys.argv[1]):
    os.write(1, b"\\x1bc" + open(sys.argv[2], "rb").read())
    open(sys.argv[3], "w").write("done\\n")
"""
STYLES = ["", "0", "1", "31", "44", "38;5;100", "48;2;1;2;3", "7", "27", "4", "22", "39;49", "3", "23"]


class Screen(pyte.Screen):
    """With what other terminals, but not this version of pyte, do at `ESC [ r`."""

    def set_margins(self, top=None, bottom=None):
        super().set_margins(top or None, bottom or None)


def stream(seed):
    """Random output, of what pyte does as other terminals do.

    It does not know that the next character after the last column goes to the next row only when it comes, so text is
    followed by a move. Below and above margins, it moves the cursor into them. Deleted lines and inserted characters are
    lost where it keeps no cells; wide characters that are cut in half make it fail. `ESC [ r` leaves its cursor, and
    bright colors are bold."""
    chosen = random.Random(seed)
    number = chosen.randint
    text, bottom = "", ROWS
    for _ in range(60):
        kind = number(0, 20)
        if kind < 8:
            words = "".join(chosen.choice("abcdefgh XYZ é") for _ in range(number(1, 60)))
            text += words + chosen.choice(["\r", f"\x1b[{number(1, COLUMNS)}G"])
        elif kind == 8:
            # A new region, or none.
            bottom = chosen.choice([number(6, ROWS), ROWS])
            text += f"\x1b[{number(1, 4)};{bottom}r" if bottom < ROWS else "\x1b[r\x1b[H"
        elif kind in (9, 10) and bottom == ROWS:
            text += f"\x1b[{number(0, 5)}{chosen.choice('AB')}"
        else:
            text += chosen.choice([
                "\r\n", "\r\n", f"\x1b[{number(1, bottom)};{number(1, COLUMNS + 2)}H", f"\x1b[{chosen.choice(STYLES)}m",
                f"\x1b[{number(0, 2)}J", f"\x1b[{number(0, 2)}K", f"\x1b[{number(0, 10)}X", f"\x1b[{number(0, 10)}P",
                f"\x1b[{number(0, 4)}L", f"\x1b[{number(0, 9)}{chosen.choice('CD')}", f"\x1b[{number(1, bottom)}d",
                "\x1b[5d\x1bM", "\r\x1bD",
            ])  # fmt: skip
    return text


def shown(output):
    screen = Screen(COLUMNS, ROWS)
    pyte.Stream(screen).feed(output)
    # It erases in all of the style that text has, and lines that come in have none.
    cells = [[" " if char.data == " " else char for char in (screen.buffer[row][column] for column in range(COLUMNS))]
             for row in range(ROWS)]  # fmt: skip
    attributes = screen.cursor.attrs._replace(data=" ")
    return cells, (screen.cursor.y, min(screen.cursor.x, COLUMNS - 1)), attributes


@pytest.fixture
def printing(engine, fifo, tmp_path):
    """Lets the engine's program print; returns when it has."""
    go, text, program = Fifo(tmp_path / "go"), tmp_path / "text", tmp_path / "printing.py"
    program.write_text(PROGRAM)
    join(engine, "/usr/bin/python3", program, go, text, fifo, terminal=True, columns=COLUMNS, rows=ROWS)
    engine.wait_for_state("joined")

    def output(printed):
        text.write_text(printed, newline="")
        go.write("go")
        fifo.line()

    yield output
    go.close()


def test_random_output_is_shown_as_in_pyte(engine, printing):
    for seed in range(80):
        printed = stream(seed)
        printing(printed)
        with Viewer.attached(engine, (COLUMNS, ROWS)) as viewer:
            painted = viewer.painted().decode()
        (cells, *rest), (expected, *others) = shown(painted), shown("\x1bc" + printed)
        for row in range(ROWS):
            assert cells[row] == expected[row], f"row {row} with the seed {seed}: {printed!r}"
        assert rest == others, f"seed {seed}: {printed!r}"
