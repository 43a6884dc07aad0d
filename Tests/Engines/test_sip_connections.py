# SPDX-License-Identifier: Apache-2.0
"""Calls over TCP: the far end reaches the engine by the engine's connection, and the engine notices when it is gone."""

import contextlib
import socket
import time

import pytest
from bare_far_end import BareFarEnd
from engine_process import TimedOut
from far_end import FarEnd
from sip_engine import SIPEngine, states
from succession import kill

# Seconds in which the engine connects again.
AT_ONCE = 0.5


class Server:
    """A far end over TCP that says what a test wants it to."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(10)
        self.port = self.listener.getsockname()[1]
        self.uri = f"sip:far@127.0.0.1:{self.port};transport=tcp"
        self.media = BareFarEnd()
        self.connection = self.peer = None

    def accept(self, timeout=10):
        self.listener.settimeout(timeout)
        self.connection, self.peer = self.listener.accept()
        self.connection.settimeout(10)

    def hang_up_the_line(self):
        self.connection.close()

    def receive(self, method):
        """The next message; it has to be of that method."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += self._some(1)
        head = data.decode()
        length = next(int(line.split(":")[1]) for line in head.split("\r\n")
                      if line.lower().startswith("content-length:"))  # fmt: skip
        body = b""
        while len(body) < length:
            body += self._some(length - len(body))
        assert head.startswith(method), head
        return head + body.decode()

    def _some(self, size):
        if data := self.connection.recv(size):
            return data
        raise ConnectionResetError("the engine has closed the connection")

    def answer(self, request, status="200 OK", version=1, tag="far-tag", direction="sendrecv"):
        body = self.media.sdp(direction, version) if status.startswith("200") and request.startswith("INVITE") else ""
        head = request.partition("\r\n\r\n")[0].split("\r\n")
        kept = [line for line in head if line.lower().startswith(("via:", "from:", "call-id:", "cseq:", "to:"))]
        kept = [line + f";tag={tag}" if line.startswith("To:") and ";tag=" not in line else line for line in kept]
        self._say(f"SIP/2.0 {status}", kept, body)

    def ask(self, method, invite, number=1):
        """In the dialog of that INVITE."""
        field = {line.partition(":")[0]: line for line in invite.split("\r\n")}
        own = field["To"].replace("To:", "From:") + ";tag=far-tag"
        self._say(f"{method} {contact_of(invite)} SIP/2.0", [
            f"Via: SIP/2.0/TCP 127.0.0.1:{self.port};branch=z9hG4bKbare{number}", own,
            field["From"].replace("From:", "To:"), field["Call-ID"], f"CSeq: {number} {method}", "Max-Forwards: 70"], "")

    def _say(self, first, fields, body):
        kind = ["Content-Type: application/sdp"] if body else []
        lines = [first, *fields, f"Contact: <{self.uri}>", *kind, f"Content-Length: {len(body)}"]
        self.connection.sendall(("\r\n".join(lines) + "\r\n\r\n" + body).encode())

    def call(self, engine):
        """An answered call; returns its INVITE."""
        engine.join(self.uri)
        self.accept()
        invite = self.receive("INVITE")
        self.answer(invite)
        self.receive("ACK")
        engine.wait_for_state("joined")
        return invite

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.connection:
            self.connection.close()
        self.listener.close()
        self.media.__exit__(*exception)


@pytest.fixture
def server():
    with Server() as server:
        yield server


def contact_of(message):
    return message.partition("Contact: <")[2].partition(">")[0]


def test_contact_of_a_call_over_tcp_can_be_connected_to(engine):
    with FarEnd("--connect") as far_end:
        engine.join(f"{far_end.uri};transport=tcp")
        engine.wait_for_state("joined")
        far_end.command("options")
        assert far_end.wait_for("answer", method="OPTIONS")["status"] == 200
        far_end.command("hold")
        far_end.wait_for("held")
        far_end.command("hangup")
        assert engine.wait_for_end()["reason"] == "removed"


def test_contact_is_where_the_connection_comes_from(engine, server):
    """Servers that go by it find the connection, as those do that are reached by TLS or through NAT."""
    invite = server.call(engine)
    assert contact_of(invite).partition("@")[2] == f"127.0.0.1:{server.peer[1]};transport=tcp;ob"
    server.ask("BYE", invite)
    server.receive("SIP/2.0 200")
    assert engine.wait_for_end()["reason"] == "removed"


def test_contact_of_the_successor_is_where_its_connection_comes_from(tmp_path, server):
    with SIPEngine(tmp_path) as engine:
        server.call(engine)
        resume = kill(engine)
    with SIPEngine(tmp_path) as engine:
        engine.join(server.uri, resume=resume)
        server.accept()
        again = server.receive("INVITE")
        assert contact_of(again).partition("@")[2] == f"127.0.0.1:{server.peer[1]};transport=tcp;ob"
        server.answer(again, version=2)
        server.receive("ACK")
        engine.wait_for_state("joined")
        server.ask("BYE", again)
        assert engine.wait_for_end()["reason"] == "removed"


# A connection that is lost


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_connection_that_is_lost_is_made_anew_at_once(engine, server, how):
    invite = server.call(engine)
    if how == "reset":
        server.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    server.hang_up_the_line()
    server.accept(AT_ONCE)
    again = server.receive("INVITE")
    assert "a=sendrecv" in again and contact_of(again).partition("@")[2].startswith(f"127.0.0.1:{server.peer[1]};")
    server.answer(again, version=2)
    server.receive("ACK")
    engine.ping()
    assert states(engine)[-1] == "joined" and "reconnecting" not in states(engine)
    engine.send({"type": "set-held", "held": True})
    hold = server.receive("INVITE")
    assert "a=sendonly" in hold
    server.answer(hold, version=3, direction="recvonly")
    engine.wait_for_state("joined", held=True)
    server.ask("BYE", invite)
    assert engine.wait_for_end()["reason"] == "removed"


def test_far_end_that_has_hung_up_while_there_was_no_connection(engine, server):
    server.call(engine)
    server.hang_up_the_line()
    server.accept(AT_ONCE)
    server.answer(server.receive("INVITE"), "481 Call/Transaction Does Not Exist")
    assert engine.wait_for_state("ended")["reason"] == "removed"


def test_server_that_is_away_for_a_while(engine, server):
    """The call goes on without it, and it is told when it is back."""
    server.call(engine)
    server.listener.close()
    server.hang_up_the_line()
    server.media.receive_sound(100)
    server.listener = socket.create_server(("127.0.0.1", server.port))
    server.accept(8)
    server.answer(server.receive("INVITE"), version=2)
    server.receive("ACK")
    server.media.receive_sound(25)
    engine.ping()
    assert states(engine)[-1] == "joined"


def test_server_that_closes_every_connection_is_not_flooded(engine, server):
    server.call(engine)
    server.hang_up_the_line()
    begun, connections = time.monotonic(), 0
    # The time is what is measured.
    while (left := begun + 6 - time.monotonic()) > 0:
        with contextlib.suppress(TimeoutError):
            server.accept(left)
            connections += 1
            server.answer(server.receive("INVITE"), version=1 + connections)
            server.receive("ACK")
            server.hang_up_the_line()
    assert 2 <= connections <= 4
    assert states(engine)[-1] == "joined"


def test_connection_that_is_lost_while_it_rings(engine, server):
    """The INVITE is said again over another one; it is the same."""
    engine.join(server.uri)
    server.accept()
    invite = server.receive("INVITE")
    server.answer(invite, "180 Ringing")
    engine.wait_for_state("ringing")
    server.hang_up_the_line()
    server.accept(3)
    again = server.receive("INVITE")
    assert again == invite
    server.answer(again)
    server.receive("ACK")
    engine.wait_for_state("joined")


def test_connection_that_is_lost_before_the_goodbye_is_confirmed(engine, server):
    server.call(engine)
    engine.send({"type": "leave"})
    server.receive("BYE")
    server.hang_up_the_line()
    server.accept(4)
    server.answer(server.receive("BYE"))
    assert engine.wait_for_end()["reason"] == "hung-up"


def test_nothing_is_said_over_a_connection_that_stays(engine, server):
    server.call(engine)
    server.connection.settimeout(2)
    with pytest.raises(TimeoutError):
        server.receive("nothing")
    with pytest.raises(TimedOut):
        engine.wait_for_state("ended", timeout=0.1)
