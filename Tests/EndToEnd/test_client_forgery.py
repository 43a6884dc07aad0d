# SPDX-License-Identifier: Apache-2.0
"""What ongoingcallctl and the library are told counts only from the daemon: not from another client of the bus that
guesses the numbers of their questions, and sends events in the daemon's name. On dbus-daemon, which lets that through."""

import contextlib
import json
import subprocess
from pathlib import Path

import pytest
from test_library import App, kill_daemon

ROUNDS = 25


@contextlib.contextmanager
def liar(user, *sessions):
    """Lies to everybody who comes."""
    user.install(Path(__file__).with_name("liar_program.py"), "liar", mode=0o755)
    process = user.spawn(f"{user.home}/liar", *sessions, stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def session(calls):
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    return session


def test_the_tool_believes_the_daemon(calls, session):
    with liar(calls.user, session.id) as lies:
        for _ in range(ROUNDS):
            (known,) = calls.ctl_json("list")["sessions"]
            assert (known["id"], known["state"]) == (session.id, "joined")
            assert calls.ctl("status", session.id).returncode == 0
            lies.stdout.readline()
        answer = calls.ctl("launch", "--json", "--wait", "--", "/bin/sleep", "1000", check=True)
        launched = json.loads(answer.stdout)["session"]
        assert launched["state"] == "joined"
        calls.ctl("abort", launched["id"], check=True)
        calls.ctl("abort", session.id, check=True)
    assert calls.live() == []


def test_watching_shows_what_has_happened(calls, session):
    last = max(event["sequence"] for event in calls.events())
    with liar(calls.user, session.id) as lies:
        watching = calls.user.spawn("ongoingcallctl", "watch", "--json", "--after", str(last), session.id,
                                    stdout=subprocess.PIPE, text=True)  # fmt: skip
        # It has been lied to.
        lies.stdout.readline()
        calls.ctl("abort", session.id, check=True)
        events = [json.loads(line)["event"] for line in watching.communicate(timeout=60)[0].splitlines()]
    assert watching.returncode == 0
    assert [(event["name"], event["details"]["reason"]) for event in events] == [("session-left", "aborted")]


def test_a_question_under_lies_waits_for_the_next_daemon(calls, session):
    with liar(calls.user, session.id):
        for _ in range(5):
            kill_daemon(calls)
            (known,) = calls.ctl_json("list")["sessions"]
            assert (known["id"], known["state"]) == (session.id, "joined")


def test_an_application_hears_of_its_call_from_the_daemon(calls, far_end, melody):
    session = calls.launch(command=["/bin/sleep", "1000"])
    with liar(calls.user, session.id) as lies:
        app = App(calls.user)
        try:
            assert app.ask(f"join one {far_end.address} {melody}") == "done"
            app.heard("onSessionJoined")
            victim = lies.stdout.readline().strip()
            identifier = next(id for id in calls.live() if id != session.id)
            with liar(calls.user, victim, identifier):
                for muted in ("true", "false"):
                    assert app.ask("mute" if muted == "true" else "unmute") == "done"
                    app.heard("onSessionJoined", "muted true", *(["muted false"] if muted == "false" else []))
                kill_daemon(calls)
                assert app.ask("leave") == "done"
            app.heard("onSessionJoined", "muted true", "muted false", "onSessionLeft hung-up")
        finally:
            app.kill()
    assert far_end.wait("bye")["by"] == "caller"
