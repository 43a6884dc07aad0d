# SPDX-License-Identifier: Apache-2.0
"""ongoingcallctl history and why, from the real journal."""

import json

import pytest
from booted import wait_for
from farend import FarEnd
from test_repair import names
from windows import Window


@pytest.fixture
def past(calls, far_end, melody):
    """A call that lost its engine once, was muted and hung up by the far end, and one that was never joined; their ids."""
    session = calls.launch(uri=far_end.address, title="Stand-up", engine_settings={"play-file": melody})
    unit = session.wait_until("joined")["Unit"]
    far_end.hear(packets=25)
    calls.user.run("kill", "-KILL", calls.user.unit(unit, "MainPID")["MainPID"])
    wait_for("the engine to be replaced", lambda: "connection-restored" in names(session))
    for verb in ("mute", "unmute"):
        calls.ctl(verb, session.id, check=True)
    far_end.tell("hangup")
    session.wait_until("ended")
    with FarEnd("--reject", "486") as busy:
        refused = calls.launch(uri=busy.address)
        refused.wait_until("ended")
    calls.user.bed.run("journalctl", "--sync")
    return session.id, refused.id


def test_what_has_been(calls, past):
    joined, refused = past
    # Of the daemon nothing is needed.
    calls.user.systemctl("stop", "ongoingcalld")
    lines = calls.ctl("history", check=True).stdout.splitlines()
    assert [line.split()[2] for line in lines] == ["LASTED", refused, joined]
    assert "not joined  the other side was busy" in lines[1]
    assert "the other side hung up" in lines[2] and "Stand-up (sip:standup@" in lines[2]
    known = calls.ctl_json("history", "-n", "1")["calls"]
    assert [(call["id"], call["joined"], call["end-reason"]) for call in known] == [(refused, False, "busy")]
    assert calls.ctl("history", "--since", "1 hour ago", check=True).stdout.splitlines() == lines
    later = calls.ctl("history", "--since", "+1h")
    assert later.returncode == 64 and "this time is yet to come" in later.stderr
    assert calls.ctl("history", "--since", "now").stdout == "no calls have ended\n"
    assert calls.ctl("history", "--since", "whenever").returncode == 64

    story = calls.ctl("why", joined[:5], check=True).stdout
    for words in ("launched\n", "ringing\n", "joined\n", "connection lost: its engine crashed\n",
                  "connection restored after", "  muted\n", "  unmuted\n", "starting a replacement engine", "ended: the other side hung up",
                  "lost its connection once, and ended because the other side hung up"):  # fmt: skip
        assert words in story, words
    # Without an id, that of the call that ended last.
    story = calls.ctl_json("why")["call"]
    assert (story["id"], story["live"], story["end"]["end-reason"]) == (refused, False, "busy")
    assert story["sentence"].startswith("The call was never joined: the other side was busy")
    assert [step["event"] for step in story["timeline"]][-1] == "launch-failed"
    assert calls.daemon() == 0


def test_a_call_that_goes_on(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    calls.user.bed.run("journalctl", "--sync")
    assert calls.ctl("why", session.id).stdout.splitlines()[-2] == "The program goes on."
    assert calls.ctl("why").returncode == 66


LEFT = "c94f6a0e7d0b4f7b9a33e8d15b2c6f02"
LAUNCHED = "5b1e62c8f1d34a0cb0f6a6f8a4c3b1d0"


def forged(identifier, message_id, event, reason="removed"):
    """What logger(1) makes an entry of, that looks like one of the daemon's."""
    return "\n".join([
        f"MESSAGE_ID={message_id}", f"MESSAGE={identifier} “Forged”: {event}", f"ONGOINGCALL_SESSION={identifier}",
        f"ONGOINGCALL_EVENT={event}", "ONGOINGCALL_TITLE=Forged", f"ONGOINGCALL_REASON={reason}",
        "USER_UNIT=ongoingcalld.service", "_SYSTEMD_USER_UNIT=ongoingcalld.service", "SYSLOG_IDENTIFIER=ongoingcalld",
        "ONGOINGCALL_DURATION_USEC=1000000", ""])  # fmt: skip


def test_nobody_else_writes_history(calls, past):
    """By whatever way: a program of the user's, one in a unit of its own, one in a call."""
    user, (joined, refused) = calls.user, past
    before, story = calls.ctl("history", check=True).stdout, calls.ctl("why", joined, check=True).stdout
    kinds = [(LAUNCHED, "session-launched"), (LEFT, "session-left")]
    for number, (identifier, kind) in enumerate((i, k) for i in (joined, "forged00") for k in kinds):
        user.install(forged(identifier, *kind), f"forged/{number}")
    log = ["/bin/sh", "-c", f"for file in {user.home}/forged/*; do logger --journald=$file; done"]
    user.run(*log)
    user.run_in_manager(*log)
    call = calls.launch(command=log)
    call.wait_until("ended")
    user.bed.run("journalctl", "--sync")
    written = user.journal.entries("ONGOINGCALL_SESSION=forged00")
    assert len(written) == 6
    lines = calls.ctl("history", check=True).stdout.splitlines()
    assert [line.split()[2] for line in lines] == ["LASTED", call.id, refused, joined]
    assert lines[2:] == before.splitlines()[1:]
    assert calls.ctl("why", joined, check=True).stdout == story
    assert calls.ctl("why", "forged00").returncode == 66
    assert calls.ctl("why", "forged").returncode == 66


def test_a_user_without_a_journal(calls):
    # As where journald keeps no journals of users: Storage=volatile.
    calls.user.bed.run("sh", "-c", f"rm /var/log/journal/*/user-{calls.user.uid}*.journal")
    for verb in ("history", "why"):
        result = calls.ctl(verb)
        print(result)
        assert (result.returncode, result.stdout) == (69, "")
        assert "cannot read the journal: No journal files were found" in result.stderr


def test_long_output_is_paged(calls, past):
    """By less, on a terminal, where it is longer than that; and by nothing else than what the user has chosen."""
    with Window(calls.user, "why", past[0], rows=5) as window:
        window.read_until(r"Stand-up(?s:.*)\n:")
        window.type("G")
        window.read_until(r"ended because the other side hung up(?s:.*)\(END\)")
        window.type("q")
        assert window.end() == 0
    with Window(calls.user, "why", past[0], rows=50) as window:
        window.read_until("ended because the other side hung up")
        assert window.end() == 0
    for env, options, shown in [({"PAGER": "tr a-z A-Z"}, [], "WHY"),
                                ({"PAGER": "false", "ONGOINGCALL_PAGER": "rev"}, [], "YHW"),
                                ({"PAGER": "/nonexistent"}, [], "WHY"), ({"PAGER": ""}, [], "WHY"),
                                ({"PAGER": "rev"}, ["--no-pager"], "WHY")]:  # fmt: skip
        with Window(calls.user, "history", *options, rows=2, env=env) as window:
            window.read_until(shown)
            assert window.end() == 0


def test_a_pager_that_is_left_early_is_no_error(calls, past):
    with Window(calls.user, "history", rows=2, env={"PAGER": "head -n 1"}) as window:
        window.read_until("ENDED")
        assert window.end() == 0


def test_a_narrow_terminal_has_short_lines(calls, past):
    with Window(calls.user, "list", "-a", columns=60, rows=50) as window:
        window.read_until("Stand-up")
        window.end()
        assert max(len(line) for line in window.transcript.splitlines()) <= 60
    with Window(calls.user, "history", columns=40, rows=50) as window:
        window.read_until("Stand-up")
        window.end()
        assert max(len(line) for line in window.transcript.splitlines()) <= 40
