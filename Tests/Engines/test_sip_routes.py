# SPDX-License-Identifier: Apache-2.0
"""Proxies on the way: the route set of a dialog, and the far end's Contact, before and after an engine's death.

The far end looks at the Route fields and the Request-URI of everything that comes, as the proxies before it would have it.
"""

import pytest
from bare_far_end import BareFarEnd, answer_barely
from far_end import FarEnd
from sip_engine import SIPEngine, states
from succession import bare_call_and_kill, call_and_kill, hold, wait_for_calls

LOOSE = "<sip:127.0.0.1:{port};lr>"
ROUTES = {
    "one": [LOOSE],
    "three": ["<sip:127.0.0.1:{port};lr;x=1>", "<sip:127.0.0.1:{port};lr;x=2>", "<sip:127.0.0.1:{port};lr;x=3>"],
    "in one field": ["<sip:127.0.0.1:{port};lr;x=1>, <sip:127.0.0.1:{port};lr;x=2>"],
    "comma in quotes": ['"Proxy, the first" <sip:127.0.0.1:{port};lr;x=1>', '"a \\"b\\", <c>" <sip:127.0.0.1:{port};lr;x=2>'],
    "lr=on": ["<sip:127.0.0.1:{port};lr=on>"],
    "parameters": ["<sip:p1@127.0.0.1:{port};lr;ftag=x.y;vsf=AAA-;did=1.2>;foo=bar"],
    "user part": ["<sip:a,b;c@127.0.0.1:{port};lr>"],
    "strict": ["<sip:127.0.0.1:{port}>"],
    "strict, then loose": ["<sip:127.0.0.1:{port};lr;x=2>", "<sip:127.0.0.1:{port};x=1>"],
    "many": [f"<sip:127.0.0.1:{{port}};lr;x={number}>" for number in range(12)],
}


@pytest.mark.parametrize("routes", ROUTES.values(), ids=ROUTES)
def test_requests_take_their_way_back(tmp_path, routes):
    options = [word for route in routes for word in ("--record-route", route)]
    with FarEnd(*options) as far_end:
        resume = call_and_kill(tmp_path, far_end, before=hold)
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, resume=resume)
            engine.wait_for_state("joined", held=True)
            hold(engine, False)
            far_end.wait_for("running")
            wait_for_calls(far_end, 1)
            engine.send({"type": "leave"})
            far_end.wait_for("bye", by="caller")
            assert engine.wait_for_end()["reason"] == "hung-up"
        assert far_end.events().count("incoming") == 1


def test_route_that_cannot_be_read_is_left_out_and_leaves_no_ghost(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        route = f"<sip:127.0.0.1:{far_end.port};lr>"
        far_end.reply(invite, 200, "OK", body=far_end.sdp(), extra=[f"Record-Route: {route}", "Record-Route: <<<"])
        assert far_end.receive("ACK").fields["route"] == route
        engine.wait_for_state("joined")
        engine.send({"type": "leave"})
        far_end.reply(far_end.receive("BYE"), 200, "OK")
        assert engine.wait_for_end()["reason"] == "hung-up"


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_new_contact_is_where_requests_go(tmp_path, method):
    with BareFarEnd() as far_end, BareFarEnd() as moved:
        with SIPEngine(tmp_path) as engine:
            invite = answer_barely(engine, far_end)
            far_end.uri = moved.uri
            far_end.ask(invite, method, body=far_end.sdp(version=2))
            answer = far_end.receive_response(method)
            assert answer.status == 200
            if method == "INVITE":
                far_end.ask(invite, "ACK", sequence=answer.sequence)
            engine.send({"type": "set-held", "held": True})
            own = moved.receive("INVITE")
            assert own.uri == moved.uri
            moved.reply(own, 200, "OK", body=far_end.sdp("recvonly", version=3))
            assert moved.receive("ACK").uri == moved.uri
            engine.wait_for_state("joined", held=True)


def test_new_contact_of_an_answer_is_where_requests_go(engine):
    with BareFarEnd() as far_end, BareFarEnd() as moved:
        answer_barely(engine, far_end)
        engine.send({"type": "set-held", "held": True})
        own = far_end.receive("INVITE")
        far_end.reply(own, 200, "OK", body=far_end.sdp("recvonly", version=2), contact=moved.contact)
        assert moved.receive("ACK").uri == moved.uri
        engine.wait_for_state("joined", held=True)
        engine.send({"type": "leave"})
        bye = moved.receive("BYE")
        assert bye.uri == moved.uri
        moved.reply(bye, 200, "OK")
        assert engine.wait_for_end()["reason"] == "hung-up"


def test_routes_are_those_of_the_first_answer(tmp_path):
    """A re-INVITE may have other Record-Routes; they count for nothing (RFC 3261, 12.2)."""
    with BareFarEnd() as far_end, BareFarEnd() as proxy:
        route = f"<sip:127.0.0.1:{proxy.port};lr>"
        resume, invite = bare_call_and_kill(tmp_path, far_end, answer=[f"Record-Route: {route}"], confirmed_to=proxy)
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, resume=resume)
            own = proxy.receive("INVITE")
            proxy.reply(own, 200, "OK", body=far_end.sdp(), contact=far_end.contact,
                        extra=["Record-Route: <sip:127.0.0.1:9;lr>"])
            assert proxy.receive("ACK").fields["route"] == route
            engine.wait_for_state("joined")
            engine.send({"type": "leave"})
            bye = proxy.receive("BYE")
            assert (bye.fields["route"], bye.fields["call-id"]) == (route, invite.fields["call-id"])
            proxy.reply(bye, 200, "OK")
            assert engine.wait_for_end()["reason"] == "hung-up"


def test_proxy_may_speak_for_the_far_end(engine):
    """Requests come from where the route leads, too."""
    with BareFarEnd() as far_end, BareFarEnd("127.0.0.3") as proxy:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 200, "OK", body=far_end.sdp(), extra=[f"Record-Route: <sip:127.0.0.3:{proxy.port};lr>"])
        proxy.receive("ACK")
        engine.wait_for_state("joined")
        proxy.ask(invite, "BYE", to=invite.fields["to"])
        assert proxy.receive_response("BYE").status == 200
        assert engine.wait_for_end()["reason"] == "removed"
        assert states(engine)[-1] == "ended"
