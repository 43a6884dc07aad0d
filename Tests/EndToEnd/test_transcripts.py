# SPDX-License-Identifier: Apache-2.0
"""The manual page of examples shows what the programs really say: every command of it is typed, and its answer compared.

ONGOINGCALL_RENEW=1 in the environment writes the page anew."""

import difflib
import os
import re

from booted import wait_for
from engines import BEGIN
from names import PROJECT
from notifications import Desktop

PAGE = PROJECT / "packaging" / "man" / "ongoingcall-examples.7"
# In the order of the launches.
IDS = ["7h2kq9xd", "c4m8tz3w", "e9p2vxa6", "g5r7nbk3"]
# An engine for addresses, which joins at once and does what it is told.
TELEPHONE = """
if sys.argv[1:] == ["--devices"]:
    for direction, built_in in (("microphone", "Microphone"), ("speaker", "Speaker")):
        say(direction=direction, name="built-in", description=f"Built-in {built_in}", default=True)
        say(direction=direction, name="headset", description="Headset", default=False)
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
# What differs from one run to the next, and what stands for it.
STAND_INS = [
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "2026-01-15 14:00:00"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "2026-01-15 14:00"),
    (r"\b\d\d:\d\d:\d\d\b", "14:00:00"),
    (r"process \d+", "process 4711"),
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

    def answer(self, command):
        for actual, shown in self.ids.items():
            command = re.sub(rf"\b{shown[:4]}(?:{shown[4:]})?\b", actual, command)
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


def test_the_page_shows_what_is_said(calls):
    calls.user.install(BEGIN + TELEPHONE, "telephone", mode=0o755)
    calls.user.install(DESCRIPTOR % f"{calls.user.home}/telephone", ".local/share/ongoingcall/engines/sip.json")
    calls.user.install("secret\n", "password.txt", mode=0o600)
    session = Session(calls)
    page = PAGE.read_text().splitlines()
    renewed, answering = [], False
    with Desktop(calls.user):
        for line in page:
            if line.startswith("$ "):
                renewed += [line, *map(written, session.answer(typed(line)[2:]))]
            elif line in (".Bd -literal", ".Ed"):
                answering = line == ".Bd -literal"
                renewed.append(line)
            elif not answering:
                renewed.append(line)
    if os.environ.get("ONGOINGCALL_RENEW"):
        PAGE.write_text("\n".join(renewed) + "\n")
    assert "\n".join(difflib.unified_diff(page, renewed, "the page", "what is said", lineterm="")) == ""


def test_every_verb_is_shown():
    tool = (PAGE.parent / "ongoingcallctl.1").read_text()
    shown = re.findall(r"^\.Ss (.+)$", PAGE.read_text(), re.MULTILINE)
    assert sorted(shown) == sorted(re.findall(r"^\.Ss (.+)$", tool, re.MULTILINE))
