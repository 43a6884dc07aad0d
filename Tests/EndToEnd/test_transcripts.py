# SPDX-License-Identifier: Apache-2.0
"""The manual page of examples shows what the programs really say: every command of it is typed, and its answer compared.

ONGOINGCALL_RENEW=1 in the environment writes the page anew."""

import difflib
import os
import re

import providers
from beds import INSTALL, PROGRAMS_INSIDE
from booted import wait_for
from calls import Calls
from engines import BEGIN
from keyrings import unlock
from names import PROJECT
from notifications import Desktop
from test_launch_attach import see
from windows import Window

# Of the page, what is tried with a real provider instead.
BEGINNING = ".Sh FROM INSTALLATION TO A CALL"
PAGE = PROJECT / "packaging" / "man" / "ongoingcall-examples.7"
# In the order of the launches.
IDS = ["7h2kq9xd", "c4m8tz3w", "w6k4hd8r", "e9p2vxa6", "g5r7nbk3"]
# An engine for addresses, which joins at once and does what it is told.
TELEPHONE = """
if sys.argv[1:] == ["--devices"]:
    for direction, built_in in (("microphone", "Microphone"), ("speaker", "Speaker")):
        say(direction=direction, name="built-in", description=f"Built-in {built_in}", default=True)
        say(direction=direction, name="headset", description="Headset", default=False)
    sys.exit(0)
if sys.argv[1:] == ["--test-account"]:
    account = json.load(sys.stdin)
    say(step="name", ok=True, detail="tls:192.0.2.10:5061")
    say(step="connection", ok=True, detail="tls:192.0.2.10:5061 answers")
    say(step="certificate", ok=True, detail="for example.org")
    if account.get("password") != "secret":
        say(step="password", ok=False, detail="the server does not accept the password of “me”")
        sys.exit(1)
    say(step="password", ok=True, detail="“me” is accepted")
    say(step="nat", ok=True, detail="no NAT in between")
    sys.exit(0)
now = {"muted": False, "held": False}
while True:
    request = hear()
    if request["type"] == "leave":
        say(type="state", state="ended", reason="aborted")
        sys.exit(0)
    if request["type"] == "ping":
        say(type="pong", serial=request["serial"])
    if request["type"] == "transfer":
        say(type="error", code="failed", request="transfer", message=f"the transfer to {request['target']} failed: 486 Busy Here")
    if request["type"] == "send-dtmf" and request["digits"] == "0":
        now["transfer-request"] = "sip:room5@example.org?Referred-By=sip%3Astandup%40example.org"
    if request["type"] == "answer-transfer":
        now["transfer-request"] = None
        if request["answer"] == "done":
            say(type="state", state="ended", reason="hung-up", detail="transferred to sip:room5@example.org")
            sys.exit(0)
    for key in now:
        now[key] = request.get(key, now[key])
    if request["type"] == "start-recording":
        now["recording"] = request["file"]
    if request["type"] == "stop-recording":
        now["recording"] = None
    if request["type"] in ("join", "report", "set-muted", "set-held", "send-dtmf", "answer-transfer", "start-recording",
                           "stop-recording"):
        say(type="state", state="joined", **now)
"""
DESCRIPTOR = """{"name": "sip", "command": ["%s"], "schemes": ["sip"], "devices": true, "settings": ["microphone"],
 "capabilities": ["mute", "hold", "dtmf", "transfer", "audio", "record"]}"""
# What is typed on a terminal, and left by Ctrl-\\ d.
ATTACHING = ["ongoingcallctl launch --name work -t -- cat", "ongoingcallctl attach work"]
# What differs from one run to the next, and what stands for it.
STAND_INS = [
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-01-15 14:00:00"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-01-15 14:00"),
    (r"\b\d\d:\d\d:\d\d\b", "14:00:00"),
    (r"process \d+", "process 4711"),
    (r"(?<=   Process: )\d+", "4711"),
    (r"(?<=command  ) *\d+", "   4711"),
    (r"\d+ MiB free", "2048 MiB free"),
    (r"systemd \d\S+", "systemd 252.39"),
    (r"\b\d+ of 512", "2 of 512"),
    (r"\+ +\d+\.\d{3} s", "+    1.000 s"),
    (r"\b(?:\dm )?\d+s\b", "9s"),
    (r"^\w+ +audio .*", "ok       audio           PipeWire, PulseAudio; HDA Intel PCH"),
]


def typed(line):
    """A line of a literal display, as it is on the terminal."""
    return line.removeprefix("\\&").replace("\\e", "\\")


def written(line):
    """A line of a terminal, as it is in the page."""
    line = line.replace("\\", "\\e")
    return "\\&" + line if line.startswith((".", "'")) else line


class Session:
    """What is typed and answered."""

    def __init__(self, calls):
        self.calls = calls
        self.ids = {}

    def attach(self, command):
        """On a terminal: what is said before and after the program's screen, and of that what was typed."""
        is_new = not any(session["name"] == "work" for session in self.calls.ctl_json("list")["sessions"])
        with Window(self.calls.user, *command.split()[1:], env={"LANG": "C.UTF-8"}) as window:
            see(window)
            if is_new:
                window.type("hello\n")
            window.read_until(r"hello\r?\n.*hello")
            window.type(b"\x1cd")
            window.read_until(r"\[detached .*\]")
            assert window.end() == 0
            self._learn()
            shown = re.sub("\x1b\\[[^A-Za-z]*[A-Za-z]|\x1b.|\x18|\x0f", "", window.transcript)
            return self._placed("\n".join(line for line in re.split("[\r\n]+", shown) if line))

    def answer(self, command):
        for actual, shown in self.ids.items():
            command = re.sub(rf"\b{shown[:4]}(?:{shown[4:]})?\b", actual, command)
        if command in ATTACHING:
            return self.attach(command)
        result = self.calls.user.run("sh", "-c", f"cd && {{ {command}; }} 2>&1", env={"LANG": "C.UTF-8", "TZ": "UTC"}, check=False, timeout=120)
        if " launch " in command or " accept" in command:
            self._learn()
        return self._placed(result.stdout)

    def _learn(self):
        def shown():
            sessions = self.calls.ctl_json("list", "--all")["sessions"]
            return all((session["notification"] or {}).get("state") == "shown" for session in sessions if session["state"] != "ended") and sessions

        for session in wait_for("the calls to be shown", shown):
            if session["id"] not in self.ids:
                self.ids[session["id"]] = IDS[len(self.ids)]

    def _placed(self, text):
        user = self.calls.user
        for actual, shown in self.ids.items():
            text = text.replace(actual, shown)
        text = text.replace(user.home, "/home/you").replace(f"/run/user/{user.uid}/", "/run/user/1000/")
        # A call that is joined before the tool looks for the first time says so at once.
        text = re.sub(r"^(\w+) joined (\(see it.*)$", r"\1 launching \2\n\1 joined", text, flags=re.MULTILINE)
        for pattern, stand_in in STAND_INS:
            # In a table, what comes after it stays where it is.
            text = re.sub(rf"(?:{pattern})(  +)?", lambda m: stand_in.ljust(len(m[0]) if m[1] else 0), text, flags=re.MULTILINE)
        return [line.rstrip() for line in text.splitlines()]


def halves():
    """The page before the real call, and from there to its end."""
    page = PAGE.read_text().splitlines()
    where = page.index(BEGINNING)
    return page[:where], page[where:]


def compare(page, answer):
    """Types every command of these lines of the page; what they are to be, and how they differ from that."""
    renewed, answering = [], False
    for line in page:
        if line.startswith("$ "):
            renewed += [line, *map(written, answer(typed(line)[2:]))]
        elif line in (".Bd -literal", ".Ed"):
            answering = line == ".Bd -literal"
            renewed.append(line)
        elif not answering:
            renewed.append(line)
    return renewed, "\n".join(difflib.unified_diff(page, renewed, "the page", "what is said", lineterm=""))


def renew(lines):
    if os.environ.get("ONGOINGCALL_RENEW"):
        PAGE.write_text("\n".join(lines) + "\n")


def test_the_page_shows_what_is_said(calls):
    calls.user.install(BEGIN + TELEPHONE, "telephone", mode=0o755)
    calls.user.install(DESCRIPTOR % f"{calls.user.home}/telephone", ".local/share/ongoingcall/engines/sip.json")
    calls.user.install("secret\n", "password.txt", mode=0o600)
    # The terminal that a call to an address is shown in.
    calls.user.install("#!/bin/sh\nexec \"$@\"\n", ".local/bin/xdg-terminal-exec", mode=0o755)
    calls.user.systemctl("set-environment", f"PATH={calls.user.home}/.local/bin:/usr/local/bin:/usr/bin:/bin")
    session = Session(calls)
    page, rest = halves()
    with Desktop(calls.user):
        renewed, difference = compare(page, session.answer)
    renew(renewed + rest)
    assert difference == ""


class Newcomer:
    """Whoever installs it and calls through a provider, in the place of example.org."""

    def __init__(self, user, provider):
        self.user = user
        self.session = Session(Calls(user))
        server = providers.SERVERS["udp"]
        self.names = [
            (f"me@{server}", "me@example.org"), ("me_" + re.sub(r"\W", "_", server), "me_example_org"),
            (f"@{server}", "@example.org"), (f"udp:{server}", "udp:192.0.2.10:5060"),
        ]  # fmt: skip

    def answer(self, command):
        for real, shown in self.names:
            command = command.replace(shown, real)
        if command == "packaging/install":
            command = f"{INSTALL} --user --bin-dir {PROGRAMS_INSIDE}"
        lines = self.add(command) if " add " in command else self.session.answer(command)
        for real, shown in self.names:
            lines = [line.replace(real, shown) for line in lines]
        return lines

    def add(self, command):
        """On a terminal, which asks for the password."""
        with Window(self.user, *command.split()[1:]) as window:
            window.read_until(re.escape("(empty: none):"))
            window.type(providers.PASSWORD + "\n")
            window.read_until("password set.*\n")
            assert window.end() == 0
            return [line.rstrip() for line in window.transcript.splitlines()]


def test_from_installation_to_a_call_through_a_provider(bare, tmp_path):
    """In four commands, with a real server that asks for the password, and a keyring."""
    page, rest = halves()
    unlock(bare)
    with providers.running(tmp_path, registers=(2, 600)) as provider, Desktop(bare):
        renewed, difference = compare(rest, Newcomer(bare, provider).answer)
        assert sum(line.startswith("$ ") for line in rest) == 4
        if not os.environ.get("ONGOINGCALL_RENEW"):
            provider.behind.hear(20)
    renew(page + renewed)
    assert difference == ""


def test_every_verb_is_shown():
    tool = (PAGE.parent / "ongoingcallctl.1").read_text()
    shown = re.findall(r"^\.Ss (.+)$", PAGE.read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(re.findall(r"^\.Ss (.+)$", tool, re.MULTILINE))
