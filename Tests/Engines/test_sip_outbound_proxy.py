# SPDX-License-Identifier: Apache-2.0
"""Calls through an account's outbound proxy: whoever is called, requests that begin a call go there."""

import socket

import pytest
from account_engine import AccountEngine, asks
from bare_far_end import BareFarEnd
from far_end import FarEnd
from succession import hold, kill
from test_sip_authentication import CHALLENGE, challenged, leave

# Where nobody is: only the proxy knows.
CALLED, ACCOUNT = "sip:you@callee.invalid", "sip:me@provider.invalid"


@pytest.fixture
def engine(tmp_path):
    with AccountEngine(tmp_path) as engine:
        yield engine


def proxy_of(far_end, more=";lr"):
    return f"sip:127.0.0.1:{far_end.port}{more}"


@pytest.mark.parametrize("more", [";lr", "", ";lr;x=y"])
def test_call_begins_at_the_proxy(engine, more):
    with BareFarEnd() as proxy, BareFarEnd() as far_end:
        engine.call(CALLED, address=ACCOUNT, outbound_proxy=proxy_of(proxy, more), display_name="Me")
        first = proxy.receive("INVITE")
        assert first.uri == CALLED
        route = first.fields["route"]
        assert f"sip:127.0.0.1:{proxy.port}" in route and ";lr" in route and route[0] == "<"
        assert first.fields["from"].startswith((f'"Me" <{ACCOUNT}>;', f"Me <{ACCOUNT}>;"))
        proxy.reply(first, 407, "Password", extra=[CHALLENGE.replace("WWW", "Proxy")])
        ack = proxy.receive("ACK")
        assert (ack.fields["route"], ack.uri) == (route, CALLED)
        second = proxy.receive("INVITE")
        assert (second.fields["route"], second.uri) == (route, CALLED)
        assert f'uri="{CALLED}"' in second.fields["proxy-authorization"]
        # The proxy does not record its route: the rest of the call goes past it (RFC 3261, 12.1.2).
        proxy.reply(second, 200, "OK", body=far_end.sdp(), contact=far_end.contact)
        ack = far_end.receive("ACK")
        assert "route" not in ack.fields and ack.uri == far_end.uri
        engine.wait_for_state("joined")
        engine.send({"type": "leave"})
        bye = far_end.receive("BYE")
        assert "route" not in bye.fields and bye.uri == far_end.uri
        far_end.reply(bye, 200, "OK")
        assert engine.wait_for_end()["reason"] == "hung-up"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("how", ["account", "address"])
def test_call_with_a_password_and_a_recorded_route(engine, transport, how):
    route = "<sip:127.0.0.1:{port};lr" + (";transport=tcp" if transport == "tcp" else "") + ">"
    with FarEnd(*asks("--challenge-for", "ALL", "--challenge", "407"), "--record-route", route) as far_end:
        more = {"transport": transport} if how == "account" else {}
        proxy = proxy_of(far_end, ";lr" + (f";transport={transport}" if how == "address" else ""))
        engine.call(CALLED, address=ACCOUNT, outbound_proxy=proxy, **more)
        assert far_end.wait_for("incoming", transport=transport)["uri"] == CALLED
        engine.wait_for_state("joined")
        hold(engine)
        hold(engine, False)
        leave(engine, far_end)
        assert challenged(far_end) == ["nothing"]


def test_cancel_goes_to_the_proxy(engine):
    with FarEnd(*asks("--ring-only")) as far_end:
        engine.call(CALLED, address=ACCOUNT, outbound_proxy=proxy_of(far_end))
        engine.wait_for_state("ringing")
        engine.send({"type": "leave"})
        far_end.wait_for("cancelled", by="caller")
        assert engine.wait_for_end()["reason"] == "hung-up"


@pytest.mark.parametrize("when", ["unheard", "ringing", "joined"])
def test_successor_goes_through_the_proxy(tmp_path, when):
    route = ("--record-route", "<sip:{address}:{port};lr>") if when == "joined" else ()
    options = {"unheard": ("--drop", "INVITE=1"), "ringing": ("--answer-after", 400), "joined": ()}[when]
    with FarEnd(*asks("--challenge", "407", "--challenge-for", "ALL"), *route, *options) as far_end:
        proxy = proxy_of(far_end)
        with AccountEngine(tmp_path) as engine:
            engine.call(CALLED, address=ACCOUNT, outbound_proxy=proxy)
            if when == "unheard":
                far_end.wait_for("dropped")
            else:
                engine.wait_for_state(when)
            resume = kill(engine)
        with AccountEngine(tmp_path) as engine:
            engine.call(CALLED, resume=resume, address=ACCOUNT, outbound_proxy=proxy)
            engine.wait_for_state("joined")
            far_end.wait_for_packets(10)
            leave(engine, far_end)
        assert far_end.events().count("incoming") == 1


@pytest.mark.parametrize("asker", ["proxy", "callee"])
def test_whoever_asks_on_the_way_is_asked_by_the_proxy(engine, asker):
    """The proxy passes on what its own side or the callee asks: 401 and 407 are answered alike."""
    with FarEnd(*asks("--challenge", "407=a proxy" if asker == "proxy" else "401=server")) as far_end:
        engine.call(CALLED, address=ACCOUNT, outbound_proxy=proxy_of(far_end),
                    realm="a proxy" if asker == "proxy" else "server")  # fmt: skip
        engine.wait_for_state("joined")
        leave(engine, far_end)


def test_redirect_goes_through_the_proxy_too(engine):
    with BareFarEnd() as proxy:
        engine.call(CALLED, address=ACCOUNT, outbound_proxy=proxy_of(proxy))
        proxy.reply(proxy.receive("INVITE"), 302, "Moved", contact="<sip:other@elsewhere.invalid>")
        second = proxy.receive("INVITE")
        assert second.uri == "sip:other@elsewhere.invalid" and f"127.0.0.1:{proxy.port}" in second.fields["route"]
        proxy.reply(second, 486, "Busy Here")
        assert engine.wait_for_end()["reason"] == "busy"


@pytest.mark.parametrize("proxy, reason, said", [
    ("sip:127.0.0.1:1;lr", "unreachable", "nothing answers"), ("sip:proxy.invalid;lr", "unreachable", "proxy.invalid"),
    ("nonsense", "engine-failed", "nonsense"), ("tel:123", "engine-failed", "tel:123"),
    ("sip:127.0.0.1:1;lr;transport=pigeon", "engine-failed", "pigeon")])
def test_proxy_that_cannot_be_had_is_named(engine, proxy, reason, said):
    engine.call(CALLED, address=ACCOUNT, outbound_proxy=proxy)
    ended = engine.wait_for_end(timeout=6)
    assert ended["reason"] == reason and said in ended["detail"]


@pytest.mark.parametrize("called, more", [
    ("sips:you@callee.invalid", {}), (CALLED, {"address": "sips:me@provider.invalid"}),
    (CALLED, {"address": "sips:me@provider.invalid", "register": True})], ids=["call", "account", "registration"])  # fmt: skip
def test_nothing_secure_goes_to_the_proxy_in_the_clear(engine, called, more):
    """The far end hears UDP; nobody answers TLS there."""
    with BareFarEnd() as proxy:
        engine.call(called, **{"address": ACCOUNT, "outbound_proxy": proxy_of(proxy)} | more)
        ended = engine.wait_for_end()
        assert (ended["reason"], "nothing answers" in ended["detail"]) == ("unreachable", True), ended
        with pytest.raises(BlockingIOError):
            proxy.socket.recv(4096, socket.MSG_DONTWAIT)


@pytest.mark.parametrize("called, more", [
    ("sips:you@callee.invalid", {"transport": "udp"}), (CALLED, {"address": "sips:me@provider.invalid", "where": "udp"}),
    (CALLED, {"address": "sips:me@provider.invalid", "where": "tcp"})], ids=["call", "account-udp", "account-tcp"])  # fmt: skip
def test_what_is_secure_by_an_account_without_tls_is_refused(engine, called, more):
    more = dict(more)
    where = more.pop("where", None)
    with BareFarEnd() as proxy:
        engine.call(called, **{"address": ACCOUNT, "outbound_proxy": proxy_of(proxy, f";transport={where}" if where else "")} | more)
        ended = engine.wait_for_end()
        assert ended["reason"] == "engine-failed" and f"the transport tls, not {where or 'udp'}" in ended["detail"]
