# SPDX-License-Identifier: Apache-2.0
"""Accounts whose calls need a registration: before the call, during it, and after it."""

import json
import re

import pytest
from account_engine import AccountEngine
from bare_far_end import BareFarEnd
from engine_process import TimedOut
from succession import kill
from test_sip_authentication import CHALLENGE


@pytest.fixture
def engine(tmp_path):
    with AccountEngine(tmp_path) as engine:
        yield engine


@pytest.fixture
def server():
    with BareFarEnd() as server:
        yield server


def call(engine, server, resume=None, **more):
    engine.call("sip:you@127.0.0.1:" + str(server.port), resume=resume, register=True,
                registrar=f"sip:127.0.0.1:{server.port}", **more)


def accept(server, request, expires=300, extra=()):
    contact = request.contact
    server.reply(request, 200, "OK", contact=f"<{contact}>;expires={expires}", extra=extra)


def register(server, **more):
    """Asks for the password, and accepts."""
    first = server.receive("REGISTER")
    assert "authorization" not in first.fields
    server.reply(first, 401, "Unauthorized", extra=[CHALLENGE])
    second = server.receive("REGISTER")
    assert second.fields["call-id"] == first.fields["call-id"] and second.sequence == first.sequence + 1
    assert f'uri="sip:127.0.0.1:{server.port}"' in second.fields["authorization"]
    accept(server, second, **more)
    return second


def answer(engine, server):
    invite = server.receive("INVITE")
    server.reply(invite, 200, "OK", body=server.sdp())
    server.receive("ACK")
    engine.wait_for_state("joined")
    return invite


def registration(engine, state):
    return engine.wait_for(lambda m: m["type"] == "registration" and m["state"] == state, what=state)


def said(engine):
    """The registration's states."""
    engine.reader.drain()
    return [message for message in engine.messages if message["type"] == "registration"]


def leave(engine, server):
    """The far end is told, and so is the server, in any order."""
    engine.send({"type": "leave"})
    gone = set()
    while gone != {"BYE", "REGISTER"}:
        message = server.receive_request()
        if message.method == "REGISTER":
            assert message.contact and message.fields["contact"].endswith(";expires=0")
        server.reply(message, 200, "OK")
        gone.add(message.method)
    assert engine.wait_for_end()["reason"] == "hung-up"
    assert said(engine)[-1]["state"] == "removed"


def test_call_begins_when_the_account_is_registered(engine, server):
    call(engine, server)
    request = server.receive("REGISTER")
    assert request.uri == f"sip:127.0.0.1:{server.port}" and request.tag("from") and not request.tag("to")
    assert request.fields["contact"].endswith(";expires=300")
    with pytest.raises(TimedOut):
        server.receive("INVITE", timeout=0.3)
    accept(server, request, expires=60)
    assert registration(engine, "registered")["expires-in"] == 60
    invite = answer(engine, server)
    assert invite.contact == request.contact
    leave(engine, server)


def test_password_is_asked_for(engine, server):
    call(engine, server)
    register(server)
    answer(engine, server)
    leave(engine, server)


def test_registration_is_refreshed_during_the_call(engine, server):
    call(engine, server)
    register(server, expires=2)
    answer(engine, server)
    again = server.receive("REGISTER")
    assert "nc=00000002" in again.fields["authorization"]
    accept(server, again)
    leave(engine, server)


@pytest.mark.parametrize("status, reason", [
    (403, "not-permitted"), (404, "not-found"), (503, "unreachable"), (600, "busy")])
def test_refusal_ends_the_call_with_the_words_of_the_server(engine, server, status, reason):
    call(engine, server)
    server.reply(server.receive("REGISTER"), status, "Not today", extra=["Retry-After: 7"] if status == 503 else ())
    end = engine.wait_for_end()
    assert end["reason"] == reason
    assert f"{status} Not today" in end["detail"] and "does not register sip:me@127.0.0.1" in end["detail"]
    assert ("it asks to wait 7 s" in end["detail"]) == (status == 503)
    assert [(m["state"], m["detail"]) for m in said(engine)][-1] == ("failed", end["detail"])


def test_wrong_password(engine, server):
    call(engine, server)
    for _ in range(2):
        server.reply(server.receive("REGISTER"), 401, "Unauthorized", extra=[CHALLENGE])
    end = engine.wait_for_end()
    assert end["reason"] == "not-permitted" and "does not accept the password" in end["detail"]


def test_refusal_of_a_refresh_does_not_end_the_call(engine, server):
    call(engine, server)
    register(server, expires=2)
    answer(engine, server)
    server.reply(server.receive("REGISTER"), 403, "Not today")
    failed = registration(engine, "failed")
    assert "403 Not today" in failed["detail"] and "retry-in" not in failed
    engine.send({"type": "leave"})
    server.reply(server.receive("BYE"), 200, "OK")
    assert engine.wait_for_end()["reason"] == "hung-up"


def test_server_that_wants_to_be_asked_less_often(engine, server):
    call(engine, server)
    server.reply(server.receive("REGISTER"), 423, "Interval Too Brief", extra=["Min-Expires: 1800"])
    request = server.receive("REGISTER")
    assert request.fields["contact"].endswith(";expires=1800")
    accept(server, request, expires=1800)
    answer(engine, server)
    leave(engine, server)


def test_service_route(engine, server):
    """The call goes where the server says, not where its address leads (RFC 3608)."""
    with BareFarEnd() as edge:
        engine.call("sip:you@callee.invalid", register=True, registrar=f"sip:127.0.0.1:{server.port}")
        route = f"<sip:127.0.0.1:{edge.port};lr>"
        register(server, extra=[f"Service-Route: {route}"])
        invite = edge.receive("INVITE")
        assert invite.uri == "sip:you@callee.invalid" and invite.fields["route"] == route
        edge.reply(invite, 603, "Decline")
        assert engine.wait_for_end()["reason"] == "declined"


def test_leaving_while_the_server_is_silent(engine, server):
    call(engine, server)
    request = server.receive("REGISTER")
    engine.send({"type": "leave"})
    engine.wait_for_state("ended")
    accept(server, request)
    removal = server.receive("REGISTER")
    while not removal.fields["contact"].endswith(";expires=0"):
        removal = server.receive("REGISTER")
    server.reply(removal, 200, "OK")
    assert engine.wait_for_exit() == 0


def test_server_asks_whether_this_end_is_there(engine, server):
    call(engine, server)
    register(server)
    invite = answer(engine, server)
    for method, status in (("OPTIONS", 200), ("INVITE", 486)):
        ask = server.request(method, invite.contact, invite.sender, "other-call", 1, "<sip:x@127.0.0.1>;tag=x",
                             f"<{invite.contact}>")
        assert server.receive_response(method).status == status, ask
    leave(engine, server)


@pytest.mark.parametrize("when", ["registering", "registered", "joined"])
def test_successor_keeps_the_registration(tmp_path, server, when):
    with AccountEngine(tmp_path) as first:
        call(first, server)
        if when == "registering":
            before = server.receive("REGISTER")
        else:
            before = register(server)
        if when == "registered":
            server.receive("INVITE")
        if when == "joined":
            answer(first, server)
        resume = kill(first)
        assert resume
    with AccountEngine(tmp_path) as second:
        call(second, server, resume=resume)
        again = server.receive("REGISTER")
        assert again.fields["call-id"] == before.fields["call-id"] and again.sequence > before.sequence
        assert re.search(r"expires=300", again.fields["contact"])
        accept(server, again)
        if when == "joined":
            server.reply(server.receive("INVITE"), 200, "OK", body=server.sdp(version=2))
            server.receive("ACK")
        else:
            answer(second, server)
        leave(second, server)


def test_successor_of_an_engine_that_was_looking_for_the_far_end(tmp_path, server):
    """Nobody has been called, and so the call waits for the registration again, and goes where the server says."""
    with BareFarEnd() as edge:
        route = f"<sip:127.0.0.1:{edge.port};lr>"
        where = {"register": True, "registrar": f"sip:127.0.0.1:{server.port}"}
        with AccountEngine(tmp_path) as first:
            first.call("sip:you@callee.invalid", **where)
            register(server, extra=[f"Service-Route: {route}"])
            invite = edge.receive("INVITE")
            kill(first)
            tickets = [m["resume"] for m in first.messages if m.get("resume")]
        # What it had said last when it asked for the name.
        resume = next(t for t in tickets if (ticket := json.loads(t))["callID"] and not ticket["attempts"])
        with AccountEngine(tmp_path) as second:
            second.call("sip:you@callee.invalid", resume=resume, **where)
            again = server.receive("REGISTER")
            with pytest.raises(TimedOut):
                edge.receive("INVITE", timeout=0.3)
            accept(server, again, extra=[f"Service-Route: {route}"])
            while (same := edge.receive("INVITE")).sender == invite.sender:
                """The first one's, again."""
            assert same.fields["route"] == route and same.uri == "sip:you@callee.invalid"
            assert same.fields["call-id"] == invite.fields["call-id"] and same.sequence > invite.sequence
            edge.reply(same, 603, "Decline")
            assert second.wait_for_end()["reason"] == "declined"
