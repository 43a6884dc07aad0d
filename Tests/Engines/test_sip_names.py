# SPDX-License-Identifier: Apache-2.0
"""Names and several addresses: which way a call takes, from which address of this machine, and what if one is dead.

Two network namespaces, with a default route that leads elsewhere than the link to the far end, as with a VPN.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from booted.networks import Networks
from far_end import FarEnd
from sip_engine import SIPEngine, states
from test_sip_machine import sockets

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")

NAME_SERVER = Path(__file__).with_name("name_server.py")
MACHINE = ("127.0.0.1 localhost", "::1 localhost ip6-localhost")
HERE_6, THERE_6 = "2001:db8:1::2", "2001:db8:1::1"
FALLBACK = 5
"""Seconds in which the next address is asked, at most."""


def addresses(engine, networks):
    """Where the engine can be reached at."""
    return {host for _, host, _ in sockets(engine.pid, networks.inside(networks.near))}


class Place:
    """Networks with IPv6, whose default route is that of the second link, a hosts file and perhaps a name server."""

    def __init__(self, folder):
        self.folder = folder
        self.networks = Networks(links=2)
        self.server = None

    @property
    def there(self):
        return self.networks.links[0].there

    @property
    def here(self):
        return self.networks.links[0].here

    def far_end(self, *options, address=None, **more):
        return FarEnd(*options, address=address or self.there, prefix=self.networks.inside(self.networks.far), **more)

    def engine(self, *hosts):
        """With these lines in its hosts file."""
        (self.folder / "hosts").write_text("\n".join([*MACHINE, *hosts, ""]))
        server = self.networks.links[0].there if self.server else "127.0.0.1"
        (self.folder / "resolv.conf").write_text(f"nameserver {server}\n")
        (self.folder / "nsswitch.conf").write_text("hosts: files dns\n")
        files = " && ".join(
            f"mount --bind {self.folder / name} /etc/{name}" for name in ("hosts", "resolv.conf", "nsswitch.conf"))
        inside = ["unshare", "--mount", "sh", "-c", f'{files} && exec "$@"', "sh"]
        return SIPEngine(self.folder, prefix=[*self.networks.inside(self.networks.near), *inside])

    def serve(self, *records):
        self.server = subprocess.Popen(
            [*self.networks.inside(self.networks.far), sys.executable, "-B", NAME_SERVER, self.there, *records],
            stdout=subprocess.PIPE, text=True)
        assert self.server.stdout.readline() == "listening\n"

    def __enter__(self):
        networks = self.networks.__enter__()
        networks.lead_through(networks.links[1])
        for tell, address in ((networks.here, HERE_6), (networks.there, THERE_6)):
            tell("address", "add", f"{address}/64", "dev", networks.links[0].name, "nodad")
        for tell, address in ((networks.here, "2001:db8:2::2"), (networks.there, "2001:db8:2::1")):
            tell("address", "add", f"{address}/64", "dev", networks.links[1].name, "nodad")
        networks.here("-6", "route", "add", "default", "via", "2001:db8:2::1")
        return self

    def __exit__(self, *exception):
        if self.server:
            self.server.kill()
            self.server.wait(5)
            self.server.stdout.close()
        self.networks.__exit__(*exception)


@pytest.fixture
def place(tmp_path):
    with Place(tmp_path) as place:
        yield place


def call(place, engine, far_end, uri, address, also=()):
    """Sound both ways, with the SIP and the sound of the engine at that address and nowhere else."""
    engine.join(uri)
    engine.wait_for_state("joined")
    far_end.wait_for_packets(25)
    engine.wait_for_media(25)
    # Where another address was tried first, its port is still there, for late answers.
    assert address in (found := addresses(engine, place.networks)) and found <= {address, *also}
    engine.send({"type": "leave"})
    far_end.wait_for("bye", by="caller")
    engine.wait_for_end()


def test_number_over_a_link_that_is_not_the_default_routes(place):
    with place.far_end() as far_end, place.engine() as engine:
        call(place, engine, far_end, far_end.uri, place.here)


def test_name_over_a_link_that_is_not_the_default_routes(place):
    with place.far_end() as far_end, place.engine(f"{place.there} far.example.org") as engine:
        call(place, engine, far_end, f"sip:x@far.example.org:{far_end.port}", place.here)


def test_name_without_any_default_route(place):
    place.networks.here("route", "delete", "default")
    place.networks.here("-6", "route", "delete", "default")
    with place.far_end() as far_end, place.engine(f"{place.there} far.example.org") as engine:
        call(place, engine, far_end, f"sip:x@far.example.org:{far_end.port}", place.here)


def test_name_that_begins_like_that_of_this_machine(place):
    with place.far_end() as far_end, place.engine(f"{place.there} localhost.example.org") as engine:
        call(place, engine, far_end, f"sip:x@localhost.example.org:{far_end.port}", place.here)


@pytest.mark.parametrize("host", [f"[{THERE_6}]", "six.example.org"])
def test_far_end_of_ipv6(place, host):
    with place.far_end(address=THERE_6) as far_end, place.engine(f"{THERE_6} six.example.org") as engine:
        call(place, engine, far_end, f"sip:x@{host}:{far_end.port}", HERE_6)


@pytest.mark.parametrize("family", ["127.0.0.1", "::1"])
def test_this_machine_by_its_name_with_both_families(place, family):
    """Debian's hosts file has both; the far end listens at one."""
    with FarEnd(address=family, prefix=place.networks.inside(place.networks.near)) as far_end, place.engine() as engine:
        start = time.monotonic()
        call(place, engine, far_end, f"sip:x@localhost:{far_end.port}", family, also=["::1"])
        print(f"called, heard and left within {time.monotonic() - start:.1f} s")


@pytest.mark.parametrize("at", ["four", "six"])
def test_far_end_with_two_addresses_that_listens_at_one(place, at):
    """The port of the other one is closed."""
    address, here = (place.there, place.here) if at == "four" else (THERE_6, HERE_6)
    hosts = [f"{place.there} both.example.org", f"{THERE_6} both.example.org"]
    with place.far_end(address=address) as far_end, place.engine(*hosts) as engine:
        engine.join(f"sip:x@both.example.org:{far_end.port}")
        engine.wait_for_state("joined", timeout=FALLBACK + 2)
        far_end.wait_for_packets(25)
        assert here in addresses(engine, place.networks)


@pytest.mark.parametrize("way", ["silent", "blackhole", "no address here"])
def test_dead_ipv6_is_passed_over(place, way):
    networks = place.networks
    if way == "silent":
        networks.there("-6", "address", "flush", "dev", networks.links[0].name, "scope", "global")
        link = networks.links[0].name
        networks.here("-6", "neighbour", "replace", THERE_6, "lladdr", "02:00:00:00:00:01", "dev", link)
    elif way == "blackhole":
        networks.here("-6", "route", "add", "blackhole", f"{THERE_6}/128")
    else:
        for link in networks.links:
            networks.here("-6", "address", "flush", "dev", link.name)
    place.serve(f"both.example.org={place.there}", f"both.example.org={THERE_6}")
    with place.far_end() as far_end, place.engine() as engine:
        start = time.monotonic()
        engine.join(f"sip:x@both.example.org:{far_end.port}")
        engine.wait_for_state("joined", timeout=FALLBACK + 2)
        took = time.monotonic() - start
        print(f"{way}: joined after {took * 1000:.0f} ms")
        assert took < FALLBACK
        far_end.wait_for_packets(50)
        engine.wait_for_media(25)
        engine.send({"type": "leave"})
        far_end.wait_for("bye", by="caller")
        assert far_end.events().count("incoming") == 1


def test_dead_ipv6_is_passed_over_by_connections(place):
    networks = place.networks
    link = networks.links[0].name
    networks.there("-6", "address", "flush", "dev", link, "scope", "global")
    networks.here("-6", "neighbour", "replace", THERE_6, "lladdr", "02:00:00:00:00:01", "dev", link)
    hosts = [f"{place.there} both.example.org", f"{THERE_6} both.example.org"]
    with place.far_end() as far_end, place.engine(*hosts) as engine:
        start = time.monotonic()
        engine.join(f"sip:x@both.example.org:{far_end.port};transport=tcp")
        engine.wait_for_state("joined", timeout=FALLBACK)
        print(f"joined after {(time.monotonic() - start) * 1000:.0f} ms")
        assert far_end.wait_for("incoming")["transport"] == "tcp"
        assert time.monotonic() - start < 2


def test_name_of_a_service(place):
    """Without a port, SRV says which (RFC 3263, 4.2)."""
    with place.far_end() as far_end:
        place.serve(f"_sip._udp.example.org:SRV=10,{far_end.port},far.example.org", "example.org=192.0.2.1",
                    f"far.example.org={place.there}")  # fmt: skip
        with place.engine() as engine:
            call(place, engine, far_end, "sip:x@example.org", place.here)


def test_service_without_a_port_is_none(place):
    with place.far_end() as far_end:
        place.serve("_sip._udp.example.org:SRV=10,0,dead.example.org",
                    f"_sip._udp.example.org:SRV=20,{far_end.port},far.example.org", f"dead.example.org={place.there}",
                    f"far.example.org={place.there}")  # fmt: skip
        with place.engine() as engine:
            call(place, engine, far_end, "sip:x@example.org", place.here)


def test_name_that_is_none_is_told(place):
    place.serve("example.org=192.0.2.1")
    with place.engine() as engine:
        engine.join("sip:x@nowhere.example.org:5060")
        ended = engine.wait_for_end(timeout=FALLBACK)
        assert ended["reason"] == "unreachable"
        assert "nowhere.example.org" in ended["detail"]


def test_leaving_while_a_name_server_says_nothing(place):
    place.serve("example.org=silence")
    with place.engine() as engine:
        engine.join("sip:x@example.org:5060")
        engine.wait_for_state("connecting")
        assert place.server.stdout.readline().startswith("example.org")
        engine.send({"type": "leave"})
        assert engine.wait_for_end(timeout=1, farewell=2)["reason"] == "hung-up"
        assert states(engine) == ["connecting", "ended"]
