# SPDX-License-Identifier: Apache-2.0
"""A machine that is too busy for its calls: what stands still with everything else does not hang."""

import contextlib

import pytest
from booted import wait_for
from test_repair import call, reasons

PROCESSOR = "0"
LOOPS = 48


def starve(user, unit, process):
    """All of its threads get what the others on one processor leave, whether the kernel shares it out among control
    groups, sessions or threads."""
    user.systemctl("set-property", "--runtime", unit, "CPUWeight=1")
    user.bed.run("taskset", "--all-tasks", "--pid", "--cpu-list", PROCESSOR, process)
    user.bed.run("chrt", "--all-tasks", "--idle", "--pid", "0", process)
    user.bed.run("sh", "-c", f"echo 19 >/proc/{process}/autogroup || :")


def feed(user, unit, process):
    user.systemctl("set-property", "--runtime", unit, "CPUWeight=100")
    user.bed.run("chrt", "--all-tasks", "--other", "--pid", "0", process)
    user.bed.run("taskset", "--all-tasks", "--pid", "--cpu-list", "0-1023", process)
    user.bed.run("sh", "-c", f"echo 0 >/proc/{process}/autogroup || :")


@contextlib.contextmanager
def busy_loops(user):
    """Each a service of the user's, as the engine is."""
    for number in range(LOOPS):
        user.run("systemd-run", "--user", "--quiet", f"--unit=busy-{number}", "taskset", "--cpu-list", PROCESSOR,
                 "sh", "-c", "while :; do :; done")  # fmt: skip
    try:
        yield
    finally:
        user.systemctl("kill", "--signal", "KILL", "busy-*")


@pytest.fixture
def engine_of(calls):
    return lambda unit: int(calls.user.unit(unit, "MainPID")["MainPID"])


@pytest.mark.alone
def test_an_engine_that_does_not_get_its_turn_is_not_replaced(calls, far_end, melody, engine_of):
    session, unit = call(calls, far_end, melody)
    engine, daemon = engine_of(unit), calls.daemon()
    with busy_loops(calls.user):
        starve(calls.user, unit, engine)
        wait_for("the engine to be excused", lambda: calls.said("the machine is too busy to run it"), 90)
        starve(calls.user, "ongoingcalld.service", daemon)
        # Some seconds of this, by the engine's own time.
        print(f"longest gap: {far_end.hear(packets=10, seconds=120)['longest-gap-ms']:.0f} ms")
        feed(calls.user, unit, engine)
        feed(calls.user, "ongoingcalld.service", daemon)
    far_end.hear(packets=100)
    assert (engine_of(unit), session["State"]) == (engine, "joined")
    # Sound that stood still for long may have been missed; the engine is blamed for nothing.
    assert set(reasons(session)) <= {"network"}
    session.call("HangUp")
