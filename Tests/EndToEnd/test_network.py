# SPDX-License-Identifier: Apache-2.0
"""Calls whose machine has its network changed: a testbed with two links to the far end."""

import time

import pytest
from beds import INSTALL, PROGRAMS_INSIDE, boot, new_user
from booted import Networks, Sleep, wait_for
from booted.networks import HOME
from calls import Calls
from farend import FarEnd, now, tone
from gvariant import Typed
from inhibitors import DELAYS, inhibitors
from test_repair import call, names, reasons, wait_for_repair


@pytest.fixture(scope="module")
def machine(programs, tmp_path_factory):
    """The networks of a testbed, and the testbed."""
    with Networks(links=2) as networks, boot(programs, network=networks.near) as bed:
        bed.run(INSTALL, "--system", "--bin-dir", PROGRAMS_INSIDE)
        bed.install(tone(tmp_path_factory.mktemp("sound") / "tone.wav"), "/srv/tone.wav")
        yield networks, bed


@pytest.fixture
def networks(machine):
    """As they are in the beginning, after each test too."""
    networks, _ = machine
    yield networks
    networks.restore()


@pytest.fixture
def calls(machine):
    with new_user(machine[1]) as user:
        yield Calls(user)


@pytest.fixture
def melody(machine):
    return "/srv/tone.wav"


@pytest.fixture
def far_end(networks):
    with FarEnd(host=HOME, prefix=networks.inside(networks.far)) as far_end:
        yield far_end


def lost(session):
    wait_for("the connection to be lost", lambda: names(session)[-1] == "connection-lost")


def repaired(session, far_end):
    wait_for_repair(session, 1)
    heard = far_end.hear(packets=50)
    assert heard["calls"] == 1
    assert names(session)[-2:] == ["connection-lost", "connection-restored"]
    return heard


@pytest.mark.parametrize("seconds", [5, 30])
def test_the_link_is_down_for_a_while(calls, far_end, melody, networks, seconds):
    session, _ = call(calls, far_end, melody)
    far_end.reset()
    link = networks.links[0].name
    networks.there("link", "set", link, "down")
    lost(session)
    # The fault itself.
    time.sleep(seconds)
    gap = far_end.stats()["since-last-ms"]
    returned = now()
    networks.there("link", "set", link, "up")
    heard = repaired(session, far_end)
    print(f"{heard['longest-gap-ms'] - gap:.0f} ms after the link's return there was sound again; {heard['lost']} lost; "
          f"the session knew within {now() - returned:.0f} ms")  # fmt: skip
    assert reasons(session) == ["network"]
    session.call("HangUp")
    far_end.wait("bye")


def test_the_address_changes(calls, far_end, melody, networks):
    session, _ = call(calls, far_end, melody)
    far_end.reset()
    link = networks.links[0]
    networks.here("address", "delete", f"{link.here}/26", "dev", link.name)
    networks.here("address", "add", f"{link.here_too}/26", "dev", link.name)
    networks.lead_through(link)
    print(repaired(session, far_end))
    assert reasons(session) == ["network"]
    session.call("HangUp")
    far_end.wait("bye")


def test_the_default_route_changes(calls, far_end, melody, networks):
    session, _ = call(calls, far_end, melody)
    far_end.reset()
    networks.lead_through(networks.links[1])
    print(repaired(session, far_end))
    networks.here("link", "set", networks.links[0].name, "down")
    far_end.hear(packets=50)
    session.call("HangUp")
    far_end.wait("bye")


def test_a_network_that_does_not_come_back_in_time_ends_the_call(calls, far_end, melody, networks):
    session = calls.launch(uri=far_end.address, reconnect_timeout=Typed("uint32", 3), engine_settings={"play-file": melody})
    session.wait_until("joined")
    far_end.hear(packets=25)
    for link in networks.links:
        networks.there("link", "set", link.name, "down")
    lost(session)
    values = session.wait_until("ended")
    assert values["EndReason"] == "network"
    assert names(session)[-1] == "connection-closed"
    # The far end hears of it as soon as it can.
    networks.there("link", "set", networks.links[0].name, "up")
    far_end.wait("bye")
    calls.assert_nothing_runs()


def test_a_call_without_a_network_can_be_ended(calls, far_end, melody, networks):
    session, _ = call(calls, far_end, melody)
    for link in networks.links:
        networks.here("link", "set", link.name, "down")
    lost(session)
    session.call("Abort")
    assert session["EndReason"] == "aborted"
    networks.here("link", "set", networks.links[0].name, "up")
    networks.lead_through(networks.links[0])
    far_end.wait("bye")
    calls.assert_nothing_runs()


@pytest.mark.parametrize("change", ["nothing", "address", "link"])
def test_the_network_is_another_when_the_machine_wakes(calls, far_end, melody, machine, networks, change):
    sleep = Sleep(machine[1])
    session, _ = call(calls, far_end, melody)
    wait_for("sleep to be delayed", lambda: DELAYS <= inhibitors(calls.user))
    link = networks.links[0]
    with sleep.asleep():
        far_end.wait("held-by-caller")
        if change == "address":
            networks.here("address", "delete", f"{link.here}/26", "dev", link.name)
            networks.here("address", "add", f"{link.here_too}/26", "dev", link.name)
            networks.lead_through(link)
        if change == "link":
            networks.there("link", "set", link.name, "down")
    if change == "link":
        # As a wireless network, which comes back after the machine.
        time.sleep(3)
        networks.there("link", "set", link.name, "up")
    returned = now()
    repaired(session, far_end)
    print(f"{change}: restored within {now() - returned:.0f} ms")
    assert (session["OnHold"], reasons(session)) == (False, ["suspend"])
    session.call("HangUp")
    far_end.wait("bye")
