# SPDX-License-Identifier: Apache-2.0
"""The death of a SIP engine, and the one that takes its call up again."""

import signal
import socket
import time

import pytest
import sound
from far_end import BareFarEnd, FarEnd
from sip_engine import SIPEngine, states

LEFT_IN = 2.0
"""Seconds, at most, from `leave` to a far end that knows."""


def kill(engine):
    """The engine's death; its last `resume` is what is left of it."""
    engine.reader.drain()
    resume = [m["resume"] for m in engine.messages if "resume" in m][-1]
    engine.signal(signal.SIGKILL)
    assert engine.wait_for_exit() == -signal.SIGKILL
    return resume


def call_and_kill(folder, far_end, before=lambda engine: None, **join):
    """A call that is up, and the death of its engine; returns its `resume`."""
    with SIPEngine(folder) as engine:
        engine.join(far_end.uri, **join)
        engine.wait_for_state("joined")
        far_end.wait_for_packets(50)
        before(engine)
        far_end.command("reset")
        return kill(engine)


def wait_for_calls(far_end, number, timeout=5):
    """Returns when the far end has so many calls up."""
    deadline = time.monotonic() + timeout
    while (stats := far_end.stats())["calls"] != number:
        assert time.monotonic() < deadline, f"{stats['calls']} calls are up at the far end, not {number}"
    return stats


@pytest.fixture
def successor(tmp_path):
    with SIPEngine(tmp_path) as engine:
        yield engine


# The far end lets the call be taken up


def test_call_goes_on_in_the_same_place(tmp_path, successor):
    with FarEnd() as far_end:
        resume = call_and_kill(tmp_path, far_end)
        killed_at = time.monotonic()
        successor.join(far_end.uri, resume=resume)
        assert successor.wait_for_state("reconnecting")["cause"] == "engine-crash"
        joined = successor.wait_for_state("joined")
        took = time.monotonic() - killed_at
        far_end.wait_for("replaced", call=1, tag=joined["resume"].split()[2])
        successor.wait_for_media(50)
        stats = wait_for_calls(far_end, 1)
        print(f"joined after {took * 1000:.0f} ms, gap {stats['longest-gap-ms']} ms, lost {stats['lost']}")
        assert states(successor) == ["reconnecting", "joined"]
        assert joined["resume"] != resume
        assert (stats["lost"], stats["streams"]) == (0, 2)
        assert stats["longest-gap-ms"] < 1000
        assert far_end.events().count("ringing") == 1
        successor.send({"type": "leave"})
        assert successor.wait_for_end()["reason"] == "hung-up"
        far_end.wait_for("bye", by="caller", call=1)
        wait_for_calls(far_end, 0)


def test_every_successor_can_be_followed_by_another(tmp_path):
    with FarEnd() as far_end:
        resume = call_and_kill(tmp_path, far_end)
        for _ in range(3):
            with SIPEngine(tmp_path) as engine:
                engine.join(far_end.uri, resume=resume)
                engine.wait_for_state("joined")
                engine.wait_for_media(25)
                resume = kill(engine)
        wait_for_calls(far_end, 1)


def test_muted_call_comes_back_muted(tmp_path, successor):
    tone, record = sound.write_tone(tmp_path / "tone.wav"), tmp_path / "record.wav"
    with FarEnd("--record", record) as far_end:
        resume = call_and_kill(tmp_path, far_end, muted=True, play_file=tone)
        successor.join(far_end.uri, muted=True, resume=resume, play_file=tone)
        assert successor.wait_for_state("joined")["muted"] is True
        far_end.wait_for_packets(100)
        successor.send({"type": "leave"})
        successor.wait_for_end()
        far_end.wait_for("bye")
    assert max(sound.loudness_by_time(record)) < 0.01


def hold(engine):
    engine.send({"type": "set-held", "held": True})
    assert engine.wait_for_state("joined")["held"] is True


def test_held_call_comes_back_held_and_was_not_heard_between(tmp_path, successor):
    tone, record = sound.write_tone(tmp_path / "tone.wav"), tmp_path / "record.wav"
    with FarEnd("--record", record) as far_end:
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, muted=True, play_file=tone)
            engine.wait_for_state("joined")
            far_end.wait_for_packets(25)
            hold(engine)
            far_end.wait_for("held-by-caller")
            resume = kill(engine)
        successor.join(far_end.uri, resume=resume, play_file=tone)
        assert successor.wait_for_state("reconnecting")["held"] is True
        assert successor.wait_for_state("joined")["held"] is True
        far_end.wait_for("held-by-caller")
        assert list(dict.fromkeys(states(successor))) == ["reconnecting", "joined"]
        wait_for_calls(far_end, 1)
        assert max(sound.loudness_by_time(record), default=0) < 0.01
        successor.send({"type": "set-held", "held": False})
        assert successor.wait_for_state("joined")["held"] is False
        far_end.wait_for("running")
        far_end.wait_for_packets(100)
        successor.send({"type": "leave"})
        successor.wait_for_end()
        far_end.wait_for("bye")
    assert max(sound.loudness_by_time(record)) > 0.1, "the microphone must be open again after the hold"


# The far end does not


@pytest.mark.parametrize("status", [481, 486, 488, 603])
def test_refused_replacement_ends_the_old_call_and_calls_again(tmp_path, successor, status):
    with FarEnd("--refuse-replaces", status) as far_end:
        resume = call_and_kill(tmp_path, far_end)
        killed_at = time.monotonic()
        successor.join(far_end.uri, resume=resume)
        assert successor.wait_for_state("reconnecting")["cause"] == "engine-crash"
        far_end.wait_for("refused-replacement")
        far_end.wait_for("bye", call=1, by="caller")
        far_end.wait_for("answered", call=2)
        joined = successor.wait_for_state("joined")
        took = time.monotonic() - killed_at
        assert states(successor) == ["reconnecting", "joined"]
        assert joined["resume"] != resume
        successor.wait_for_media(50)
        stats = wait_for_calls(far_end, 1)
        print(f"joined after {took * 1000:.0f} ms, gap {stats['longest-gap-ms']} ms, lost {stats['lost']}")
        successor.send({"type": "leave"})
        assert successor.wait_for_end()["reason"] == "hung-up"
        wait_for_calls(far_end, 0)


def test_refused_replacement_of_a_held_call_calls_again_and_holds(tmp_path, successor):
    with FarEnd("--refuse-replaces", 486) as far_end:
        resume = call_and_kill(tmp_path, far_end, before=hold)
        successor.join(far_end.uri, resume=resume)
        assert successor.wait_for_state("joined")["held"] is True
        far_end.wait_for("held-by-caller", call=2)
        wait_for_calls(far_end, 1)


def test_call_that_the_far_end_holds_is_taken_up(tmp_path, successor):
    def be_held(engine):
        far_end.command("hold")
        far_end.wait_for("held")
        engine.wait_for(lambda m: m.get("alone"), what="alone")

    with FarEnd() as far_end:
        resume = call_and_kill(tmp_path, far_end, before=be_held)
        successor.join(far_end.uri, resume=resume)
        successor.wait_for_state("joined")
        wait_for_calls(far_end, 1)


def test_far_end_that_never_answers_the_replacement_is_called_again(successor):
    with BareFarEnd() as far_end:
        successor.join(far_end.uri, resume=TICKET.format(port=far_end.port))
        far_end.reply(far_end.receive("OPTIONS"), 200, "OK")
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 100, "Trying")
        bye = far_end.receive("BYE")
        far_end.reply(bye, 200, "OK")
        while (again := far_end.receive("INVITE")).fields["call-id"] == invite.fields["call-id"]:
            pass
        far_end.reply(again, 200, "OK", body=far_end.sdp())
        successor.wait_for_state("joined")


def far_end_gone(tmp_path, way):
    """The resume of a call whose far end ended it while no engine was there, and that far end."""
    far_end = FarEnd()
    with SIPEngine(tmp_path) as engine:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        resume = kill(engine)
    far_end.command(way)
    return far_end, resume


def test_far_end_that_hung_up_meanwhile(tmp_path, successor):
    far_end, resume = far_end_gone(tmp_path, "hangup")
    with far_end:
        far_end.wait_for("bye", by="far-end")
        successor.join(far_end.uri, resume=resume)
        ended = successor.wait_for_end()
        assert ended["reason"] == "removed"
        assert states(successor) == ["reconnecting", "ended"]
        wait_for_calls(far_end, 0)


def test_far_end_whose_program_has_gone(tmp_path, successor):
    far_end, resume = far_end_gone(tmp_path, "vanish")
    with far_end:
        far_end.process.wait(5)
        successor.join(far_end.uri, resume=resume)
        assert successor.wait_for_end()["reason"] == "network"


TICKET = "dialog-1 some-call here there sip:me@127.0.0.1 sip:you@127.0.0.1 sip:you@127.0.0.1:{port} udp live"


def test_dialog_is_ended_through_the_proxies_it_was_begun_through(successor):
    """A far end that refuses the replacement, and a proxy on the way to it."""
    with BareFarEnd() as far_end, BareFarEnd() as proxy:
        ticket = f"{TICKET.format(port=far_end.port)} sip:127.0.0.1:{proxy.port};lr"
        successor.join(far_end.uri, resume=ticket)
        invite = far_end.receive("INVITE")
        assert invite.fields["replaces"] == "some-call;to-tag=there;from-tag=here"
        assert invite.fields["require"] == "replaces"
        far_end.reply(invite, 420, "Bad Extension")
        far_end.receive("ACK")
        bye = proxy.receive("BYE")
        assert bye.first == f"BYE sip:you@127.0.0.1:{far_end.port} SIP/2.0"
        assert (bye.fields["call-id"], bye.tag("from"), bye.tag("to")) == ("some-call", "here", "there")
        assert bye.fields["route"] == f"<sip:127.0.0.1:{proxy.port};lr>"
        assert int(bye.fields["cseq"].split()[0]) > 1000
        proxy.reply(bye, 200, "OK")
        again = far_end.receive("INVITE")
        assert "replaces" not in again.fields and "require" not in again.fields
        far_end.reply(again, 200, "OK", body=far_end.sdp())
        successor.wait_for_state("joined")


def test_ticket_has_what_the_answer_said(successor):
    with BareFarEnd() as far_end:
        successor.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(
            invite, 200, "OK", body=far_end.sdp(), extra=[f"Record-Route: <sip:127.0.0.1:{far_end.port};lr>"])
        words = successor.wait_for_state("joined")["resume"].split()
        assert words[1:4] == [invite.fields["call-id"], invite.tag("from"), "far-tag"]
        assert f"<{words[4]}>" in invite.fields["from"] and words[5] in invite.fields["to"]
        assert words[6:] == [far_end.uri, "udp", "live", f"sip:127.0.0.1:{far_end.port};lr"]


def test_redirected_call_is_taken_up_where_it_was_answered(tmp_path):
    with BareFarEnd() as door, FarEnd() as far_end:
        with SIPEngine(tmp_path) as engine:
            engine.join(door.uri)
            door.reply(door.receive("INVITE"), 302, "Moved", contact=f"<{far_end.uri}>")
            engine.wait_for_state("joined")
            far_end.wait_for_packets(25)
            resume = kill(engine)
        for _ in range(2):
            with SIPEngine(tmp_path) as engine:
                engine.join(door.uri, resume=resume)
                engine.wait_for_state("joined")
                far_end.wait_for("replaced")
                wait_for_calls(far_end, 1)
                resume = kill(engine)
        with SIPEngine(tmp_path) as engine:
            engine.join(door.uri, resume=resume)
            engine.wait_for_state("joined")
            engine.send({"type": "leave"})
            assert engine.wait_for_end()["reason"] == "hung-up"
        wait_for_calls(far_end, 0)


@pytest.mark.parametrize(
    "status, phrase, reason",
    [(486, "Busy Here", "busy"), (603, "Decline", "declined"), (404, "Not Found", "not-found"),
     (500, "Server Error", "rejected"), (503, "Away", "network")])
def test_refused_call_after_a_refused_replacement_says_why(successor, status, phrase, reason):
    with BareFarEnd() as far_end:
        successor.join(far_end.uri, resume=TICKET.format(port=far_end.port))
        far_end.reply(far_end.receive("INVITE"), 486, "Busy Here")
        far_end.receive("ACK")
        far_end.reply(far_end.receive("BYE"), 200, "OK")
        far_end.reply(far_end.receive("INVITE"), status, phrase)
        ended = successor.wait_for_end()
        assert (ended["reason"], ended["detail"]) == (reason, f"{status} {phrase}")


def test_far_end_that_does_not_know_the_dialog_at_all(successor):
    with BareFarEnd() as far_end:
        successor.join(far_end.uri, resume=TICKET.format(port=far_end.port))
        far_end.reply(far_end.receive("INVITE"), 481, "Call Does Not Exist")
        far_end.receive("ACK")
        far_end.reply(far_end.receive("BYE"), 481, "Call Does Not Exist")
        assert successor.wait_for_end()["reason"] == "removed"


def test_far_end_that_does_not_answer_bye_is_called_again(successor):
    with BareFarEnd() as far_end:
        successor.join(far_end.uri, resume=TICKET.format(port=far_end.port))
        far_end.reply(far_end.receive("INVITE"), 486, "Busy Here")
        far_end.receive("BYE")
        far_end.reply(far_end.receive("INVITE", timeout=3), 200, "OK", body=far_end.sdp())
        successor.wait_for_state("joined")


def test_far_end_that_rings_beside_the_old_call_gets_rid_of_that(successor):
    """One that knows nothing of Replaces, and not that it must say so."""
    with BareFarEnd() as far_end:
        successor.join(far_end.uri, resume=TICKET.format(port=far_end.port))
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 180, "Ringing")
        bye = far_end.receive("BYE", timeout=3)
        assert bye.fields["call-id"] == "some-call"
        far_end.reply(bye, 200, "OK")
        far_end.reply(invite, 200, "OK", body=far_end.sdp())
        successor.wait_for_state("joined")


def test_dialog_over_tcp_is_ended_over_tcp(successor):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        port = server.getsockname()[1]
        ticket = TICKET.format(port=port).replace(" udp ", " tcp ")
        successor.join(f"sip:far@127.0.0.1:{port};transport=tcp", resume=ticket)
        successor.wait_for_state("reconnecting")
        successor.send({"type": "leave"})
        connection, _ = server.accept()
        with connection:
            connection.settimeout(5)
            seen = b""
            while b"BYE sip:" not in seen or not seen.endswith(b"\r\n\r\n"):
                seen += connection.recv(65536)
        head = seen[seen.index(b"BYE sip:"):].decode()
        assert "Call-ID: some-call\r\n" in head and "Content-Length: 0\r\n" in head


# The user hangs up meanwhile


@pytest.mark.parametrize("options", [(), ("--refuse-replaces", 486)])
def test_leave_right_after_join_ends_the_old_call(tmp_path, successor, options):
    with FarEnd(*options) as far_end:
        resume = call_and_kill(tmp_path, far_end)
        start = time.monotonic()
        successor.join(far_end.uri, resume=resume)
        successor.send({"type": "leave"})
        far_end.wait_for("bye", call=1, timeout=LEFT_IN, by="caller")
        assert successor.wait_for_end(timeout=3)["reason"] == "hung-up"
        print(f"left after {(time.monotonic() - start) * 1000:.0f} ms")
        assert time.monotonic() - start < LEFT_IN + 1
        wait_for_calls(far_end, 0)


@pytest.mark.parametrize("milliseconds", [5, 15, 30, 50, 80, 120, 200])
@pytest.mark.parametrize("options", [(), ("--refuse-replaces", 486)], ids=["replaces", "refuses"])
def test_leave_at_any_moment_of_taking_up_leaves_no_call(tmp_path, successor, options, milliseconds):
    with FarEnd(*options) as far_end:
        resume = call_and_kill(tmp_path, far_end)
        successor.join(far_end.uri, resume=resume)
        successor.wait_for_state("reconnecting")
        time.sleep(milliseconds / 1000)
        successor.send({"type": "leave"})
        assert successor.wait_for_end(timeout=4)["reason"] == "hung-up"
        wait_for_calls(far_end, 0, timeout=2)


def test_leave_where_nobody_answers_any_more(tmp_path, successor):
    with FarEnd() as far_end:
        resume = call_and_kill(tmp_path, far_end)
        far_end.command("ignore")
        successor.join(far_end.uri, resume=resume)
        successor.send({"type": "leave"})
        start = time.monotonic()
        assert successor.wait_for_end(timeout=4)["reason"] == "hung-up"
        assert time.monotonic() - start < 3


@pytest.mark.parametrize("resume", ["nonsense", "replaces-1 a b c", "dialog-1 a b c x y z udp live", TICKET + " x"])
def test_ticket_that_is_none(successor, resume):
    successor.join("sip:far@127.0.0.1:5060", resume=resume.format(port=5060))
    ended = successor.wait_for_end()
    assert (ended["reason"], "resume" in ended["detail"]) == ("engine-failed", True)
