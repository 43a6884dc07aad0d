# SPDX-License-Identifier: Apache-2.0
"""The system's bus is restarted, stands still, or brings what the login manager never said; the calls go on."""

import contextlib
import json
import time
from pathlib import Path

import pytest
from beds import INSTALL, PROGRAMS_INSIDE, boot, new_user
from booted import SOUND_AGAIN, Sleep, wait_for
from calls import Calls
from farend import tone
from inhibitors import DELAYS, IDLE, inhibitors
from test_linger import SLEEP, lingers, notes, wait_until_it_is_as_before
from test_repair import call, names, reasons, wait_for_repair

SIGNALS = Path(__file__).with_name("signals.py")
LOST = "until the system bus is available"
BACK = "connected to the system bus"


@pytest.fixture(scope="module")
def shaken(programs, tmp_path_factory):
    """A testbed of these tests' own: not all of a system gets over the loss of its bus."""
    with boot(programs) as bed:
        bed.run(INSTALL, "--system", "--bin-dir", PROGRAMS_INSIDE)
        bed.install(tone(tmp_path_factory.mktemp("sound") / "tone.wav"), "/srv/tone.wav")
        bed.install(SIGNALS.read_bytes(), "/srv/signals.py", mode=0o755)
        yield bed


@pytest.fixture
def caller(shaken):
    with new_user(shaken) as user:
        yield Calls(user)


def bus_process(bed):
    return int(bed.run("systemctl", "show", "dbus.service", "--property=MainPID", "--value").stdout)


def restart_bus(bed):
    """As a crash and an upgrade do it; returns when the login manager is on the new one."""
    before = bus_process(bed)
    bed.run("kill", "-KILL", str(before))
    wait_for("the bus to be gone", lambda: bus_process(bed) != before)
    bed.run("systemctl", "start", "dbus.service")
    # That of systemd 257 does not come back by itself. Earlier ones do, and may not begin anew too often.
    bed.run("systemctl", "reset-failed", "systemd-logind.service")
    bed.run("systemctl", "restart", "systemd-logind.service")
    wait_for("the login manager", lambda: bed.run("busctl", "--timeout=2", "status", "org.freedesktop.login1",
                                                 check=False).returncode == 0, 40)  # fmt: skip


@contextlib.contextmanager
def stopped_bus(bed):
    """It takes connections, and answers nobody."""
    process = str(bus_process(bed))
    bed.run("kill", "-STOP", process)
    try:
        yield
    finally:
        bed.run("kill", "-CONT", process)


def said(calls, text):
    return sum(text in entry["MESSAGE"] for entry in calls.journal())


def on_system_bus(calls):
    """The daemon's unique names there."""
    listed = json.loads(calls.user.bed.run("busctl", "list", "--unique", "--json=short").stdout)
    return [entry["name"] for entry in listed if entry["pid"] == calls.daemon()]


def descriptors(calls):
    return len(calls.user.bed.run("ls", f"/proc/{calls.daemon()}/fd").stdout.split())


def memory(calls):
    """What of it is resident, in KiB."""
    status = calls.user.bed.run("cat", f"/proc/{calls.daemon()}/status").stdout
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def settled(calls):
    wait_for("the inhibitors", lambda: inhibitors(calls.user) == {*DELAYS, IDLE})


# It is restarted


def test_a_bus_that_is_restarted_is_noticed_and_used_again(shaken, caller, far_end):
    session, _ = call(caller, far_end, "/srv/tone.wav")
    settled(caller)
    daemon, before = caller.daemon(), descriptors(caller)
    for times in range(1, 4):
        far_end.reset()
        restart_bus(shaken)
        wait_for("the daemon to have said so", lambda: said(caller, LOST) == said(caller, BACK) == times)
        settled(caller)
        assert far_end.hear(packets=25)["lost"] == 0
    assert caller.daemon() == daemon and descriptors(caller) <= before
    assert len(on_system_bus(caller)) == 1
    assert names(session)[-1] == "session-joined" and far_end.stats()["longest-gap-ms"] <= SOUND_AGAIN
    # And what it says from now on is heard.
    with Sleep(shaken).asleep():
        assert caller.said("no longer needs to wait: every far end has been told")
    wait_for_repair(session, 1)
    assert reasons(session) == ["suspend"]
    settled(caller)
    session.call("HangUp")
    wait_for("no inhibitor to be left", lambda: not inhibitors(caller.user))
    wait_for("the connection to be let go", lambda: not on_system_bus(caller))


# It brings what the login manager never said


def test_another_user_who_says_that_the_machine_sleeps_is_not_believed(shaken, caller, far_end):
    session, _ = call(caller, far_end, "/srv/tone.wav")
    settled(caller)
    (name,) = on_system_bus(caller)
    before, used, happened = descriptors(caller), memory(caller), names(session)
    far_end.reset()
    with new_user(shaken) as stranger:
        flood = stranger.spawn("python3", "/srv/signals.py", name, "8", stdout=-1, text=True)
        most = 0
        while flood.poll() is None:
            most = max(most, descriptors(caller))
            assert inhibitors(caller.user) <= {*DELAYS, IDLE}
            assert session["State"] == "joined"
            time.sleep(0.2)
        sent = int(flood.communicate()[0])
    print(f"{sent} signals; {most - before} descriptors more at most, {memory(caller) - used} KiB more")
    assert flood.returncode == 0 and sent > 10_000
    assert most - before <= 4 and memory(caller) - used < 4096
    settled(caller)
    # Nothing was said to the far end, and nothing of it was missed.
    heard = far_end.hear(packets=25)
    assert heard["lost"] == 0 and heard["longest-gap-ms"] <= SOUND_AGAIN and heard["calls"] == 1
    assert not [event for event in far_end.events if event["event"].startswith("held")]
    assert names(session) == happened
    # The login manager's own word counts as before.
    with Sleep(shaken).asleep():
        assert caller.said("no longer needs to wait: every far end has been told")
    wait_for_repair(session, 1)
    session.call("HangUp")


# It stands still


def test_a_bus_that_stands_still_fails_a_launch_that_lingers_and_blocks_nothing(shaken):
    with new_user(shaken, linger=False) as user, user.login():
        calls = Calls(user)
        other = calls.launch(command=SLEEP)
        other.wait_until("joined")
        daemon = calls.daemon()
        other.call("Abort")
        with stopped_bus(shaken):
            asked = user.spawn("ongoingcallctl", "launch", "--linger", "--", *SLEEP, stderr=-1, text=True)
            slowest = 0
            while asked.poll() is None:
                began = time.monotonic()
                calls.call("Describe")
                slowest = max(slowest, time.monotonic() - began)
            message = asked.communicate()[1]
            print(f"the slowest answer came after {slowest * 1000:.0f} ms")
            assert asked.returncode == 1 and "systemctl status dbus" in message, message
            assert slowest < 2
            # What asks for no lingering is launched.
            session = calls.launch(command=SLEEP)
            session.wait_until("joined")
            session.call("Abort")
            assert not lingers(user) and not notes(user)
        assert calls.daemon() == daemon and calls.live() == []
        # It goes on, and so does what needs it.
        session = calls.launch(command=SLEEP, linger=True)
        assert lingers(user)
        session.call("Abort")
        wait_until_it_is_as_before(user)


def test_lingering_is_turned_off_when_a_bus_that_stood_still_goes_on(shaken):
    with new_user(shaken, linger=False) as user, user.login():
        calls = Calls(user)
        session = calls.launch(command=SLEEP, linger=True)
        session.wait_until("joined")
        with stopped_bus(shaken):
            session.call("Abort")
            wait_for("the daemon to have said so", lambda: said(calls, "cannot turn lingering off again"), 20)
            assert lingers(user) and notes(user)
        wait_until_it_is_as_before(user)
        assert said(calls, "cannot turn lingering off again") == 1
