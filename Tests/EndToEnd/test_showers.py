# SPDX-License-Identifier: Apache-2.0
"""What nobody waits for, sent to the daemon without pause, delays nobody: signals and replies in others' names, and
calls that want no answer.

dbus-broker takes from a sender more than it passes on. The daemon then leaves the connection and comes back with a new
one, which the sender does not know yet."""

import statistics
import subprocess

import pytest
from booted import Sleep, wait_for
from buses import on_both_buses
from calls import NAME
from forger import SYSTEM_BUS
from inhibitors import DELAYS, inhibitors
from test_fairness import FLOODS, floods, live, over, probe, status  # noqa: F401
from test_forgery import name_on_the_bus, names_on_the_system_bus, stranger  # noqa: F401
from test_repair import call, names

pytestmark = on_both_buses
SECONDS = 6
# What is measured is on a machine that has other things to do. Without any of this it is the time of the shower.
WORST_MS, USUAL_MS = 3000, 100
MIB = 1024


def shower(user, kind, victim, *size, seconds=SECONDS, bus=None):
    user.install(FLOODS.read_bytes(), "floods.py")
    environment = ["env", f"FLOODED_BUS={bus}"] if bus else []
    words = ["shower", kind, seconds, victim, *size]
    process = user.spawn(*environment, "python3", "floods.py", *map(str, words), stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("kind", ["signals", "aborts"])
def test_a_shower_that_follows_the_name_delays_nobody_much(calls, floods, live, over, kind):  # noqa: F811
    process = shower(calls.user, kind, NAME)
    times = probe(floods, 40, over)
    process.communicate(timeout=120)
    print(f"{kind}: HangUp p50 {statistics.median(times):.1f} ms, max {max(times):.0f} ms")
    assert max(times) < WORST_MS
    assert live["State"] == "joined"


@pytest.mark.parametrize(
    ("kind", "size"),
    [("signals", []), ("owners", []), ("replies", []), ("errors", []), ("aborts", []), ("signals", [30_000]),
     ("signals", [60 << 20])],
    ids=["signals", "owners", "replies", "errors", "aborts", "signals of 30 kB", "signals of 60 MiB"],
)  # fmt: skip
def test_a_shower_delays_nobody(calls, floods, live, over, far_end, melody, kind, size):  # noqa: F811
    session, _ = call(calls, far_end, melody)
    before = status(calls, "VmRSS")
    far_end.reset()
    process = shower(calls.user, kind, name_on_the_bus(calls), *size)
    times = probe(floods, 40, over)
    sent = process.communicate(timeout=120)[0].strip()
    print(f"{kind} {size} ({sent}): HangUp p50 {statistics.median(times):.1f} ms, max {max(times):.0f} ms")
    assert max(times) < WORST_MS and statistics.median(times) < USUAL_MS
    assert status(calls, "VmHWM") - before < 32 * MIB
    assert session["State"] == "joined" == live["State"] and names(session)[-1] == "session-joined"
    assert far_end.stats()["lost"] == 0


def test_another_users_shower_does_not_delay_sleep(bed, calls, far_end, melody, stranger):  # noqa: F811
    session, _ = call(calls, far_end, melody)
    wait_for("sleep and shutdown to be delayed", lambda: DELAYS <= inhibitors(calls.user))
    (victim,) = names_on_the_system_bus(calls)
    sleep = Sleep(bed)
    process = shower(stranger, "sleep", victim, seconds=15, bus=SYSTEM_BUS)
    sleep.begin()
    try:
        # The limit of logind, which sleeps in any case, is 30 s in the testbed.
        sleep.wait_until_asleep(10)
    finally:
        sleep.wake()
        process.kill()
        process.communicate()
    far_end.wait("held-by-caller")
    session.wait_until("joined", 30)
