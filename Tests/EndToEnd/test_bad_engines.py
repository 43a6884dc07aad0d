# SPDX-License-Identifier: Apache-2.0
"""An engine that misbehaves ends its own call, and nothing else."""

import json
import time

import engines
import pytest
from booted import wait_for


@pytest.fixture
def bystander(calls):
    """A call and a daemon that nothing of this may disturb."""
    session = calls.launch(command=["/bin/sleep", "1000"])
    session.wait_until("joined")
    daemon = calls.daemon()
    yield session
    assert session["State"] == "joined"
    assert calls.daemon() == daemon
    assert calls.engine_units() == [session["Unit"]]


@pytest.mark.parametrize("engine", ["garbage", "not-an-object", "long-line", "gone", "killed"])
def test_an_engine_that_breaks_the_protocol(calls, bystander, engine):
    engines.install(calls.user, engine)
    session = calls.launch(uri=f"{engine}:somebody")
    ended = session.wait_until("ended", seconds=30)
    assert ended["EndReason"] == "engine-failed"
    assert ended["EndDetail"] != ""
    assert session.events()[-1]["name"] == "launch-failed"
    wait_for("its unit to be gone", lambda: ended["Unit"] not in calls.engine_units(), seconds=15)


@pytest.mark.parametrize("engine", ["silent", "deaf"])
def test_an_engine_that_says_nothing(calls, bystander, engine):
    engines.install(calls.user, engine)
    started = time.monotonic()
    result = calls.ctl("launch", f"{engine}:somebody", "--wait")
    assert time.monotonic() - started < 30
    assert result.returncode == 2, result
    assert "engine-failed (the engine hangs" in result.stderr
    wait_for("its unit to be gone", lambda: calls.engine_units() == [bystander["Unit"]], seconds=15)


def test_an_engine_that_breaks_the_protocol_in_a_call(calls, bystander):
    engines.install(calls.user, "garbage-later")
    session = calls.launch(uri="garbage-later:somebody")
    ended = session.wait_until("ended", seconds=90)
    assert ended["EndReason"] == "engine-failed"
    assert session.events()[-1]["name"] == "connection-closed"
    wait_for("its unit to be gone", lambda: ended["Unit"] not in calls.engine_units(), seconds=15)


def test_an_engine_that_does_not_leave_is_stopped(calls, bystander):
    engines.install(calls.user, "ignores-leave")
    session = calls.launch(uri="ignores-leave:somebody")
    session.wait_until("joined")
    started = time.monotonic()
    calls.call("Abort", f"'{session.id}'")
    assert time.monotonic() - started < 20
    assert session["EndReason"] == "aborted"


def test_an_engine_that_floods_is_ended_and_does_not_grow_the_daemon(bed, calls, bystander):
    def resident():
        status = bed.run("cat", f"/proc/{calls.daemon()}/status").stdout
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))

    engines.install(calls.user, "flood")
    before = resident()
    session = calls.launch(uri="flood:somebody")
    assert session.wait_until("ended")["EndReason"] == "engine-failed"
    assert calls.ctl("list").returncode == 0
    assert resident() - before < 4096


def test_what_an_engine_says_is_made_safe(calls, bystander):
    engines.install(calls.user, "hostile")
    session = calls.launch(uri="hostile:somebody")
    ended = session.wait_until("ended")
    assert ended["EndDetail"] == "bad[31m news <b>"
    shown = calls.ctl("status", session.id)
    assert "\x1b" not in shown.stdout and "\u202e" not in shown.stdout
    said = [entry["MESSAGE"] for entry in calls.journal_of(session.id)]
    assert any("news <b>" in text for text in said) and not any("\x1b" in text for text in said)


def test_what_a_descriptor_gives_an_engine_arrives_untouched(calls):
    arguments = ["$HOME", "${HOME}", "$$", "%n", "%%", "two words", "'", '"', "back\\slash", "new\nline", "", ";", "@x"]
    engines.install(calls.user, "tells-arguments", *arguments)
    calls.launch(uri="tells-arguments:somebody").wait_until("ended")
    assert json.loads(calls.user.run("cat", "arguments").stdout) == arguments


@pytest.mark.parametrize(
    "contents", ["", "{", "[]", '{"name": "Bad Name", "command": ["/bin/true"], "schemes": ["x"]}',
                 '{"name": "relative", "command": ["true"], "schemes": ["x"]}',
                 '{"name": "none", "command": [], "schemes": ["x"]}'])  # fmt: skip
def test_a_bad_descriptor_is_left_out_and_the_journal_says_so(calls, contents):
    calls.user.install(contents, ".local/share/ongoingcall/engines/bad.json")
    (names,) = calls.call("Get", "org.ongoingcall.Calls1.Manager", "Engines",
                          interface="org.freedesktop.DBus.Properties")  # fmt: skip
    assert names == ["command", "sip"]
    assert any("bad.json" in entry["MESSAGE"] for entry in calls.journal())
