# SPDX-License-Identifier: Apache-2.0
"""What ongoingcallctl attach leaves of a program in the terminal: nothing. In pyte, and in tmux as a real terminal."""

import random

import pyte
import pytest
from booted import wait_for
from test_attach import Attached

# Prints what the file says, and then waits.
PROGRAM = """#!/usr/bin/python3
import os, sys, time, tty
tty.setraw(0)
os.write(1, open(sys.argv[1], "rb").read())
time.sleep(10000)
"""
PIECES = [
    "text ", "é€\r\n", "\t", "\x0e", "\x0f", "\x1b(0", "\x1b)0", "\x1b(B", "\x1b=", "\x1b>", "\x1b7", "\x1b8", "\x1bM",
    "\x1bH", "\x1b[3g", "\x1b[1;31m", "\x1b[0m", "\x1b[4h", "\x1b[4l", "\x1b[20h", "\x1b[3;20r", "\x1b[r", "\x1b[1;30r",
    "\x1b[?6h", "\x1b[?6l", "\x1b[?7l", "\x1b[?25l", "\x1b[?5h", "\x1b[?1049h", "\x1b[?1049l", "\x1b[?1h", "\x1b[?2004h",
    "\x1b[?1002;1006h", "\x1b[?9999h", "\x1b[>1u", "\x1b[<u", "\x1b[=5u", "\x1b[>4;2m", "\x1b[5 q", "\x1b]0;title\x07",
    "\x1b]11;#123456\x07", "\x1b]4;1;red\x07", "\x1b[22;0t", "\x1b]8;;http://example.org\x1b\\", "\x1b[10;10H", "\x1b[2J",
]  # fmt: skip
# No set of line drawings has other characters in place of capital letters.
MARK = "\x1b[5;5HPAINTED"
TORN = ["", "\x1b", "\x1b[", "\x1b[?10", "\x1b]0;torn", "\x1bPtorn", "\x1b]8;;http://torn"]


def stream(seed):
    """Random output, which may end in the middle of a sequence; in UTF-8."""
    chosen = random.Random(seed)
    return "".join(chosen.choices(PIECES, k=30)), chosen.choice(TORN)


def state(screen):
    """All of a pyte screen that is no text."""
    # Margins around the whole screen are none.
    margins = None if screen.margins in (None, (0, screen.lines - 1)) else screen.margins
    # A stop in the first column stops nothing.
    stops = screen.tabstops - {0}
    attributes = screen.cursor.attrs._replace(data=" ")
    return (screen.mode, screen.charset, screen.g0_charset, screen.g1_charset, margins, stops,
            attributes, screen.cursor.hidden)  # fmt: skip


class Pyte(pyte.Screen):
    """With what other terminals, but not this version of pyte, do at `ESC [ r`."""

    def set_margins(self, top=None, bottom=None):
        super().set_margins(top or None, bottom or None)


@pytest.fixture
def painted(calls):
    """Launches a program that prints a text."""
    calls.user.install(PROGRAM, "paint", mode=0o755)

    def launch(text):
        calls.user.install(text.encode(), "text")
        session = calls.launch(command=[f"{calls.user.home}/paint", f"{calls.user.home}/text"], terminal=True)
        session.wait_until("joined")
        return session.id

    return launch


def test_after_random_output_pyte_is_as_it_was(calls, painted):
    for seed in range(20):
        text, _ = stream(seed)
        session = painted(text + MARK)
        screen = Pyte(100, 30)
        before = state(screen)
        with Attached(calls.user, session) as view:
            view.read_until("PAINTED")
            view.detach()
            feed = pyte.Stream(screen)
            feed.use_utf8 = True
            feed.feed(view.transcript)
        after = state(screen)
        assert after == before, f"seed {seed}: {text!r}"
        calls.ctl("abort", session, check=True)


FLAGS = ["alternate_on", "cursor_flag", "insert_flag", "keypad_cursor_flag", "keypad_flag", "mouse_any_flag",
         "mouse_sgr_flag", "origin_flag", "wrap_flag", "scroll_region_upper", "scroll_region_lower", "pane_tabs",
         "pane_title"]  # fmt: skip


class Tmux:
    """A terminal that others wrote, with a shell in it."""

    def __init__(self, user, columns=100, rows=30, server="test"):
        self.user, self.server = user, server
        self("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), "bash --norc")
        self("set", "-g", "remain-on-exit", "on")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self("kill-server")

    def __call__(self, *arguments):
        return self.user.run("tmux", "-L", self.server, *arguments, env={"TERM": "xterm-256color"}).stdout

    def type(self, *keys):
        self("send-keys", *keys)

    def screen(self):
        return self("capture-pane", "-p")

    def flags(self):
        return dict(zip(FLAGS, self("display", "-p", "\n".join(f"#{{{flag}}}" for flag in FLAGS)).split("\n")))

    def wait_for(self, text):
        wait_for(text, lambda: text in self.screen())


def test_after_random_output_tmux_is_as_it_was(calls, painted):
    with Tmux(calls.user) as tmux:
        wait_for("a prompt", lambda: "$" in tmux.screen() or "#" in tmux.screen())
        before = tmux.flags()
        for seed in range(20, 32):
            text, torn = stream(seed)
            session = painted(text + MARK + str(seed) + torn)
            tmux.type(f"clear; ongoingcallctl attach {session}", "Enter")
            tmux.wait_for(f"PAINTED{seed}")
            tmux.type("C-\\", "d")
            tmux.wait_for("[detached from")
            assert tmux.flags() == before, f"seed {seed}: {text + torn!r}"
            calls.ctl("abort", session, check=True)


def test_vi_fills_the_screen_that_it_is_shown_on(calls):
    """Launched at one size, shown at another, and left: rows, margins, and the terminal after it."""
    calls.user.install("".join(f"line {number}\n" for number in range(1, 101)), "lines")
    session = calls.launch(command=["/usr/bin/vi", "-u", "NONE", "-N", f"{calls.user.home}/lines"], terminal=True)
    session.wait_until("joined")
    with Tmux(calls.user, 90, 36) as tmux:
        before = tmux.flags()
        tmux.type(f"ongoingcallctl attach {session.id}", "Enter")
        tmux.wait_for("line 35")
        lines = tmux.screen().split("\n")
        assert [line.strip() for line in lines[:35]] == [f"line {number}" for number in range(1, 36)]
        tmux("resize-window", "-x", "70", "-y", "20")
        wait_for("the smaller screen", lambda: "line 19" in tmux.screen() and "line 20" not in tmux.screen())
        tmux.type("G")
        tmux.wait_for("line 100")
        assert tmux.screen().split("\n")[18].strip() == "line 100"
        tmux.type("C-\\", "d")
        tmux.wait_for("[detached from")
        tmux("resize-window", "-x", "90", "-y", "36")
        wait_for("the shell's size", lambda: tmux.flags() == before)
