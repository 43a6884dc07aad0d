# SPDX-License-Identifier: Apache-2.0
"""A SIP call while its network changes, between two network namespaces."""

import os
import signal
import time

import pytest
from booted.networks import HOME, Monitor, Networks
from far_end import FarEnd
from sip_engine import SIPEngine, states

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")


class Call:
    """An engine here and a far end there."""

    def __init__(self, networks, folder, address=None):
        self.networks, self.folder = networks, folder
        self.link = networks.links[0]
        address = address or self.link.there
        self.far_end = FarEnd(address=address, prefix=networks.inside(networks.far))
        self.engine = self.new_engine()
        self.told = 0
        self.monitor = Monitor(networks.near, self.tell)

    def new_engine(self):
        return SIPEngine(self.folder, prefix=self.networks.inside(self.networks.near))

    def join(self):
        self.engine.join(self.far_end.uri)
        self.engine.wait_for_state("joined")
        self.engine.wait_for_media(50)
        self.far_end.wait_for_packets(50)
        self.far_end.command("reset")
        self.far_end.wait_for("stats")

    def tell(self):
        """What the daemon says when netlink says that anything has changed."""
        self.told += 1
        self.engine.send({"type": "network", "reachable": True})

    def wait_for_repair(self, timeout=10):
        assert self.engine.wait_for_state("joined", timeout)["held"] is False
        self.far_end.wait_for("running")
        self.far_end.wait_for_packets(50)
        self.engine.wait_for_media(50)

    def reading(self):
        stats = self.far_end.stats()
        assert stats["calls"] == 1
        return stats

    def renegotiations(self):
        """What came after the call was answered, at the far end."""
        events = self.far_end.events()
        return events[events.index("answered") + 1:]

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.monitor.close()
        self.engine.__exit__(*exception)
        self.far_end.__exit__(*exception)


@pytest.fixture
def call(tmp_path):
    with Networks() as networks, Call(networks, tmp_path) as call:
        call.join()
        yield call


def report(what, gap, lost):
    print(f"{what}: {gap:.0f} ms without sound at the far end, {lost} packets lost")


OUTAGE = 3
"""Seconds; the fault itself."""
LOOK_PAUSE = 0.2
"""Seconds; however much changes, the engine looks at its path once in so long."""


@pytest.mark.alone
@pytest.mark.parametrize("side", ["here", "there"])
def test_link_that_is_down_for_a_while(call, side):
    """Here, its routes go; there, only the carrier does."""
    change = getattr(call.networks, side)
    change("link", "set", call.link.name, "down")
    down_at = time.monotonic()
    assert call.engine.wait_for_state("reconnecting", timeout=OUTAGE)["cause"] == "network"
    time.sleep(OUTAGE)
    change("link", "set", call.link.name, "up")
    outage = time.monotonic() - down_at
    call.wait_for_repair()
    stats = call.reading()
    late = stats["longest-gap-ms"] - outage * 1000
    report(f"link down {side}, after its return", late, stats["lost"])
    assert late < 500
    assert call.renegotiations() == ["running", "running"]
    assert states(call.engine)[-2:] == ["reconnecting", "joined"]


@pytest.mark.alone
def test_address_that_changes(call):
    call.networks.here("address", "delete", f"{call.link.here}/26", "dev", call.link.name)
    call.networks.here("address", "add", f"{call.link.here_too}/26", "dev", call.link.name)
    call.wait_for_repair()
    stats = call.reading()
    report("address changed", stats["longest-gap-ms"], stats["lost"])
    assert stats["longest-gap-ms"] < 500
    assert call.renegotiations() == ["running", "running"]


@pytest.mark.alone
def test_default_route_that_changes(tmp_path):
    with Networks(links=2) as networks, Call(networks, tmp_path, address=HOME) as call:
        call.join()
        networks.lead_through(networks.links[1])
        call.wait_for_repair()
        stats = call.reading()
        report("default route changed", stats["longest-gap-ms"], stats["lost"])
        assert stats["longest-gap-ms"] < 500
        # The first link is of no more use to the call.
        networks.here("link", "set", networks.links[0].name, "down")
        call.far_end.wait_for_packets(100)
        assert states(call.engine)[-1] == "joined"
        assert call.renegotiations() == ["running", "running"]


def test_path_that_is_not_the_default_routes_is_offered(tmp_path):
    with Networks(links=2) as networks:
        networks.here("route", "add", f"{HOME}/32", "via", networks.links[1].there)
        with Call(networks, tmp_path, address=HOME) as call:
            call.join()
            assert call.renegotiations() == ["running"]
            networks.here("link", "set", networks.links[0].name, "down")
            call.far_end.wait_for_packets(100)
            call.engine.wait_for_media(50)
            assert (call.reading()["lost"], states(call.engine)) == (0, ["connecting", "ringing", "joined"])


def hold(call):
    call.engine.send({"type": "set-held", "held": True})
    call.engine.wait_for_state("joined", held=True)
    call.far_end.wait_for("held-by-caller")


def set_held_in_vain(call, held):
    """It goes out before anybody notices that the network is gone."""
    call.monitor.close()
    call.networks.there("link", "set", call.link.name, "down")
    call.engine.send({"type": "set-held", "held": held})
    call.engine.ping()
    call.monitor = Monitor(call.networks.near, call.tell)
    call.tell()
    call.engine.wait_for_state("reconnecting")


@pytest.mark.parametrize("held", [True, False], ids=["hold", "take-back"])
def test_what_is_wanted_while_there_is_no_network_comes_later(call, held):
    if not held:
        hold(call)
    call.networks.there("link", "set", call.link.name, "down")
    call.engine.wait_for_state("reconnecting")
    call.engine.send({"type": "set-held", "held": held})
    time.sleep(OUTAGE)
    call.networks.there("link", "set", call.link.name, "up")
    call.engine.wait_for_state("joined", held=held)
    call.far_end.wait_for("held-by-caller" if held else "running")
    assert "error" not in [message["type"] for message in call.engine.messages]


def test_hold_that_is_lost_with_the_network_comes_later(call):
    set_held_in_vain(call, True)
    time.sleep(OUTAGE)
    call.networks.there("link", "set", call.link.name, "up")
    call.engine.wait_for_state("joined", held=True)
    call.far_end.wait_for("held-by-caller")


def test_being_taken_back_that_is_lost_with_the_network_comes_later(call):
    hold(call)
    set_held_in_vain(call, False)
    time.sleep(OUTAGE)
    call.networks.there("link", "set", call.link.name, "up")
    call.engine.wait_for_state("joined", held=False)
    call.far_end.wait_for("running")
    call.far_end.wait_for_packets(50)
    assert call.far_end.stats()["calls"] == 1


@pytest.mark.alone
def test_noise_that_changes_nothing_for_the_call(call):
    said = states(call.engine)
    for number in range(20):
        call.networks.here("address", "add", f"198.51.100.{10 + number}/32", "dev", "lo")
    call.far_end.wait_for_packets(100)
    assert call.told >= 20
    stats = call.reading()
    report("noise", stats["longest-gap-ms"], stats["lost"])
    assert (stats["lost"], stats["longest-gap-ms"] < 100) == (0, True)
    assert call.renegotiations() == ["running"]
    assert states(call.engine) == said


def test_storm_of_changes_is_not_a_storm_of_calls(call):
    started = time.monotonic()
    for _ in range(10):
        call.networks.here("link", "set", call.link.name, "down")
        call.networks.here("link", "set", call.link.name, "up")
    looks = (time.monotonic() - started) / LOOK_PAUSE
    call.far_end.wait_for_packets(150)
    stats = call.reading()
    report("storm", stats["longest-gap-ms"], stats["lost"])
    assert len(call.renegotiations()) <= 4 + looks
    assert states(call.engine)[-1] == "joined"


def test_call_within_the_machine_does_not_care(tmp_path):
    with FarEnd() as far_end, SIPEngine(tmp_path) as engine:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        far_end.wait_for_packets(50)
        for reachable in (False, True):
            engine.send({"type": "network", "reachable": reachable})
        far_end.wait_for_packets(100)
        stats = far_end.stats()
        assert (stats["lost"], states(engine)[-1]) == (0, "joined")
        assert "reconnecting" not in states(engine)


# The engine dies meanwhile


def kill(call):
    call.engine.signal(signal.SIGKILL)
    call.engine.wait_for_exit()
    return replace_engine(call)


def replace_engine(call):
    """Returns what the new one needs to go on."""
    resume = [m["resume"] for m in call.engine.messages if "resume" in m][-1]
    call.engine.__exit__()
    call.engine = call.new_engine()
    return resume


def test_engine_that_dies_without_a_network_is_followed_when_there_is_one(call):
    call.networks.here("link", "set", call.link.name, "down")
    call.engine.wait_for_state("reconnecting")
    resume = kill(call)
    call.engine.join(call.far_end.uri, resume=resume)
    call.engine.wait_for_state("reconnecting")
    time.sleep(OUTAGE)
    assert states(call.engine) == ["reconnecting"]
    call.networks.here("link", "set", call.link.name, "up")
    up_at = time.monotonic()
    call.engine.wait_for_state("joined")
    print(f"joined {(time.monotonic() - up_at) * 1000:.0f} ms after the link's return")
    call.far_end.wait_for_packets(50)
    assert call.far_end.stats()["calls"] == 1


def test_engine_that_dies_is_followed_from_another_address(call):
    resume = kill(call)
    call.networks.here("address", "delete", f"{call.link.here}/26", "dev", call.link.name)
    call.networks.here("address", "add", f"{call.link.here_too}/26", "dev", call.link.name)
    call.engine.join(call.far_end.uri, resume=resume)
    call.engine.wait_for_state("joined")
    call.engine.wait_for_media(50)
    stats = call.far_end.stats()
    report("engine killed and address changed", stats["longest-gap-ms"], stats["lost"])
    assert stats["calls"] == 1
    call.engine.send({"type": "leave"})
    assert call.engine.wait_for_end()["reason"] == "hung-up"
    assert call.far_end.stats()["calls"] == 0
