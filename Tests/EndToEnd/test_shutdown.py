# SPDX-License-Identifier: Apache-2.0
"""The machine, or all of the user's services, go down while a call lives; the far end is elsewhere."""

import subprocess

import pytest
from beds import INSTALL, PROGRAMS_INSIDE, boot
from booted import wait_for
from calls import NAME, Calls
from farend import FarEnd, tone
from inhibitors import DELAYS, inhibitors
from test_repair import call


@pytest.fixture
def doomed(programs, tmp_path):
    """A testbed for one test."""
    with boot(programs) as bed:
        bed.run(INSTALL, "--system", "--bin-dir", PROGRAMS_INSIDE)
        bed.install(tone(tmp_path / "tone.wav"), "/srv/tone.wav")
        yield bed


def listen(user):
    """What the daemon says on the bus from now on, to its end."""
    monitor = user.spawn("gdbus", "monitor", "--session", "--dest", NAME, stdout=subprocess.PIPE, text=True)
    assert "Monitoring" in monitor.stdout.readline()
    return monitor


def last_event(monitor):
    """The last event of the only session, once whoever listened is gone."""
    said, _ = monitor.communicate(timeout=60)
    return [line for line in said.splitlines() if "Session.Event (" in line][-1]


@pytest.mark.parametrize("verb", ["poweroff", "reboot"])
def test_the_far_end_is_told_before_the_machine_goes_down(doomed, far_end, verb):
    user = doomed.create_user("caller")
    session, _ = call(Calls(user), far_end, "/srv/tone.wav")
    wait_for("shutdown to be delayed", lambda: DELAYS <= inhibitors(user))
    monitor = listen(user)
    doomed.run("systemctl", verb)
    assert far_end.wait("bye")["by"] == "caller"
    event = last_event(monitor)
    assert "'connection-closed'" in event and "'logout'" in event
    wait_for("no call to be left at the far end", lambda: far_end.stats()["calls"] == 0)


def test_a_call_that_rings_is_cancelled_before_the_machine_goes_down(doomed):
    with FarEnd("--ring-only") as far_end:
        user = doomed.create_user("caller")
        Calls(user).launch(uri=far_end.address)
        far_end.wait("ringing")
        wait_for("shutdown to be delayed", lambda: DELAYS <= inhibitors(user))
        doomed.run("systemctl", "poweroff")
        far_end.wait("cancelled")


def test_the_far_end_is_told_before_all_the_users_services_stop(calls, far_end, melody):
    session, _ = call(calls, far_end, melody)
    monitor = listen(calls.user)
    calls.user.systemctl("exit")
    assert far_end.wait("bye")["by"] == "caller"
    event = last_event(monitor)
    assert "'connection-closed'" in event and "'logout'" in event
    wait_for("no call to be left at the far end", lambda: far_end.stats()["calls"] == 0)
