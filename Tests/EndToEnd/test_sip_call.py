# SPDX-License-Identifier: Apache-2.0
"""The main job: a real SIP call that outlives the terminal it was placed from."""

import json
import time

import pytest
from booted import UNDISTURBED, wait_for
from farend import FarEnd, now
from names import message_ids


def launch_in(terminal, far_end, melody, title="Stand-up"):
    """Places a call by hand, as a person does; returns its id and when it was joined."""
    status, output = terminal.run(
        f"ongoingcallctl launch {far_end.address} --title '{title}' --set play-file={melody} --wait --json", 60)
    assert status == 0, output
    session = json.loads(output.splitlines()[-1])["session"]
    assert session["state"] == "joined"
    return session["id"], time.monotonic()


def assert_ended_as_promised(calls, identifier, unit):
    wait_for("the engine's unit to be gone", lambda: unit not in calls.engine_units())
    entries = calls.journal_of(identifier)
    events = [entry for entry in entries if "ONGOINGCALL_EVENT" in entry]
    ids = message_ids()
    life = [entry for entry in events if entry.get("MESSAGE_ID") in (ids["launched"], ids["joined"], ids["left"])]
    assert [entry["ONGOINGCALL_EVENT"] for entry in life] == ["session-launched", "session-joined", "session-left"]
    assert [entry["MESSAGE_ID"] for entry in life] == [ids["launched"], ids["joined"], ids["left"]]
    assert {entry["ONGOINGCALL_ENGINE"] for entry in life} == {"sip"}
    assert {entry["USER_UNIT"] for entry in life} == {unit}
    assert life[-1]["ONGOINGCALL_REASON"] == "aborted"
    sequence = [int(entry["ONGOINGCALL_SEQUENCE"]) for entry in events]
    assert sequence == sorted(set(sequence))


@pytest.mark.alone
def test_a_call_outlives_its_terminal_and_its_login(bed, calls, far_end, melody):
    first = calls.user.login()
    # What would show that a logout really kills: it ignores SIGHUP, and is in the session's scope.
    first.run("(setsid nohup sleep 1234 >/dev/null 2>&1 &)")
    identifier, joined_at = launch_in(first, far_end, melody)
    unit = calls.session(identifier)["Unit"]
    far_end.hear(packets=50)
    far_end.reset()

    first.close()
    heard = far_end.hear(packets=100)
    bed.run("loginctl", "terminate-session", first.session, check=False)
    wait_for("the login session's processes to be killed",
             lambda: not bed.run("pgrep", "-u", calls.user.name, "-x", "sleep", check=False).stdout)
    heard = far_end.hear(packets=100)

    second = calls.user.login()
    assert second.session != first.session
    status, output = second.run(f"ongoingcallctl status {identifier} --json")
    took = time.monotonic() - joined_at
    assert status == 0, output
    shown = json.loads(output)["session"]
    assert shown["state"] == "joined"
    assert shown["duration-usec"] / 1e6 == pytest.approx(took, abs=1.5)
    assert shown["media"]["sent"] > 200
    status, output = second.run("ongoingcallctl status")
    assert status == 0 and "joined" in output and "Stand-up" in output

    # Logging out of the session that only looked does nothing to the call either.
    heard = far_end.hear(packets=50)
    assert heard["lost"] == 0, heard
    assert heard["longest-gap-ms"] <= UNDISTURBED, heard

    asked_at = now()
    status, output = second.run(f"ongoingcallctl abort {identifier}")
    assert status == 0, output
    bye = far_end.wait("bye")
    assert bye["by"] == "caller"
    assert bye["at"] - asked_at < 1000
    second.close()
    assert_ended_as_promised(calls, identifier, unit)
    assert calls.session(identifier)["EndReason"] == "aborted"


@pytest.mark.alone
def test_a_call_outlives_the_termination_of_the_session_it_was_placed_from(calls, far_end, melody):
    terminal = calls.user.login()
    identifier, _ = launch_in(terminal, far_end, melody)
    unit = calls.session(identifier)["Unit"]
    far_end.hear(packets=50)
    far_end.reset()
    terminal.terminate()
    terminal.close()
    heard = far_end.hear(packets=150)
    assert heard["lost"] == 0, heard
    assert heard["longest-gap-ms"] <= UNDISTURBED, heard
    assert calls.session(identifier)["State"] == "joined"
    asked_at = now()
    calls.call("Abort", f"'{identifier}'")
    assert far_end.wait("bye")["at"] - asked_at < 1000
    assert_ended_as_promised(calls, identifier, unit)


@pytest.mark.alone
def test_a_daemon_that_is_killed_or_restarted_costs_a_call_nothing(bed, calls, far_end, melody):
    session = calls.launch(uri=far_end.address, engine_settings={"play-file": melody})
    session.wait_until("joined")
    far_end.hear(packets=50)
    far_end.reset()
    bed.run("kill", "-KILL", str(calls.daemon()))
    assert session["State"] == "joined"
    calls.user.systemctl("restart", "ongoingcalld")
    assert session["State"] == "joined"
    heard = far_end.hear(packets=100)
    assert heard["lost"] == 0, heard
    assert heard["longest-gap-ms"] <= UNDISTURBED, heard
    calls.ctl("abort", session.id, check=True)
    far_end.wait("bye")
    assert [event["name"] for event in session.events()] == [
        "session-launched", "session-ringing", "session-joined", "session-left"]  # fmt: skip


def test_the_far_end_hangs_up(calls, melody):
    with FarEnd("--hang-up-after", "1000") as far_end:
        session = calls.launch(uri=far_end.address, engine_settings={"play-file": melody})
        assert session.wait_until("ended")["EndReason"] == "removed"
        assert session.events()[-1]["name"] == "session-left"
    calls.assert_nothing_runs()


def test_hanging_up_says_so(calls, far_end, melody):
    session = calls.launch(uri=far_end.address, engine_settings={"play-file": melody})
    session.wait_until("joined")
    session.call("HangUp")
    assert session.wait_until("ended")["EndReason"] == "hung-up"
    assert far_end.wait("bye")["by"] == "caller"


def test_aborting_while_it_rings(calls):
    with FarEnd("--ring-only") as far_end:
        session = calls.launch(uri=far_end.address)
        far_end.wait("ringing")
        calls.call("Abort", "''")
        far_end.wait("cancelled")
        assert session["EndReason"] == "aborted"
    calls.assert_nothing_runs()


def test_digits_and_muting_reach_the_far_end(calls, far_end, melody):
    session = calls.launch(uri=far_end.address, engine_settings={"play-file": melody})
    session.wait_until("joined")
    assert calls.ctl("dtmf", "12#", "--session", session.id).returncode == 0
    wait_for("the digits", lambda: [e["digit"] for e in far_end.events if e["event"] == "dtmf"] == ["1", "2", "#"])
    assert calls.ctl("mute", session.id).returncode == 0
    wait_for("Muted to follow", lambda: session["Muted"])
    session.call("SetMuted", "false")
    wait_for("Muted to follow", lambda: not session["Muted"])
    calls.ctl("abort", session.id, check=True)


def test_digits_are_sent_before_the_call_is_hung_up(calls, far_end, melody):
    session = calls.launch(uri=far_end.address, engine_settings={"play-file": melody})
    session.wait_until("joined")
    calls.ctl("dtmf", "1234567890", check=True)
    calls.ctl("hangup", check=True)
    far_end.wait("bye")
    assert [e["digit"] for e in far_end.events if e["event"] == "dtmf"] == list("1234567890")


def test_the_engine_keeps_its_files_in_the_sessions_runtime_folder(calls, far_end, melody):
    session = calls.launch(uri=far_end.address, engine_settings={"play-file": melody})
    session.wait_until("joined")
    left = calls.user.run("find", ".", "-iname", "*gstreamer*", "-not", "-path", "./.local/share/ongoingcall/*").stdout
    assert left == ""
    calls.ctl("abort", session.id, check=True)
    runtime = f"/run/user/{calls.user.uid}/ongoingcall"
    wait_for("its runtime folder to be gone", lambda: session.id not in calls.user.run("ls", runtime, check=False).stdout)


@pytest.mark.parametrize(
    ("options", "reason"), [(["--reject", "486"], "busy"), (["--reject", "603"], "declined"),
                            (["--reject", "404"], "not-found")])  # fmt: skip
def test_a_far_end_that_refuses(calls, options, reason):
    with FarEnd(*options) as far_end:
        result = calls.ctl("launch", far_end.address, "--wait")
    assert result.returncode == 2, result
    assert reason in result.stderr
    assert calls.events()[-1]["name"] == "launch-failed"
    calls.assert_nothing_runs()


def test_a_far_end_that_never_answers(calls):
    with FarEnd("--ring-only") as far_end:
        started = time.monotonic()
        result = calls.ctl("launch", far_end.address, "--wait", "--launch-timeout", "2")
        assert time.monotonic() - started < 15
        assert result.returncode == 2, result
        assert "no-answer" in result.stderr
        far_end.wait("cancelled")
    calls.assert_nothing_runs()


def test_a_far_end_that_is_not_there(calls):
    # Port 9 of this machine, where nobody listens.
    result = calls.ctl("launch", "sip:nobody@127.0.0.1:9", "--wait", "--launch-timeout", "20")
    assert result.returncode == 2, result
    assert "unreachable" in result.stderr or "timed-out" in result.stderr, result.stderr
    calls.assert_nothing_runs()
