# SPDX-License-Identifier: Apache-2.0
"""What is tried with each keeper. An answer is True, False, or text: what of it holds."""

import itertools
import json
import os
import re
import select
import shlex
import time

from booted import DeadlineExceeded, wait_for
from booted.terminal import TerminalClosed

from .keepers import COLUMNS, HUMAN, ROWS, SETTINGS, OngoingCall, ends, keyboard

# Prints what it is given, and then everything that is typed; "q" ends it with the exit status 7.
ECHO = r"""
import os, sys, tty
tty.setraw(0)
os.write(1, sys.argv[1].encode().decode("unicode_escape").encode() + b"<ready>")
while data := os.read(0, 4096):
    if data == b"q":
        sys.exit(7)
    os.write(1, b"<" + data.hex().encode() + b">")
"""
# Asks its terminal once the file is there, and writes down what it is answered.
ASK = r"""
import json, os, select, sys, time, tty
tty.setraw(0)
os.write(1, b"\x1b[2J\x1b[5;1H<ready>")
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
answers = {}
for name, question in json.loads(sys.argv[2]):
    os.write(1, question.encode())
    answer = b""
    while select.select([0], [], [], 2 if not answer else 0.1)[0]:
        answer += os.read(0, 4096)
    answers[name] = answer.decode()
with open(sys.argv[1] + ".new", "w") as file:
    json.dump(answers, file)
os.rename(sys.argv[1] + ".new", sys.argv[1] + ".answers")
time.sleep(1000)
"""
QUESTIONS = {"DA1": ("\x1b[c", r"\x1b\[\?[\d;]+c"), "DSR 6": ("\x1b[6n", r"\x1b\[5;8R"),
             "OSC 11": ("\x1b]11;?\x07", r"\x1b\]11;rgb:[0-9a-f/]+(\x07|\x1b\\)")}  # fmt: skip
# Prints so many bytes in lines as soon as something is typed.
FLOOD = r"""
import os, sys, tty
tty.setraw(0)
os.write(1, b"<ready>")
os.read(0, 1)
text = b"0123456789abcdefghijklmnopqrstuvwxyz" * 2
lines = b"".join(b"%07d %s\r\n" % (number, text) for number in range(800))[:65536]
left = int(sys.argv[1])
while left > 0:
    left -= os.write(1, lines[:left])
os.write(1, b"\r\n<end>")
os.read(0, 1)
"""
# What a program may leave of a terminal: its other screen, keys, mouse, cursor, margins, charset, colours, title. The
# word at its end is not in the command that prints it.
MODES = (r"\x1b[?1049h\x1b[?1h\x1b=\x1b[?1002;1006h\x1b[?2004h\x1b[?25l\x1b[3;20r\x1b[4h\x1b[?7l\x1b[?6h\x1b(0"
         r"\x1b[1;31m\x1b]0;its title\x07\x1b[2;2H\x50AINTED")  # fmt: skip
FLAGS = ["alternate_on", "cursor_flag", "insert_flag", "keypad_cursor_flag", "keypad_flag", "mouse_any_flag",
         "mouse_sgr_flag", "origin_flag", "wrap_flag", "scroll_region_upper", "scroll_region_lower",
         "pane_title"]  # fmt: skip
SHELL_LINES = [r"printf '\033[1;31mred\033[0m \033[44mon blue\033[0m \033[38;5;208morange\033[0m\n'",
               r"seq 1 30; printf '\033[7mreversed\033[0m \033[4munderlined\033[0m\n'"]  # fmt: skip
_numbers = itertools.count(1)
PROMPT = r"\[\e[32m\]\u@here\[\e[0m\] \[\e[1;34m\]\w\[\e[0m\] \$ "


class Outer:
    """tmux as the terminal that a keeper is shown in: it says what stands where, and in which colours."""

    def __init__(self, user, *line):
        # A server that is killed is not gone at once: each has a socket of its own.
        self.user, self.socket = user, f"outer{next(_numbers)}"
        user.install(SETTINGS.replace("remain-on-exit off", "remain-on-exit on"), "outer.conf")
        self("-f", f"{user.home}/outer.conf", "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), *line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self("kill-server")

    def __call__(self, *arguments):
        return self.user.run("tmux", "-L", self.socket, *arguments, env={"TERM": "xterm-256color"}).stdout

    def type(self, *keys):
        self("send-keys", *keys)

    def wait_for(self, pattern):
        wait_for(pattern, lambda: re.search(pattern, self("capture-pane", "-p"), re.MULTILINE))

    def is_(self, what, wanted):
        wait_for(f"{what} to be {wanted}", lambda: self("display", "-p", f"#{{{what}}}").strip() == wanted)

    def detach(self, keeper):
        # Whatever its keyboard is, tmux sends the keys as of old.
        first, then = keeper.detach_keys
        self.type(f"C-{first}")
        if then:
            time.sleep(HUMAN)
            self.type(then)

    def screen(self):
        """The characters and their colours, and where the cursor is."""
        return self("capture-pane", "-p", "-e"), self("display", "-p", "#{cursor_x},#{cursor_y}")

    def flags(self):
        return dict(zip(FLAGS, self("display", "-p", "\n".join(f"#{{{flag}}}" for flag in FLAGS)).split("\n")))

    def shows(self, wanted, seconds=6):
        """Whether that screen is there in time."""
        try:
            return bool(wait_for("the screen", lambda: self.screen() == wanted, seconds))
        except DeadlineExceeded:
            return False


def python(user, program, *arguments):
    """The command that runs it."""
    name = f"{user.home}/trial{abs(hash(program))}.py"
    user.install(program, name.removeprefix(user.home + "/"))
    return ["/usr/bin/python3", name, *arguments]


def begun(keeper, *command):
    view = keeper.begin(*command)
    view.read_until("<ready>")
    return view


# The trials


def survives(keeper, killed="server"):
    """Its server is killed while nobody is attached; the program is to answer one who attaches then."""
    with begun(keeper, *python(keeper.user, ECHO, "")) as view:
        assert keeper.detaches(view)
    keeper.kill(getattr(keeper, killed))
    with keeper.attach() as view:
        try:
            view.type("x")
            view.read_until("78>", 10)
            return True
        except (TerminalClosed, DeadlineExceeded, OSError):
            return False


def _repaints(keeper, draw, *command):
    """Whether one who attaches sees what the program has drawn, as on a terminal of its own."""
    with Outer(keeper.user, *command) as outer:
        draw(outer)
        wanted = outer.screen()
    with Outer(keeper.user, *keeper.begin_line(*command)) as outer:
        draw(outer)
        outer.detach(keeper)
        outer.is_("pane_dead", "1")
    with Outer(keeper.user, *keeper.attach_line()) as outer:
        return outer.shows(wanted)


def repaints_vi(keeper):
    keeper.user.install("".join(f"line {number}, é, 世界\n" for number in range(1, 101)), "lines")

    def draw(outer):
        outer.wait_for("line 22,")
        outer.type("40G", "$")
        outer.wait_for("line 50,")

    return _repaints(keeper, draw, "vi", "-u", "NONE", "-n", "-N", "-c", "set nu", f"{keeper.user.home}/lines")


def repaints_shell(keeper):
    keeper.user.install(f"PS1='{PROMPT}'\n", "shellrc")

    def draw(outer):
        outer.wait_for(r"here .*\$\n*\Z")
        for line, shown in zip(SHELL_LINES, ("on blue", "underlined")):
            outer.type("-l", line)
            outer.type("Enter")
            outer.wait_for(rf"^[^'\n]*{shown}[^'\n]*\n.*here.*\$\n*\Z")
        outer.type("-l", "echo half a lin")
        outer.wait_for(r"\$ echo half a lin\n*\Z")

    return _repaints(keeper, draw, "bash", "--noprofile", "--rcfile", f"{keeper.user.home}/shellrc")


def detaches_by_modern_keys(keeper):
    """Of a program that has turned on CSI u, as neovim, helix and fish do, and of one with modifyOtherKeys."""
    for setting in (r"\x1b[>1u", r"\x1b[>4;2m"):
        with type(keeper)(keeper.user) as one, begun(one, *python(one.user, ECHO, setting)) as view:
            if not one.detaches(view):
                return False
    return True


def answers(keeper):
    file = f"{keeper.user.home}/asked{keeper.number}"
    questions = json.dumps([(name, question) for name, (question, _) in QUESTIONS.items()])
    with begun(keeper, *python(keeper.user, ASK, file, questions)) as view:
        assert keeper.detaches(view)
    keeper.user.install("", file.removeprefix(keeper.user.home + "/"))
    path = keeper.user.bed.path(f"{file}.answers")
    wait_for("the answers", path.exists)
    given = json.loads(path.read_text())
    right = [name for name, (_, answer) in QUESTIONS.items() if re.fullmatch(answer, given[name])]
    return True if len(right) == len(QUESTIONS) else f"only {' and '.join(right)}" if right else False


def leaves_the_terminal_as_it_was(keeper):
    with Outer(keeper.user, "bash", "--norc") as outer:
        outer.wait_for(r"\$\n*\Z")
        outer.type("-l", "echo BE''GUN")
        outer.type("Enter")
        outer.wait_for("^BEGUN")
        before = outer.flags()
        outer.type("-l", shlex.join(keeper.begin_line(*python(keeper.user, ECHO, MODES))))
        outer.type("Enter")
        outer.wait_for("PAINTED")
        outer.detach(keeper)
        outer.is_("pane_current_command", "bash")
        # Line drawings have no capitals.
        outer.type("-l", "echo DO''NE")
        outer.type("Enter")
        outer.wait_for("DONE")
        if outer.flags() != before:
            return False
    # Its keyboard, which tmux has only one of.
    with type(keeper)(keeper.user) as one, begun(one, *python(one.user, ECHO, r"\x1b[>1u")) as view:
        return one.detaches(view) and keyboard(view.transcript) == ""


def passes_on_the_exit_status(keeper):
    with begun(keeper, *python(keeper.user, ECHO, "")) as view:
        assert keeper.detaches(view)
    with keeper.attach() as view:
        view.type("x")
        view.read_until("78>")
        view.type("q")
        return ends(view) and view.end() == 7


def memory(user, process):
    """MiB of it, resident."""
    status = user.bed.run("cat", f"/proc/{process}/status").stdout
    return int(re.search(r"^VmRSS:\s*(\d+)", status, re.MULTILINE)[1]) / 1024


def read_to(view, wanted, seconds=600):
    """Reads, and forgets, what a terminal shows up to that."""
    end, last = time.monotonic() + seconds, b""
    while wanted not in last:
        if not select.select([view.master], [], [], max(0, end - time.monotonic()))[0]:
            raise DeadlineExceeded(f"waited {seconds} s in vain for {wanted}")
        last = last[-len(wanted) :] + os.read(view.master, 65536)


def flood(keeper, size):
    """Seconds until a viewer that reads has seen the end, and MiB of who holds the terminal, before and after."""
    with begun(keeper, *python(keeper.user, FLOOD, str(size))) as view:
        before = memory(keeper.user, keeper.holder)
        started = time.monotonic()
        view.type("x")
        read_to(view, b"<end>")
        seconds = time.monotonic() - started
        return seconds, before, memory(keeper.user, keeper.holder)


YES_OR_NO = {
    "Survives SIGKILL of its server": survives,
    "Attaching paints a full-screen program (vi) exactly": repaints_vi,
    "Attaching paints a shell's coloured output exactly": repaints_shell,
    "Its keys detach also with CSI u and modifyOtherKeys on": detaches_by_modern_keys,
    "Answers DA1, DSR 6 and OSC 11 while nobody is attached": answers,
    "Leaves the terminal as it was": leaves_the_terminal_as_it_was,
    "Passes on the program's exit status": passes_on_the_exit_status,
}


def what_the_engine_takes_along(user):
    """Whether a program outlives the engine that holds its terminal."""
    with OngoingCall(user) as keeper:
        return survives(keeper, killed="holder")
