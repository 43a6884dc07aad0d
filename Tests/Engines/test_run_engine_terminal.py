# SPDX-License-Identifier: Apache-2.0
"""The `command` engine as a terminal: its first size, its answers to what programs ask, and viewers that read slowly."""

import time

import pytest

from run_engine import engine, fifo, join, python  # noqa: F401 (fixtures)
from viewer import Viewer, attach

# Asks what it reads from the fifo (an escaped string), and says what is typed then, up to a full stop.
ASKING = r"""
import os, sys, tty
tty.setraw(0)
os.write(1, b"ready")
with open(sys.argv[1]) as questions:
    for count, question in enumerate(questions):
        os.write(1, question.strip().encode().decode("unicode_escape").encode() + b"<asked %d>" % count)
        answer = b""
        while not answer.endswith(b"."):
            answer += os.read(0, 1000)
        os.write(1, b"<" + answer.hex().encode() + b">")
"""
QUESTIONS = {
    r"\x1b[c": b"\x1b[?62;22c",
    r"\x1b[>c": b"\x1b[>1;10;0c",
    r"\x1b[5n": b"\x1b[0n",
    r"\x1b[>q": b"\x1bP>|ongoingcall\x1b\\",
    r"\x1b[?2004$p": b"\x1b[?2004;2$y",
    r"\x1b[?u": b"\x1b[?0u",
    r"\x1b]10;?\x07": b"\x1b]10;rgb:e5e5/e5e5/e5e5\x07",
    r"\x1b]11;?\x1b\\": b"\x1b]11;rgb:0000/0000/0000\x1b\\",
    # Of the screen: as it is where the question is, and not after it.
    r"\x1b[3;7H\x1b[6n\x1b[H": b"\x1b[3;7R",
    r"\x1b[1;31m\x1bP$qm\x1b\\\x1b[m": b"\x1bP1$r0;1;31m\x1b\\",
    r"\x1b[18t": b"\x1b[8;24;80t",
}


@pytest.fixture
def asking(engine, fifo, tmp_path):
    """Lets the engine's program ask."""
    program = tmp_path / "asking.py"
    program.write_text(ASKING)
    join(engine, "/usr/bin/python3", program, fifo, terminal=True)
    engine.wait_for_state("joined")
    return fifo


def keys(engine, text):
    engine.send({"type": "send-keys", "text": text})


def said(answer):
    """What the program says of the answer."""
    return b"<" + (answer + b".").hex().encode() + b">"


# The size


@pytest.mark.parametrize(("given", "seen"), [
    ({"columns": 120, "rows": 40}, "120 40"), ({"columns": 120}, "120 24"), ({}, "80 24"),
])
def test_the_first_size_is_that_of_the_caller(engine, fifo, given, seen):
    join(engine, "/bin/sh", "-c", f"stty size > {fifo}; exec sleep 600", terminal=True, **given)
    rows, columns = fifo.line().split()
    assert f"{columns} {rows}" == seen


def test_margins_of_an_earlier_size_are_not_painted(engine, fifo):
    join(engine, "/bin/sh", "-c", f"printf '\\033[?1049h\\033[3;20rpainted'; echo > {fifo}; exec sleep 600",
         terminal=True)
    fifo.line()
    with Viewer.attached(engine, (80, 24)) as viewer:
        assert b"\x1b[3;20r" in viewer.painted()
    with Viewer.attached(engine, (120, 40)) as viewer:
        assert b"\x1b[3;20r" not in viewer.painted()


# Questions


def test_with_nobody_there_the_engine_answers_once(engine, asking):
    for count, (question, answer) in enumerate(QUESTIONS.items()):
        asking.write(question)
        with Viewer.attached(engine, read_only=True) as viewer:
            viewer.read_until(b"<asked %d>" % count)
            keys(engine, ".")
            viewer.read_until(said(answer))


def test_the_viewer_that_was_active_last_answers_and_only_it(engine, asking):
    looking = Viewer.attached(engine, read_only=True)
    with Viewer.attached(engine) as one, Viewer.attached(engine) as two, looking:
        for viewer in (one, two, looking):
            viewer.read_until(b"ready")
        for active in (one, two, one):
            active.say("s", "80 24")
            # It hears viewers before the daemon, but in the turn of the first ping it may have looked too early.
            engine.ping()
            engine.ping()
            for question in QUESTIONS:
                asking.write(question)
                asked = question.encode().decode("unicode_escape").encode()
                active.read_until(asked)
                active.type("mine.")
                for viewer in (one, two, looking):
                    assert asked not in viewer.read_until(said(b"mine"))


def test_a_question_whose_viewer_leaves_is_answered(engine, asking):
    viewer = Viewer.attached(engine)
    viewer.read_until(b"ready")
    asking.write(r"\x1b[c")
    viewer.read_until(b"\x1b[c")
    viewer.close()
    with Viewer.attached(engine, read_only=True) as looking:
        looking.read_until(b"<asked 0>")
        keys(engine, ".")
        looking.read_until(said(b"\x1b[?62;22c"))


# Terminals in terminals


def test_where_it_is_shown(engine):
    join(engine, "/bin/sh", "-c", "echo ready; exec cat", terminal=True)
    engine.wait_for_state("joined")

    def places():
        with Viewer(attach(engine)) as asking:
            asking.say("w")
            return asking.wait_for("w")

    assert places() == ""
    with Viewer(attach(engine)) as one, Viewer(attach(engine)) as two, Viewer.attached(engine) as three:
        one.say("h", "1 80 24 within=bbbbbbbb")
        two.say("h", "1 80 24 read-only within=aaaaaaaa")
        for viewer in (one, two, three):
            viewer.read_until(b"ready")
        assert places() == "aaaaaaaa bbbbbbbb"
    # It may hear of their end after the next one has asked.
    deadline = time.monotonic() + 10
    while places() and time.monotonic() < deadline:
        pass
    assert places() == ""


# Viewers that read


def slowly(viewer, end, pause):
    """All of the output, read with pauses."""
    while end not in viewer.output:
        assert viewer.receive(30) is not None, f"{end} is missing; {viewer.messages}"
        time.sleep(pause)
    return viewer.output


@pytest.mark.alone
def test_one_that_reads_slowly_loses_nothing(engine):
    join(engine, "/bin/sh", "-c", "stty -echo; echo ready; read line; seq 1 300000; echo end; exec sleep 600", terminal=True)
    with Viewer.attached(engine) as viewer, Viewer.attached(engine) as quick:
        viewer.read_until(b"ready")
        viewer.type("go\n")
        lines = slowly(viewer, b"end\r\n", 0.005).split(b"\r\n")
        numbers = [int(line) for line in lines if line.isdigit()]
        assert numbers == list(range(1, 300001))
        assert [message for message in viewer.messages if message[0] == "r"] == [("r", "0")]
        assert b"299999" in quick.read_until(b"end")


@pytest.mark.alone
def test_nor_does_one_that_reads_slowly_after_the_end(engine):
    join(engine, "/bin/sh", "-c", "read line; seq 1 30000; echo end", terminal=True)
    with Viewer.attached(engine) as viewer:
        viewer.type("go\n")
        lines = slowly(viewer, b"end\r\n", 0.03).split(b"\r\n")
        assert [int(line) for line in lines if line.isdigit()] == list(range(1, 30001))
        assert viewer.end() == ("x", "0 exit status 0")


def test_one_that_stands_still_is_not_waited_for(engine, fifo):
    source = f"read line; head -c 20000000 /dev/zero | tr '\\0' 'x'; echo > {fifo}; exec sleep 600"
    join(engine, "/bin/sh", "-c", source, terminal=True)
    with Viewer.attached(engine) as viewer:
        viewer.type("go\n")
        started = time.monotonic()
        fifo.line()
        assert time.monotonic() - started < 10
        viewer.wait_for("r")


# Where the scrollback is cut


def test_neither_characters_nor_colors_are_cut(engine, fifo):
    # One line, longer than what is kept.
    source = f"""
import os
os.write(1, "\\x1b[1;38;5;196m".encode() + ("é€😀\\x1b[4m\\x1b[24m" * 30000).encode())
open({str(fifo)!r}, "w").write("done\\n")
import time; time.sleep(600)
"""
    python(engine, source.replace("\\\\", "\\"), terminal=True)
    fifo.line()
    for size in ((80, 24), (81, 24), (82, 24)):
        with Viewer.attached(engine, size) as viewer:
            shown = viewer.painted().decode()
            text = shown[shown.index("\x1b[J") + 3:]
            assert text.startswith(("\x1b[1;38;5;196mé", "\x1b[1;38;5;196m€", "\x1b[1;38;5;196m😀"))
            # As many as there is room for, in the order in which they were printed.
            kept = text[len("\x1b[1;38;5;196m"):].split("\x1b")[0].replace("\r\n", "")
            assert len(kept) > 20_000 and kept in "é€😀" * 30000
