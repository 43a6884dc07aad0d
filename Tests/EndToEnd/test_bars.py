# SPDX-License-Identifier: Apache-2.0
"""The call in bars and prompts, by the real programs, as packaging/bars has it."""

import json
import re
import subprocess
from pathlib import Path

import pytest
from booted import wait_for
from follower import Follower
from windows import Program

BARS = Path(__file__).resolve().parents[2] / "packaging" / "bars"
HOSTILE = "<b>&#[fg=red]#(touch ~/pwned) ##S %H $(touch ~/pwned) `touch ~/pwned`"


def nap(calls, title="Nap"):
    session = calls.launch(command=["/bin/sleep", "1000"], title=title)
    session.wait_until("joined")
    return session


def assert_harmless(calls):
    assert "pwned" not in calls.user.run("ls", calls.user.home).stdout


def test_tmux(calls):
    calls.user.install((BARS / "tmux.conf").read_bytes(), ".tmux.conf")
    with Program(calls.user, "tmux", "new", "cat", env={"LANG": "C.UTF-8"}) as window:
        # The window's name follows what runs in it only when that has something to say.
        window.read_until(r"\[0\] 0:")
        session = nap(calls)
        window.read_until("● Nap 0m")
        session.call("Abort")
        nap(calls, HOSTILE)
        window.read_until(re.escape("● <b>&#[fg=red]#(touch ~/pwned)"))
        window.type(b"\x02\x1bc")
        window.read_until(r"hang up\? \(y/n\)")
        window.type("y")
        wait_for("the call to be hung up", lambda: not calls.live())
        calls.user.run("tmux", "kill-server")
        window.end()
    assert_harmless(calls)


def test_tmux_leaves_nothing_behind(calls):
    calls.user.install((BARS / "tmux.conf").read_bytes(), ".tmux.conf")
    with Program(calls.user, "tmux", "new", "cat") as window:
        nap(calls)
        window.read_until("Nap 0m")
        calls.user.run("tmux", "kill-server")
        window.end()
    found = ["pgrep", "-u", calls.user.name, "ongoingcallctl"]
    wait_for("what tmux ran to be gone", lambda: not calls.user.bed.run(*found, check=False).stdout)


STYLE = """window#waybar { background: #000000; color: #000000; }
#custom-call.joined { background: #00ff00; }
"""


class Waybar:
    """waybar on a screen of sway's that nobody sees but the test."""

    def __init__(self, user):
        self.user = user
        user.install((BARS / "waybar.jsonc").read_bytes(), "waybar.jsonc")
        user.install(STYLE, "style.css")
        user.install("output * resolution 640x400\nexec waybar -c ~/waybar.jsonc -s ~/style.css\n", "sway")
        headless = {"WLR_BACKENDS": "headless", "WLR_RENDERER": "pixman", "WLR_LIBINPUT_NO_DEVICES": "1",
                    "LANG": "C.UTF-8"}  # fmt: skip
        self.sway = user.spawn("sway", "-c", f"{user.home}/sway", env=headless, stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sway.terminate()
        self.sway.wait()

    def colors(self):
        """Those of the screen."""
        shot = f"{self.user.home}/shot.ppm"
        taken = self.user.run("grim", "-t", "ppm", shot, env={"WAYLAND_DISPLAY": "wayland-1"}, check=False)
        if taken.returncode != 0:
            return set()
        pixels = self.user.bed.path(shot).read_bytes()[-640 * 400 * 3 :]
        return {pixels[i : i + 3].hex() for i in range(0, len(pixels), 3)}

    def wait(self, color, shown=True):
        wait_for(f"waybar to show {color}: {shown}", lambda: (color in self.colors()) == shown, 30)


def test_waybar(calls):
    with Waybar(calls.user) as bar:
        bar.wait("000000")
        session = nap(calls, HOSTILE)
        bar.wait("00ff00")
        session.call("Abort")
        bar.wait("00ff00", shown=False)
        assert bar.sway.poll() is None
    assert_harmless(calls)


class I3blocks(Follower):
    """i3blocks, with this process as its bar."""

    def __init__(self, user, configuration):
        user.install(configuration, "i3blocks.conf")
        super().__init__(user, "i3blocks", "-c", f"{user.home}/i3blocks.conf", stdin=subprocess.PIPE)

    def __exit__(self, *problem):
        # Its blocks end with it.
        self.process.terminate()
        self.process.wait()
        super().__exit__(*problem)

    def wait(self, text):
        wait_for(f"i3blocks to show {text}", lambda: any(text in line for line in self.lines[-1:]))

    def click(self, button):
        self.process.stdin.write(json.dumps({"name": "call", "button": button, "x": 1, "y": 1}) + "\n")


def blocks():
    """The block that is there, and the other, for older versions."""
    text = (BARS / "i3blocks.conf").read_text()
    other = re.search(r"^# \[call\]\n(?:# .*\n)+", text, re.MULTILINE)[0]
    return text, re.sub("^# ", "", other, flags=re.MULTILINE)


def test_i3blocks(calls):
    with I3blocks(calls.user, blocks()[0]) as bar:
        session = nap(calls, 'Nap "<&')
        bar.wait("\"full_text\":\"Nap '<& 0m\"")
        session.call("Abort")
        wait_for("the block to be empty", lambda: "Nap" not in bar.lines[-1])


def test_i3blocks_is_clicked(calls):
    nap(calls)
    with I3blocks(calls.user, blocks()[1]) as bar:
        bar.wait('"full_text":"Nap 0m"')
        bar.click(1)
        wait_for("the call to be returned to", lambda: any(e["name"] == "return-requested" for e in calls.events()))
        # A click while the block's command still runs for the one before is lost.
        wait_for("the call to be hung up", lambda: bar.click(3) or not calls.live())


def test_clicks_on_a_block_that_persists(calls):
    """As i3blocks from 1.5 on writes them, which Debian 12 does not have."""
    nap(calls)
    process = calls.user.spawn("ongoingcallctl", "status", "--follow", "--format", "i3blocks", stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True, bufsize=1)  # fmt: skip
    assert json.loads(process.stdout.readline())["full_text"] == "Nap 0m"
    process.stdin.write('{"name":"call","button":1}\n')
    wait_for("the call to be returned to", lambda: any(e["name"] == "return-requested" for e in calls.events()))
    process.stdin.write("3\n")
    wait_for("the call to be hung up", lambda: not calls.live())
    process.stdin.close()
    while json.loads(process.stdout.readline())["full_text"]:
        pass
    process.stdout.close()
    process.wait(timeout=30)


@pytest.mark.parametrize("shell", ["bash"])
def test_a_prompt(calls, shell):
    calls.user.install((BARS / "prompt.sh").read_bytes(), "prompt.sh")
    session = nap(calls, HOSTILE)
    with Program(calls.user, shell, "--noprofile", "--norc", "-i", columns=200, env={"PS1": "READY> "}) as window:
        window.read_until("READY> ")
        window.type(". ~/prompt.sh\n")
        window.read_until(re.escape(f"[{HOSTILE} 0m] READY> "))
        session.call("Abort")
        window.type("true\n")
        window.read_until(r"true\n[^\]]*READY> ")
        # Of a daemon that is not there it starts none.
        calls.user.systemctl("stop", "ongoingcalld")
        window.type("(exit 7)\n")
        window.read_until("READY> ")
        window.type("echo status $?\n")
        window.read_until("status 7\n")
        window.type("true again\n")
        window.read_until(r"true again\n[^\]]*READY> ")
        assert calls.daemon() == 0
    assert_harmless(calls)
