# SPDX-License-Identifier: Apache-2.0
"""The `command` engine's terminal with viewers: what they see and type, its size, and how they are let go."""

import json
import os
import re
import signal
import socket

import pytest

from run_engine import Fifo, ended, engine, fifo, join, python  # noqa: F401 (fixtures)
from viewer import Viewer, attach

# Says its terminal's size at the start and at every SIGWINCH.
SIZES = """
import os, signal, sys, time
def say(*_):
    print("size", *os.get_terminal_size(0), flush=True)
signal.signal(signal.SIGWINCH, say)
say()
while True: time.sleep(600)
"""


@pytest.fixture
def cat(engine):
    """An engine whose program sends back what is typed."""
    join(engine, "/bin/sh", "-c", "stty raw -echo; echo ready; exec cat", terminal=True)
    engine.wait_for_state("joined")
    return engine


# Seeing and typing


def test_a_viewer_sees_what_was_printed_and_types(cat):
    with Viewer.attached(cat) as viewer:
        assert viewer.messages[0] == ("h", "1")
        viewer.read_until(b"ready")
        viewer.type("hello\n")
        viewer.read_until(b"hello\n")


def test_every_byte_goes_through_untouched(cat):
    data = bytes(range(256)) * 512
    with Viewer.attached(cat) as viewer:
        viewer.read_until(b"ready")
        viewer.type(b"mark")
        viewer.read_until(b"mark")
        for start in range(0, len(data), 8192):
            viewer.type(data[start:start + 8192])
            shown = viewer.read_until(data[start:start + 8192])
            assert shown == data[start:start + 8192]


def test_what_is_typed_waits_for_the_program(engine, fifo):
    source = f"stty raw -echo; echo ready; read line < {fifo}; exec cat"
    join(engine, "/bin/sh", "-c", source, terminal=True)
    # Without what a terminal is asked with: that is not for the other.
    pasted = os.urandom(200_000).replace(b"\x1b", b"e")
    with Viewer.attached(engine) as viewer, Viewer.attached(engine) as other:
        viewer.read_until(b"ready")
        viewer.connection.setblocking(False)
        rest = memoryview(pasted)
        try:
            while rest:
                viewer.type(rest[:4096].tobytes())
                rest = rest[4096:]
        except BlockingIOError:
            pass
        # It waits for the program, and neither the engine nor another viewer waits for it.
        engine.ping()
        for size in ((100, 30), (80, 24)):
            other.resize(*size)
            engine.ping()
        fifo.write("go")
        viewer.connection.setblocking(True)
        while rest:
            viewer.type(rest[:4096].tobytes())
            rest = rest[4096:]
        shown = other.read_until(pasted[-64:])
    assert shown[-len(pasted):] == pasted


def test_two_viewers_type_and_see_the_same(cat):
    with Viewer.attached(cat) as one, Viewer.attached(cat) as two:
        one.type("one ")
        two.read_until(b"one ")
        two.type("two ")
        for viewer in (one, two):
            viewer.read_until(b"two ")


def test_one_who_only_looks_does_not_type(cat):
    with Viewer.attached(cat, read_only=True) as looking, Viewer.attached(cat) as typing:
        looking.type("no")
        looking.say("r")
        looking.wait_for("r")
        typing.type("yes")
        assert b"no" not in looking.read_until(b"yes")


# Anew


def test_one_who_comes_later_sees_the_lines_before(engine, fifo):
    join(engine, "/bin/sh", "-c", f"seq 1 3000; echo > {fifo}; exec sleep 600", terminal=True)
    fifo.line()
    with Viewer.attached(engine, (80, 24)) as viewer:
        shown = viewer.painted()
        # A thousand, and those of the screen.
        assert [int(line) for line in re.findall(rb"\d+(?=\r\n)", shown)] == list(range(1978, 3001))
        # A second time, only the screen.
        assert [int(line) for line in re.findall(rb"\d+(?=\r\n)", viewer.painted())] == list(range(2978, 3001))


def test_the_screen_is_set_as_the_program_has_it(engine, fifo):
    sequences = r"\033[?1049h\033[?1h\033=\033[?2004h\033[?1000;1006h\033[?25l\033[3;20r"
    join(engine, "/bin/sh", "-c", f"echo before; printf '{sequences}painted'; echo > {fifo}; exec sleep 600",
         terminal=True)
    fifo.line()
    with Viewer.attached(engine) as viewer:
        shown = viewer.painted()
    assert b"before" not in shown
    assert shown.index(b"\x1b[?1049h") < shown.index(b"painted")
    for sequence in (b"[?1h", b"=", b"[?2004h", b"[?1000h", b"[?1006h", b"[?25l", b"[3;20r"):
        assert b"\x1b" + sequence in shown


def test_the_past_asks_nothing(engine, fifo):
    go = Fifo(f"{fifo}.go")
    asking = r"\033[c\033[6n\033]11;?\007\033]52;c;aGk=\007\033P+q544e\033\\\007\005\033[?u\033[>q\033[31mred\033]0;title\007"
    join(engine, "/bin/sh", "-c", f"stty -echo; printf '{asking}'; echo > {fifo}; read line < {go}; printf '\\033[6nlive'; exec sleep 600",
         terminal=True)
    fifo.line()
    with Viewer.attached(engine) as viewer:
        # What paints is shown, what asks or rings was over before; what comes now is shown as it is.
        shown = viewer.painted()
        assert b"\x1b[31mred" in shown and b"\x1b]0;title\x07" in shown
        for question in (b"\x1b[c", b"\x1b[6n", b"?\x07", b"\x1b]52", b"\x1bP", b"\x05", b"\x1b[?u", b"\x1b[>q"):
            assert question not in shown
        go.write("go")
        assert viewer.read_until(b"live").endswith(b"\x1b[6nlive")
    go.close()


def test_a_new_viewer_sees_the_screen_and_the_program_does_not_notice(engine):
    python(engine, SIZES, terminal=True)
    with Viewer.attached(engine, (80, 24)) as viewer:
        viewer.read_until(b"size 80 24")
    with Viewer.attached(engine, (80, 24)) as viewer:
        for _ in range(2):
            assert b"size 80 24" in viewer.painted()
        # Nor was it told of another size meanwhile.
        viewer.resize(90, 20)
        assert viewer.read_until(b"size 90 20").count(b"size 80 ") <= 1


# A screen that is left before it is seen
SCREENS = r"""
import os, sys
os.write(1, b"first\r\nlines\r\n\x1b[?1049h\x1b[Hfull screen")
os.read(0, 100)
os.write(1, b"\x1b[?1049l" + b"back")
os.read(0, 100)
"""


def test_the_main_screen_is_shown_when_the_program_goes_back_to_it(engine):
    python(engine, SCREENS, terminal=True)
    with Viewer.attached(engine) as early:
        early.read_until(b"full screen")
        with Viewer.attached(engine) as late:
            assert b"first" not in late.read_until(b"full screen")
            early.type("x\n")
            assert b"first\r\nlines" in late.read_until(b"back")
        # One who has seen it keeps it.
        assert b"first" not in early.read_until(b"back")


@pytest.mark.parametrize("whole", ["\x1b[31m", "é", "\x1b]0;a title\x07", "\x1bP$qm\x1b\\"])
def test_what_has_begun_is_sent_whole(engine, fifo, whole):
    # Printed in two parts, between which a viewer attaches.
    whole = whole.encode()
    source = f"""
import os, sys
os.write(1, b"text" + {whole[:-1]!r})
open({str(fifo)!r}, "w").write("begun\\n")
os.read(0, 100)
os.write(1, {whole[-1:]!r} + b"end")
os.read(0, 100)
"""
    python(engine, source, terminal=True)
    fifo.line()
    with Viewer.attached(engine) as viewer:
        viewer.read_until(b"text")
        viewer.type("\n")
        assert whole in viewer.read_until(b"end").replace(b"\r\n", b"")


# The size


def test_the_size_is_that_of_the_viewer_who_was_active_last(engine):
    python(engine, SIZES, terminal=True)
    with Viewer.attached(engine, (100, 30)) as one:
        one.read_until(b"size 100 30")
        with Viewer.attached(engine, (120, 40)) as two:
            one.read_until(b"size 120 40")
            one.type("x")
            one.read_until(b"size 100 30")
            two.resize(90, 20)
            one.read_until(b"size 90 20")
            with Viewer.attached(engine, (33, 11), read_only=True) as looking:
                looking.resize(34, 12)
                two.resize(91, 21)
                assert b"size 34 12" not in one.read_until(b"size 91 21")
        # Who leaves has no say any more.
        one.read_until(b"size 100 30")


def test_who_only_looks_has_a_size_when_alone(engine):
    python(engine, SIZES, terminal=True)
    with Viewer.attached(engine, (60, 20), read_only=True) as viewer:
        viewer.read_until(b"size 60 20")


@pytest.mark.parametrize("size,seen", [((99999, 1), b"size 4096 1"), ((1, 999999999999), b"size 1 4096")])
def test_sizes_are_bounded(engine, size, seen):
    python(engine, SIZES, terminal=True)
    with Viewer.attached(engine, size) as viewer:
        viewer.read_until(seen)


# The end


@pytest.mark.parametrize("script,last", [
    ("exit 0", "0 exit status 0"), ("exit 7", "7 exit status 7"),
    ("ulimit -c 0; kill -SEGV $$", "139 killed by signal 11 (SIGSEGV)"),
])
def test_the_programs_end_comes_after_its_output(engine, script, last):
    join(engine, "/bin/sh", "-c", f"read line; seq 1 5000; printf done; {script}", terminal=True)
    with Viewer.attached(engine) as viewer:
        viewer.type("go\n")
        assert viewer.end() == ("x", last)
        assert viewer.output.endswith(b"5000\r\ndone")
    assert ended(engine)["reason"] == "exited"
    assert engine.wait_for_exit() == 0


def test_viewers_learn_of_a_hang_up(cat):
    with Viewer.attached(cat) as viewer:
        cat.send({"type": "leave"})
        assert viewer.end() == ("x", "129 killed by signal 1 (SIGHUP)")


def test_a_viewer_does_not_notice_that_the_daemon_is_gone_until_the_program_ends(cat):
    # The engine's channel stays open in the fd store while a daemon is replaced: nobody reads it.
    with Viewer.attached(cat) as viewer:
        viewer.read_until(b"ready")
        viewer.type("still here")
        viewer.read_until(b"still here")
        cat.close_channel()
        assert viewer.end()[0] == "x"


def test_a_viewer_that_leaves_costs_nothing(cat):
    for _ in range(50):
        Viewer.attached(cat, greet=False).close()
        Viewer.attached(cat).close()
    cat.ping()
    with Viewer.attached(cat) as viewer:
        viewer.type("on")
        viewer.read_until(b"on")
    # Those of the terminal, the channel and the signals, and the three standard ones, of which two are the channel.
    wait = Viewer.attached(cat)
    wait.close()
    cat.ping()
    assert len(os.listdir(f"/proc/{cat.pid}/fd")) <= 8


# What is refused


def test_many_viewers_and_too_many(cat):
    viewers = [Viewer.attached(cat) for _ in range(256)]
    with Viewer(attach(cat)) as refused:
        assert refused.end() == ("e", "256 other viewers are attached to this terminal, which is the limit")
    viewers.pop().close()
    viewers[0].type("x")
    for viewer in viewers:
        viewer.read_until(b"x")
    with Viewer.attached(cat) as viewer:
        viewer.read_until(b"x")
    for viewer in viewers:
        viewer.close()


@pytest.mark.parametrize("message,why", [
    (b"h2 80 24", "the viewer speaks version 2 of the protocol; this engine speaks 1"),
    (b"h", "word 2 of a message of type “h” is not a number"),
    (b"h1", "word 2 of a message of type “h” is not a number"),
    (b"h1 80 -1", "word 3 of a message of type “h” is not a number"),
    (b"s0 24", "the size “0 24” is invalid"),
    (b"s9999999999999 24", "word 1 of a message of type “s” is not a number"),
    (b"i" + b"x" * 16385, "a message is longer than 16385 bytes"),
])
def test_what_breaks_the_protocol_is_let_go(cat, message, why):
    with Viewer(attach(cat)) as viewer, Viewer.attached(cat) as other:
        viewer.connection.send(message)
        assert viewer.end() == ("e", why)
        other.type("on")
        other.read_until(b"on")


def test_unknown_messages_and_words_are_ignored(cat):
    with Viewer(attach(cat)) as viewer:
        viewer.type("too early")
        viewer.connection.send(b"?from the future")
        viewer.connection.send(b"h1 80 24 something-new read-write 7")
        viewer.connection.send(b"s81 25 of-the-future")
        viewer.connection.send(b"h1 90 30")
        viewer.wait_for("r")
        viewer.type("in time")
        assert b"too early" not in viewer.read_until(b"in time")


def test_without_a_terminal(engine):
    with Viewer(attach(engine)) as viewer:
        assert viewer.end() == ("e", "the program has no terminal")
    message = engine.wait_for_type("error")
    assert (message["code"], message["request"]) == ("unsupported", "attach")
    join(engine, "/bin/sleep", "600")
    with Viewer(attach(engine)) as viewer:
        assert viewer.end() == ("e", "the program has no terminal")


def test_an_attach_without_a_descriptor_is_invalid(cat):
    cat.send({"type": "attach"})
    message = cat.wait_for_type("error")
    assert (message["code"], message["request"]) == ("invalid", "attach")


def test_a_descriptor_belongs_to_its_line(cat):
    # Half a line, with its descriptor, of a daemon that was killed: the next viewer gets its own.
    lost, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    socket.send_fds(cat.socket, [b'{"type":"att'], [theirs.fileno()])
    theirs.close()
    cat.send_bytes(b"\n")
    with Viewer.attached(cat) as viewer:
        viewer.type("mine")
        viewer.read_until(b"mine")
    assert lost.recv(100) == b""
    # One that comes with a line that needs none is closed.
    stray = attach(cat, {"type": "ping", "serial": 7})
    assert stray.recv(100) == b""


def test_several_attach_at_once(cat):
    pairs = [socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(8)]
    for _, theirs in pairs:
        socket.send_fds(cat.socket, [json.dumps({"type": "attach"}).encode() + b"\n"], [theirs.fileno()])
        theirs.close()
    viewers = [Viewer(ours) for ours, _ in pairs]
    for viewer in viewers:
        viewer.hello()
        viewer.wait_for("r")
        viewer.close()


def test_what_is_no_viewers_socket_harms_nothing(cat):
    for make in (lambda: os.open("/dev/zero", os.O_RDWR), lambda: os.open("/", os.O_RDONLY), lambda: os.pipe()[0]):
        descriptor = make()
        socket.send_fds(cat.socket, [b'{"type":"attach"}\n'], [descriptor])
        os.close(descriptor)
    cat.ping()
    with Viewer.attached(cat) as viewer:
        viewer.type("on")
        viewer.read_until(b"on")
