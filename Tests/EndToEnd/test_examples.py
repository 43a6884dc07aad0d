# SPDX-License-Identifier: Apache-2.0
"""The clients of packaging/examples, each in its language, do what they say with the real daemon."""

import json
import re

import echo
import pytest
from booted import wait_for
from follower import Follower
from names import PROJECT
from notifications import Desktop

TITLE = """It's "5 o'clock" \\ $HOME 'n' so"""
APPLICATION = ["org.example.Phone", "/org/example/Phone"]
# The last of them is what brings the user back to the call.
CLIENTS = {"call.py": APPLICATION[:1], "call.sh": ["/bin/sh", "-c", ">'shown its'"], "call.c": APPLICATION}


class Client(Follower):
    """An example that runs."""

    def __init__(self, user, program, *arguments):
        self.user = user
        # The shell tells by what number the process is known where it runs.
        super().__init__(user, "sh", "-c", 'echo $$; exec "$@"', "sh", program, *arguments)

    @property
    def said(self):
        return self.lines[1:]

    def signal(self, name):
        self.user.bed.run("kill", f"-{name}", wait_for("its number", lambda: self.lines)[0])

    def wait_for(self, event, seconds=30):
        """The id of the call that it has told this of."""
        return self.wait(f" {event}", seconds).split()[0]


@pytest.fixture(params=CLIENTS)
def start(request, calls):
    """Starts one of the examples, with an address and a title."""
    program = f"{echo.EXAMPLES}/{request.param}"
    if request.param == "call.c":
        calls.user.install(PROJECT / "packaging/examples/call.c", "call.c")
        compilation = re.search(r"^// +(cc .*)$", (PROJECT / "packaging/examples/call.c").read_text(), re.MULTILINE)[1]
        calls.user.run("sh", "-ec", compilation.replace("cc ", "cc -Wall -Wextra -Wno-unused-parameter -Werror ", 1))
        program = f"{calls.user.home}/call"
    return lambda uri, title: Client(calls.user, program, uri, title, *CLIENTS[request.param])


@pytest.fixture
def caller(calls):
    echo.install(calls.user)
    with echo.Caller() as caller:
        yield caller


def kill_engine_and_daemon(bed, calls, session):
    """By one program: what the next daemon makes of it, it tells before it has its name."""
    engine = calls.user.unit(session["Unit"], "MainPID")["MainPID"]
    bed.run("kill", "-KILL", str(calls.daemon()), engine)


def told(session):
    return [f"{session.id} {event['name']} {event['details'].get('reason', '')}" for event in session.events()]


def test_a_call_is_placed_followed_and_hung_up(bed, calls, caller, start):
    with Desktop(calls.user) as desktop, start(caller.uri, TITLE) as client:
        session = calls.session(client.wait_for("session-joined"))
        desktop.wait("notify", summary=TITLE, body="Since")
        assert caller.talk() == b"hello"

        way = json.loads(calls.ctl("return", "--json", check=True).stdout)["way"]
        assert client.wait_for("return-requested") == session.id
        if way == "dbus":
            desktop.wait("activate")
        else:
            wait_for("the command to be run", bed.path(f"{calls.user.home}/shown its").exists)

        kill_engine_and_daemon(bed, calls, session)
        client.wait_for("connection-restored")
        assert caller.talk() == b"hello"
        client.signal("INT")
        client.wait_for_end()
        # Everything, once, in order, whichever daemon told it.
        assert client.said == told(session)
        assert client.said[-1] == f"{session.id} session-left hung-up"
    calls.assert_nothing_runs()


def test_what_ends_while_there_is_no_daemon_is_told(bed, calls, caller, start):
    descriptor = f"{calls.user.home}/.local/share/ongoingcall/engines/echo.json"
    bed.run("sed", "-i", 's/, "resume"//', descriptor)
    with start(caller.uri, TITLE) as client:
        session = calls.session(client.wait_for("session-joined"))
        kill_engine_and_daemon(bed, calls, session)
        client.wait_for_end()
        assert client.said == told(session)
        assert client.said[-1] == f"{session.id} connection-closed engine-failed"


def test_the_call_outlives_the_client(calls, caller, start):
    with start(caller.uri, TITLE) as client:
        session = calls.session(client.wait_for("session-joined"))
        client.signal("KILL")
        client.process.wait(10)
    assert caller.talk() == b"hello" and session["State"] == "joined"
    calls.ctl("hangup", check=True)


@pytest.mark.parametrize(("uri", "title", "says"), [
    ("nobody:7", TITLE, "nothing here can call nobody:7: "),
    ("echo:7", "x" * 257, "InvalidOption: option “title”: it is 257 bytes long"),
])  # fmt: skip
def test_an_error_is_told_by_its_kind(calls, caller, start, uri, title, says):
    with start(uri, title) as client:
        assert client.process.wait(30) == 1
        assert client.process.stderr.read().startswith(says)
    assert calls.live() == []
