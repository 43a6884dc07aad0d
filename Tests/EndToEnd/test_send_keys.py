# SPDX-License-Identifier: Apache-2.0
"""ongoingcallctl send-keys: keys reach the program of a call, once, in order, and nobody else."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from booted import wait_for
from calls import BusError

FAILED = 1
SECRET = "Correct-Horse-7"

# Writes down all that is typed.
READER = """#!/usr/bin/python3
import os, tty
tty.setraw(0)
with open("heard", "wb", buffering=0) as file:
    with open("pid", "w") as pid:
        print(os.getpid(), file=pid)
    while data := os.read(0, 65536):
        file.write(data)
"""


def content(user, name):
    file = user.bed.path(f"{user.home}/{name}")
    return file.read_bytes().decode() if file.exists() else ""


def shell(calls, source):
    session = calls.launch(command=["/bin/sh", "-c", source], terminal=True)
    session.wait_until("joined")
    return session


@pytest.fixture
def reader(calls):
    """A call whose program is READER, and reads."""
    calls.user.install(READER, "reader", mode=0o755)
    session = calls.launch(command=[f"{calls.user.home}/reader"], terminal=True)
    session.wait_until("joined")
    wait_for("it to read", lambda: content(calls.user, "pid").endswith("\n"))
    return session


def test_keys_reach_the_program(calls):
    session = shell(calls, 'read -r line; echo "$line" > first; read -r line; echo "$line" > second; read -r line')
    assert calls.ctl("send-keys", "make test", "Enter", check=True).stdout == f"{session.id} got the keys\n"
    wait_for("the first line", lambda: content(calls.user, "first") == "make test\n")
    shown = calls.ctl("send-keys", "--json", "-t", session.id[:6], "-l", "Enter C-c ä", check=True).stdout
    assert json.loads(shown)["session"]["id"] == session.id
    calls.ctl("send-keys", "BSpace", "BSpace", "世界", "C-m", check=True)
    wait_for("the second line", lambda: content(calls.user, "second") == "Enter C-c世界\n")
    # With the last line the program ends, and its call.
    calls.ctl("send-keys", "Enter", check=True)
    assert session.wait_until("ended")["EndReason"] == "exited"
    ended = calls.ctl("send-keys", "-t", session.id, "Enter")
    assert (ended.returncode, ended.stdout) == (FAILED, "") and "has ended" in ended.stderr


def test_ctrl_c_interrupts(calls):
    shell(calls, "trap 'echo interrupted >> heard' INT; echo ready > ready; while :; do sleep 1000; done")
    wait_for("it to run", lambda: content(calls.user, "ready"))
    calls.ctl("send-keys", "C-c", check=True)
    wait_for("the signal", lambda: content(calls.user, "heard") == "interrupted\n")
    session = shell(calls, "exec sleep 1000")
    # A key that ends the program at once is answered all the same.
    calls.ctl("send-keys", "--session", session.id, "^C", check=True)
    assert session.wait_until("ended")["EndReason"] == "exited"
    assert session.events()[-1]["details"]["exit-status"] == 130


def test_a_daemon_that_is_killed_between_two(calls, reader):
    for number in range(4):
        calls.ctl("send-keys", f"<{number}>", "Up", check=True)
        daemon = calls.daemon()
        calls.user.run("kill", "-KILL", str(daemon))
        wait_for("it to be gone", lambda: calls.daemon() != daemon)
    calls.ctl("send-keys", "--literal", "end", check=True)
    expected = "".join(f"<{number}>\x1b[A" for number in range(4)) + "end"
    wait_for("all keys", lambda: content(calls.user, "heard").endswith("end"))
    assert content(calls.user, "heard") == expected


def test_a_program_that_does_not_read(calls, reader):
    pid = content(calls.user, "pid").strip()
    calls.user.run("kill", "-STOP", pid)
    # Each character tells where it is: the parts are of 4096 bytes.
    text = "".join(f"{number:08}" for number in range(40_000))
    parts = [text[start:start + 100_000] for start in range(0, len(text), 100_000)]
    result = calls.ctl("send-keys", "--literal", *parts)
    assert result.returncode == FAILED, result
    full = f"the program of {reader.id} does not read its terminal, which is full"
    look = f"look at the terminal: ongoingcallctl attach {reader.id}"
    count = int(re.fullmatch(rf"ongoingcallctl: {full}; only the first (\d+) of 320000 bytes were typed\n  {look}\n",
                             result.stderr)[1])  # fmt: skip
    assert 64 * 1024 <= count < 256 * 1024 and count % 4096 == 0
    # Others go on, and so does this one when it reads.
    refused = calls.ctl("send-keys", "--json", "x" * 4096)
    error = json.loads(refused.stderr)["error"]
    assert error["name"].endswith("EngineFailed")
    assert (error["message"], error["remedy"]) == (f"{full}; nothing was typed", look)
    with pytest.raises(BusError) as caught:
        reader.call("SendKeys", f"'{'y' * 4096}'")
    assert (caught.value.kind, caught.value.message.strip()) == ("EngineFailed", full)
    assert reader["State"] == "joined"
    calls.user.run("kill", "-CONT", pid)
    wait_for("what it has missed", lambda: len(content(calls.user, "heard")) >= count)
    calls.ctl("send-keys", "--literal", "end", check=True)
    wait_for("the last of it", lambda: content(calls.user, "heard").endswith("end"))
    assert content(calls.user, "heard") == text[:count] + "end"


def test_an_engine_that_does_not_answer(calls, reader):
    def stop_or_go(signal):
        calls.user.systemctl("kill", "--kill-whom=main", f"--signal={signal}", reader["Unit"])

    calls.ctl("send-keys", "first", check=True)
    stop_or_go("STOP")
    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda number: calls.ctl("send-keys", f"<{number}>"), range(16)))
    stop_or_go("CONT")
    errors = [result.stderr.removeprefix("ongoingcallctl: ") for result in results]
    unknown = (f"the engine of {reader.id} did not answer in time; the keys may have been typed or not\n"
               f"  look at the terminal: ongoingcallctl attach {reader.id}\n")  # fmt: skip
    waiting = f"12 requests are already waiting for the engine of {reader.id}; nothing was typed\n  try again\n"
    assert sorted(errors) == sorted([unknown] * 12 + [waiting] * 4), errors
    typed = "".join(f"<{number}>" for number, error in enumerate(errors) if error == unknown)
    wait_for("what was sent", lambda: len(content(calls.user, "heard")) == len("first" + typed))
    heard = content(calls.user, "heard").removeprefix("first")
    assert sorted(re.findall(r"<\d+>", heard)) == sorted(re.findall(r"<\d+>", typed))


def test_an_answer_that_cannot_be_written(calls, reader):
    result = calls.user.run("sh", "-c", "ongoingcallctl send-keys x >/dev/full", check=False)
    assert result.returncode == 74
    assert result.stderr.endswith(f"No space left on device; {reader.id} got the keys\n")


def test_what_takes_no_keys(calls, far_end, melody):
    plain = calls.launch(command=["/bin/sleep", "1000"])
    called = calls.launch(uri=far_end.address, engine_settings={"play-file": melody})
    for session, words in ((plain, "was launched without a terminal"), (called, f"the engine “sip” of {called.id} cannot do this")):
        session.wait_until("joined")
        result = calls.ctl("send-keys", "-t", session.id, SECRET)
        assert (result.returncode, result.stdout) == (FAILED, "")
        assert words in result.stderr and "only a program that was launched with --terminal takes keys" in result.stderr
        assert SECRET not in result.stderr
        with pytest.raises(BusError) as caught:
            session.call("SendKeys", "'x'")
        assert caught.value.kind == "NotSupported"
    # There are two.
    assert calls.ctl("send-keys", "x").returncode == 66


@pytest.mark.parametrize("text", ["", "x" * 4097])
def test_what_is_no_text(calls, reader, text):
    with pytest.raises(BusError) as caught:
        reader.call("SendKeys", f"'{text}'")
    assert (caught.value.kind, "1 to 4096 bytes" in caught.value.message) == ("InvalidOption", True)
    assert "xxx" not in caught.value.message


def test_keys_are_not_written_down(calls, reader):
    """They may be a password: not in the journal, not in an event, not in a record; not even if they are refused."""
    user = calls.user
    calls.ctl("send-keys", SECRET, "Enter", check=True)
    wait_for("the keys", lambda: content(user, "heard") == f"{SECRET}\r")
    user.run("kill", "-STOP", content(user, "pid").strip())
    assert calls.ctl("send-keys", *[SECRET * 5000] * 6).returncode == FAILED
    user.run("kill", "-KILL", str(calls.daemon()))
    calls.start()
    said = [entry for name in ("ongoingcalld", reader["Unit"]) for entry in user.journal.entries(f"--unit={name}")]
    assert any("refused “send-keys”" in entry["MESSAGE"] for entry in said)
    assert SECRET not in str(said)
    assert SECRET not in str(calls.events()) + str(reader.properties()) + str(calls.call("Describe"))
    found = user.run("grep", "-rl", SECRET, f"/run/user/{user.uid}/ongoingcall", check=False)
    assert (found.returncode, found.stdout) == (1, ""), found
    user.run("kill", "-KILL", content(user, "pid").strip())
