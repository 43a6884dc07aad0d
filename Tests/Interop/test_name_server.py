# SPDX-License-Identifier: Apache-2.0
"""Servers of a domain that dnsmasq names (RFC 3263): which one is asked, and which one if that is dead."""

import contextlib
import select
import time

import pytest
from account_engine import AccountEngine
from bare_far_end import BareFarEnd
from dnsmasq import DOMAIN, NameServer, address, pointer, service
from far_end import FarEnd
from world import enter_new_network

URI = f"sip:far@{DOMAIN}"
AT_ONCE = 1.5
"""Seconds in which the next server is asked, where this one says that it cannot."""
SILENT = 4
"""The same, where it says nothing: engines wait for 2.5 s."""


class Domain:
    """A network with a name server, and servers at 127.0.0.2 and so on."""

    def __init__(self, folder):
        self.folder = folder
        self.stack = contextlib.ExitStack()
        self.servers = []

    def __enter__(self):
        enter_new_network()
        return self

    def __exit__(self, *exception):
        self.stack.__exit__(*exception)

    def server(self):
        server = self.stack.enter_context(BareFarEnd(f"127.0.0.{2 + len(self.servers)}"))
        self.servers.append(server)
        return server

    def records(self, *servers, pointers=("udp",)):
        """Servers as (server, priority, weight)."""
        yield from map(pointer, pointers)
        for server, priority, weight in servers:
            host = "host-" + server.address.rpartition(".")[2]
            yield address(host, server.address)
            yield service(host, server.port, priority, weight)

    def names(self, *servers, **more):
        self.name_server = self.stack.enter_context(NameServer(self.folder, *self.records(*servers, **more)))

    def engine(self):
        return self.stack.enter_context(AccountEngine(self.folder, prefix=self.name_server.prefix))


@pytest.fixture
def domain(tmp_path):
    with Domain(tmp_path) as domain:
        yield domain


def answer(engine, server, request):
    """Of a call, which ends at once."""
    server.reply(request, 200, "OK", body=server.sdp())
    server.receive("ACK")
    engine.wait_for_state("joined")
    engine.send({"type": "leave"})
    server.reply(server.receive("BYE"), 200, "OK")
    assert engine.wait_for_end()["reason"] == "hung-up"


def fail(first, second, method, how):
    """What the first server does with the request. Returns in how many seconds the second one is asked."""
    if how == "refused":
        first.socket.close()
        return AT_ONCE
    request = first.receive(method)
    assert not select.select([second.socket], [], [], 0)[0]
    if how == "silent":
        return SILENT
    first.reply(request, 503, "Service Unavailable")
    return AT_ONCE


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_domain_says_which_transport_it_prefers(domain, transport):
    other = {"udp": "tcp", "tcp": "udp"}[transport]
    with FarEnd() as far_end:
        records = [pointer(transport, order=1), pointer(other, order=2), address("host", "127.0.0.1")]
        records += [service("host", far_end.port, transport=name) for name in ("udp", "tcp")]
        domain.name_server = domain.stack.enter_context(NameServer(domain.folder, *records))
        with domain.engine() as engine:
            engine.join(URI)
            assert far_end.wait_for("incoming")["transport"] == transport
            engine.wait_for_state("joined")
            engine.send({"type": "leave"})
            engine.wait_for_end()
    assert f"query[NAPTR] {DOMAIN}" in domain.name_server.output


@pytest.mark.parametrize("how", ["refused", "503", "silent"])
def test_call_goes_to_the_next_server(domain, how):
    first, second = domain.server(), domain.server()
    domain.names((second, 20, 0), (first, 10, 0))
    engine = domain.engine()
    if how == "refused":
        fail(first, second, "INVITE", how)
    engine.join(URI)
    begun = time.monotonic()
    limit = AT_ONCE if how == "refused" else fail(first, second, "INVITE", how)
    invite = second.receive("INVITE", timeout=limit)
    print(f"{how}: after {time.monotonic() - begun:.1f} s")
    assert invite.uri == URI
    if how == "silent":
        first.reply(first.receive("INVITE"), 503, "Service Unavailable")
    answer(engine, second, invite)


@pytest.mark.parametrize("how", ["refused", "503", "silent"])
def test_registration_goes_to_the_next_server(domain, how):
    first, second = domain.server(), domain.server()
    domain.names((second, 20, 0), (first, 10, 0))
    engine = domain.engine()
    if how == "refused":
        fail(first, second, "REGISTER", how)
    engine.call(URI, address=f"sip:me@{DOMAIN}", register=True)
    limit = AT_ONCE if how == "refused" else fail(first, second, "REGISTER", how)
    request = second.receive("REGISTER", timeout=limit)
    second.reply(request, 200, "OK", contact=f"<{request.contact}>;expires=300")
    engine.wait_for(lambda m: m["type"] == "registration" and m["state"] == "registered", what="registration")


def test_priorities(domain):
    """All are asked, in their order, until one answers."""
    servers = [domain.server() for _ in range(3)]
    domain.names((servers[2], 30, 9), (servers[0], 10, 0), (servers[1], 20, 5))
    engine = domain.engine()
    engine.join(URI)
    for server in servers[:2]:
        server.reply(server.receive("INVITE", timeout=AT_ONCE), 503, "Service Unavailable")
    answer(engine, servers[2], servers[2].receive("INVITE", timeout=AT_ONCE))


def test_no_server_is_left(domain):
    servers = [domain.server() for _ in range(2)]
    domain.names(*((server, 10, 1) for server in servers))
    engine = domain.engine()
    engine.join(URI)
    for server in servers:
        server.socket.close()
    ended = engine.wait_for_end()
    assert ended["reason"] == "unreachable" and ended["detail"]


def test_weights(domain):
    """The other one's chance is one in 65536."""
    much, little = domain.server(), domain.server()
    domain.names((little, 10, 0), (much, 10, 65535))
    for _ in range(4):
        engine = domain.engine()
        engine.join(URI)
        much.reply(much.receive("INVITE"), 603, "Decline")
        assert engine.wait_for_end()["reason"] == "declined"


def test_nothing_is_kept_longer_than_it_may_be(domain):
    """The domain moves to another server while the first one redirects the call to it."""
    first, second = domain.server(), domain.server()
    domain.names((first, 10, 0))
    engine = domain.engine()
    engine.join(URI)
    invite = first.receive("INVITE")
    domain.name_server.change(*domain.records((second, 10, 0)))
    first.reply(invite, 302, "Moved", contact=f"<sip:there@{DOMAIN}>")
    answer(engine, second, second.receive("INVITE"))
