# SPDX-License-Identifier: Apache-2.0
"""ongoingcallctl attach with the programs that people run: who comes again sees what the program drew, and nothing of it
stays. In tmux and in foot, as real terminals; the programs are stopped then, so that they cannot draw anew."""

import subprocess

import pytest
from booted import wait_for
from names import PROJECT
from test_terminal_as_it_was import Tmux

LINES = "".join(f"line {number}\twith a tab, an é, 你好 and a {'long ' * number} end\n" for number in range(1, 60))
CODE = "#include <stdio.h>\n\nint main(void) { // says é 你好\n  puts(\"text\");\n  return 0;\n}\n" * 10
COLORS = "".join(f"\x1b[{30 + number % 8};{1 + number % 4}mcolor {number}\x1b[m and usual\n" for number in range(1, 90))

# Draws all of it again, so often that the output with which it began is no longer kept.
AGAIN = ("-N", "150", "C-l")
# What it runs; what it shows then; what is typed; what it shows after that.
PROGRAMS = {
    "vi": (["/usr/bin/vi", "-u", "NONE", "-N", "-c", "syntax on", "-c", "set number hlsearch", "code.c"],
           "include", ["/return", "Enter", ":vsplit", "Enter", "G", AGAIN], "60"),
    "less": (["/usr/bin/less", "-R", "colors"], "color 1", ["G", "/4", "Enter", AGAIN], "color 89"),
    "htop": (["/usr/bin/htop", "-d", "100"], "F10", ["F5", AGAIN], "F10"),
    "nano": (["/usr/bin/nano", "-l", "lines"], "line 3", ["M-/", "C-k", "new é text", AGAIN], "new é text"),
    "mc": (["/usr/bin/mc", "-u", "-x"], "Quit", ["Down", AGAIN, "F9"], "Left"),
    "nvim": (["/usr/bin/nvim", "-u", "NONE", "-n", "-c", "set number cursorline termguicolors", "code.c"],
             "include", ["/main", "Enter", "G", "ix", "Escape", AGAIN], "60"),
    "fish": (["/usr/bin/fish", "--private"], ">", ["set_color red; seq 1 100; echo é 你好", "Enter", "echo unfinished"],
             "unfinished"),
}  # fmt: skip


@pytest.fixture
def files(calls):
    for name, text in {"lines": LINES, "code.c": CODE, "colors": COLORS}.items():
        calls.user.install(text, name)


def settled(look):
    """What is to be seen as soon as it stays the same."""
    seen = [None, None, look()]
    while not seen[-1] == seen[-2] == seen[-3]:
        seen.append(look())
    return seen[-1]


class Outer(Tmux):
    """tmux with a shell, in which programs are shown."""

    def seen(self):
        """All that it shows: text, colors, and where the cursor is, below the line with which `attach` begins."""
        shown = self("capture-pane", "-e", "-p").rstrip("\n").split("\n")
        cursor = self("display", "-p", "#{cursor_x} #{cursor_y} #{alternate_on} #{cursor_flag}").split()
        begun = max((row for row, line in enumerate(shown) if " detaches]" in line), default=-1) + 1
        return shown[begun:], [cursor[0], int(cursor[1]) - begun, *cursor[2:]]

    def attach(self, session):
        self.type(f"clear; ongoingcallctl attach {session.id}", "Enter")

    def detach(self):
        self.type("C-\\", "d")
        self.wait_for("[detached from")


def signal(calls, session, name):
    """To the program, and all that it has started."""
    engine = calls.user.unit(session["Unit"], "MainPID")["MainPID"]
    program = calls.user.bed.run("pgrep", "-P", engine).stdout.split()[0]
    calls.user.bed.run("pkill", f"-{name}", "-s", program)


def test_who_comes_again_sees_what_the_program_drew(calls, files):
    wrong = []
    with Outer(calls.user) as tmux:
        wait_for("a prompt", lambda: "$" in tmux.screen() or "#" in tmux.screen())
        before = tmux.flags()
        for name, (command, ready, keys, shown) in PROGRAMS.items():
            session = calls.launch(command=command, terminal=True, working_directory=str(calls.user.home))
            session.wait_until("joined")
            tmux.attach(session)
            tmux.wait_for(ready)
            for key in keys:
                settled(tmux.seen)
                tmux.type(*(key if isinstance(key, tuple) else [key]))
            tmux.wait_for(shown)
            settled(tmux.seen)
            signal(calls, session, "STOP")
            drawn = settled(tmux.seen)
            tmux.detach()
            assert tmux.flags() == before, name
            tmux.attach(session)
            tmux.wait_for(shown)
            if settled(tmux.seen) != drawn:
                wrong.append((name, drawn, tmux.seen()))
            signal(calls, session, "CONT")
            tmux.detach()
            assert tmux.flags() == before, name
            calls.ctl("abort", session.id, check=True)
    assert not wrong


def test_two_sizes_at_once(calls, files):
    """Each sees the program's own screen, or what there is room for; whoever is used decides on the size."""
    session = calls.launch(command=PROGRAMS["vi"][0], terminal=True, working_directory=str(calls.user.home))
    session.wait_until("joined")
    with Outer(calls.user, 100, 30) as large, Outer(calls.user, 60, 15, "other") as small:
        for tmux in (large, small):
            wait_for("a prompt", lambda: "$" in tmux.screen() or "#" in tmux.screen())
        before = [large.flags(), small.flags()]
        large.attach(session)
        large.wait_for("28 ")
        # Its own size is that of the program; in the other it is in the corner.
        small.attach(session)
        wait_for("the program at its size", lambda: "13 #" in small.screen() and "28 " not in large.screen())
        wait_for("the same", lambda: large.screen().rstrip() == small.screen().rstrip())
        large.type("10G", "o", *["0123456789"] * 7, "Escape", "0")
        wait_for("the program at the other size", lambda: "28 " in large.screen() and "0123456789" * 7 in large.screen())
        part = [line[:60].rstrip() for line in settled(large.screen).split("\n")[:15]]
        wait_for("the part", lambda: small.screen().rstrip("\n").split("\n") == part)
        # The cursor is beyond.
        large.type("25G")
        rows = settled(large.screen).split("\n")[10:25]
        wait_for("the other part", lambda: [line[:60].rstrip() for line in rows] == small.screen().rstrip("\n").split("\n"))
        small.detach()
        large.detach()
        assert [large.flags(), small.flags()] == before


# In foot: who looks at the screen itself

SWAY = """output * resolution 800x600 bg #3d3846 solid_color
default_border none
"""
FOOT = """font=DejaVu Sans Mono:size=10
[cursor]
blink=no
"""
# Shows a screen of its own, and the program whenever a line comes.
SHELL = r"""
while true; do
  printf '\033[H\033[2J\033[1;32mshell\033[m of é你好\n'
  touch "$2.shell"
  read line < "$2" || exit
  rm -f "$2.shell"
  ongoingcallctl attach "$1"
done
"""


class Foot:
    """A terminal on a screen of its own."""

    def __init__(self, user, session):
        self.user = user
        self.go = f"{user.home}/go"
        user.install(SWAY, "sway")
        user.install(FOOT, "foot.ini")
        user.install(SHELL, "shell")
        user.run("mkfifo", self.go)
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        headless = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1"}
        display = user.bed.path(f"/run/user/{user.uid}/wayland-1")
        self.processes = [user.spawn("sway", "-c", f"{user.home}/sway", env=headless, **quiet)]
        wait_for("a Wayland display", display.exists)
        self.environment = {"WAYLAND_DISPLAY": "wayland-1", "LANG": "C.UTF-8"}
        self.processes.append(user.spawn(
            "foot", "-c", f"{user.home}/foot.ini", "sh", f"{user.home}/shell", session.id, self.go,
            env=self.environment, **quiet))  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def screenshot(self, name):
        """As it is when it stays the same."""
        file = f"{self.user.home}/{name}.png"

        def grab():
            self.user.run("grim", file, env=self.environment)
            return self.user.bed.path(file).read_bytes()

        picture = settled(grab)
        folder = PROJECT / ".build" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"foot-{name}.png").write_bytes(picture)
        return picture

    def shell(self, name):
        wait_for("the shell", self.user.bed.path(f"{self.go}.shell").exists)
        return self.screenshot(name)

    def attach(self):
        self.user.run("sh", "-c", f"echo go > {self.go}")
        return wait_for("the view", lambda: self.user.run("pgrep", "-x", "ongoingcallctl", check=False).stdout.split())[0]

    def leave(self, view):
        self.user.run("kill", "-TERM", view)


def test_foot_shows_the_same_again(calls, files):
    command = PROGRAMS["vi"][0]
    session = calls.launch(command=command, terminal=True, working_directory=str(calls.user.home))
    session.wait_until("joined")
    with Foot(calls.user, session) as foot:
        shell = foot.shell("shell")
        view = foot.attach()
        keys = ["/return", "Enter", ":vsplit", "Enter", "G", *["C-l"] * 150]
        calls.ctl("send-keys", "-t", session.id, *keys, check=True)
        drawn = foot.screenshot("drawn")
        assert drawn != shell
        signal(calls, session, "STOP")
        foot.leave(view)
        assert foot.shell("left") == shell
        view = foot.attach()
        assert foot.screenshot("again") == drawn
        signal(calls, session, "CONT")
        foot.leave(view)
        assert foot.shell("end") == shell
