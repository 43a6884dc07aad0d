# SPDX-License-Identifier: Apache-2.0
"""How one gets out of ongoingcallctl attach: the detach keys as modern terminals send them, and views within views."""

import time

import pytest
from test_attach import Attached
from windows import Window

# Turns on a keyboard's encoding, and says what it reads.
PROGRAM = r"""#!/usr/bin/python3
import os, sys, tty
tty.setraw(0)
os.write(1, sys.argv[1].encode().decode("unicode_escape").encode() + b"<ready>")
while data := os.read(0, 4096):
    os.write(1, b"<" + data.hex().encode() + b">")
"""


@pytest.fixture
def keyboard(calls):
    """Launches a program that turns on an encoding of the keyboard."""
    calls.user.install(PROGRAM, "keyboard", mode=0o755)

    def launch(setting):
        session = calls.launch(command=[f"{calls.user.home}/keyboard", setting], terminal=True)
        session.wait_until("joined")
        return session.id

    return launch


@pytest.mark.parametrize(("setting", "keys"), [
    ("", ["\x1cd"]),
    # neovim, helix, fish 4
    (r"\x1b[>1u", ["\x1b[92;5ud", "\x1b[92;69ud", "\x1b[92;133ud"]),
    (r"\x1b[>31u", ["\x1b[57442;5u\x1b[92;5:1u\x1b[92;5:3u\x1b[57442;1:3u\x1b[100;;100u"]),
    (r"\x1b[>4;2m", ["\x1b[27;5;92~d"]),
])  # fmt: skip
def test_the_keys_detach_in_every_encoding(calls, keyboard, setting, keys):
    session = keyboard(setting)
    for sent in keys:
        for pause in (None, 0.01):
            with Attached(calls.user, session) as view:
                view.read_until("<ready>")
                for piece in [sent] if pause is None else sent:
                    view.type(piece)
                    time.sleep(pause or 0)
                view.read_until(r"\[detached from ")
                assert view.end() == 0


def test_the_first_key_alone_is_the_programs_and_so_is_what_is_pasted(calls, keyboard):
    session = keyboard(r"\x1b[?2004h")
    with Attached(calls.user, session) as view:
        view.read_until("<ready>")
        for key in ("\x1c", "\x1b[92;5u", "\x1b"):
            view.type(key)
            view.read_until(f"<{key.encode().hex()}>", seconds=5)
        view.type("\x1b[200~\x1cd\x1b[201~")
        view.read_until("1c64")
        view.detach()


@pytest.mark.parametrize("keys", ["d", "ctrl-m", "ctrl-["])
def test_keys_that_would_keep_another_from_the_program_are_refused(calls, keyboard, keys):
    with Attached(calls.user, "--detach-keys", keys, keyboard("")) as view:
        view.read_until("--detach-keys: ")
        assert view.end() == 64


def test_a_terminal_that_can_show_nothing_is_refused(calls, keyboard):
    with Attached(calls.user, keyboard(""), env={"TERM": "dumb"}) as view:
        view.read_until(r"a terminal of the type “dumb” \(TERM\) cannot show a program's screen")
        assert view.end() == 64


def shell(calls):
    session = calls.launch(command=["/bin/bash", "--norc"], terminal=True)
    session.wait_until("joined")
    return session.id


def test_the_inner_of_two_views_can_be_left(calls):
    outer, inner = shell(calls), shell(calls)
    with Attached(calls.user, outer) as view:
        view.type(f"ongoingcallctl attach {inner}\n")
        view.read_until(r"Ctrl-\\ then Ctrl-\\ then d detaches")
        view.type("echo inner $((20 + 3))\n")
        view.read_until("inner 23")
        view.type(b"\x1c\x1cd")
        view.read_until(rf"\[detached from {inner}")
        view.type("echo outer $((40 + 2))\n")
        view.read_until("outer 42")
        view.detach()


def test_two_terminals_do_not_show_each_other(calls):
    one, two, three = (shell(calls) for _ in range(3))
    with Attached(calls.user, one) as first, Attached(calls.user, two) as second, Attached(calls.user, three) as third:
        first.type(f"ongoingcallctl attach {two}\n")
        first.read_until(r"then Ctrl-\\ then d detaches")
        # Directly, and by way of a third.
        second.type(f"ongoingcallctl attach {one}; echo st=$?\n")
        second.read_until(f"the terminal of {one} shows this one already; it cannot show itself")
        second.read_until("st=64")
        second.type(f"ongoingcallctl attach {three}\n")
        second.read_until(r"then Ctrl-\\ then d detaches")
        third.type(f"ongoingcallctl attach {one}; echo st=$?\n")
        third.read_until("st=64")


def test_a_program_begins_in_the_size_of_its_callers_terminal(calls):
    user = calls.user
    script = "stty size > ~/size.new; mv ~/size.new ~/size; exec sleep 1000"
    with Window(user, "launch", "-t", "--", "sh", "-c", script, columns=120, rows=40) as window:
        window.read_until("joined|detaches")
        size = user.bed.path(f"{user.home}/size")
        deadline = time.monotonic() + 30
        while not size.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert size.read_text().split() == ["40", "120"]
