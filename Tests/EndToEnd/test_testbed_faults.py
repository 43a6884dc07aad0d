# SPDX-License-Identifier: Apache-2.0
"""The faults that a testbed can play: that they are what they are said to be."""

import subprocess

import pytest
from booted import Networks, Sleep, Testbed, wait_for


def answers(user):
    """Whether the user's service manager answers within a second."""
    try:
        return user.systemctl("is-system-running", timeout=1).stdout == "running\n"
    except subprocess.TimeoutExpired:
        return False


def test_asleep_the_users_processes_stand_still_and_logind_tells_of_it(bed, user):
    sleep = Sleep(bed)
    signals = bed.spawn("gdbus", "monitor", "--system", "--dest", "org.freedesktop.login1",
                        stdout=subprocess.PIPE, text=True)  # fmt: skip
    assert "Monitoring" in signals.stdout.readline()
    assert answers(user)
    with sleep.asleep():
        assert not answers(user)
    wait_for("the user's manager to answer", lambda: answers(user))
    said = []
    while "(false,)" not in said:
        said += [line.split()[-1] for line in [signals.stdout.readline()] if ".PrepareForSleep " in line]
    assert said == ["(true,)", "(false,)"]
    signals.kill()
    signals.wait()


def test_nobody_wakes_who_is_awake(bed):
    with pytest.raises(OSError):
        Sleep(bed).wake()


def test_a_testbed_with_a_network_of_its_own():
    with Networks() as networks, Testbed().up(network=networks.near) as bed:
        (link,) = networks.links
        assert link.here in bed.run("ip", "-oneline", "address").stdout
        networks.here("link", "set", link.name, "down")
        assert "state DOWN" in bed.run("ip", "link", "show", link.name).stdout
