# SPDX-License-Identifier: Apache-2.0
"""Calls of dead engines that their far ends do not know any more, or that are left just then."""

import time

import pytest
from bare_far_end import BareFarEnd
from far_end import FarEnd
from sip_engine import SIPEngine, states
from succession import bare_call_and_kill, call_and_kill, hold, kill, wait_for_calls

LEFT_IN = 2.0
"""Seconds, at most, from `leave` to a far end that knows."""
UNKNOWN = ("--respond", "REINVITE=481")
"""A far end that does not know the dialog by its ids any more."""


@pytest.fixture
def successor(tmp_path):
    with SIPEngine(tmp_path) as engine:
        yield engine


# The far end does not know the dialog


def test_call_is_replaced_where_the_dialog_is_unknown(tmp_path, successor):
    with FarEnd(*UNKNOWN) as far_end:
        resume = call_and_kill(tmp_path, far_end)
        successor.join(far_end.uri, resume=resume)
        assert successor.wait_for_state("reconnecting")["cause"] == "engine-crash"
        far_end.wait_for("replaced")
        successor.wait_for_state("joined")
        assert states(successor) == ["reconnecting", "joined"]
        successor.wait_for_media(50)
        wait_for_calls(far_end, 1)
        assert far_end.events().count("ringing") == 1
        successor.send({"type": "leave"})
        assert successor.wait_for_end()["reason"] == "hung-up"
        wait_for_calls(far_end, 0)


def test_held_call_is_replaced_by_a_held_one(tmp_path, successor):
    def forget(engine):
        hold(engine)
        far_end.command("respond REINVITE=481")

    with FarEnd() as far_end:
        resume = call_and_kill(tmp_path, far_end, before=forget)
        successor.join(far_end.uri, resume=resume)
        successor.wait_for_state("joined", held=True)
        far_end.wait_for("replaced")
        far_end.wait_for("held-by-caller")
        wait_for_calls(far_end, 1)


@pytest.mark.parametrize("status", [404, 481, 486, 488, 603])
def test_refused_replacement_is_the_end_and_no_second_call(tmp_path, successor, status):
    with FarEnd(*UNKNOWN, "--refuse-replaces", status) as far_end:
        resume = call_and_kill(tmp_path, far_end)
        successor.join(far_end.uri, resume=resume)
        far_end.wait_for("refused-replacement")
        assert successor.wait_for_end()["reason"] == "removed"
        far_end.wait_for("bye", call=1, by="caller")
        wait_for_calls(far_end, 0)
        assert states(successor) == ["reconnecting", "ended"]
        assert far_end.events().count("incoming") == 1


def test_far_end_without_replaces_is_not_called_again(tmp_path, successor):
    with FarEnd(*UNKNOWN, "--supported", "timer", "--ignore-replaces") as far_end:
        resume = call_and_kill(tmp_path, far_end)
        successor.join(far_end.uri, resume=resume)
        assert successor.wait_for_end()["reason"] == "removed"
        wait_for_calls(far_end, 0)
        assert far_end.events().count("incoming") == 1


def test_far_end_that_rings_in_the_place_of_replacing_is_cancelled(tmp_path, successor):
    """One that knows nothing of Replaces, and not that it must say so."""
    with BareFarEnd() as far_end:
        resume, _ = bare_call_and_kill(tmp_path, far_end, answer=["Supported: replaces"])
        successor.join(far_end.uri, resume=resume)
        far_end.reply(far_end.receive("INVITE"), 481, "Call Does Not Exist")
        invite = far_end.receive("INVITE")
        while "replaces" not in invite.fields:
            invite = far_end.receive("INVITE")
        assert invite.fields["require"] == "replaces"
        far_end.reply(invite, 180, "Ringing", tag="new-tag")
        cancel = far_end.receive("CANCEL")
        assert cancel.branch == invite.branch
        far_end.reply(cancel, 200, "OK", tag="new-tag")
        far_end.reply(invite, 487, "Request Terminated", tag="new-tag")
        far_end.receive("ACK")
        assert successor.wait_for_state("ended")["reason"] == "removed"


def test_dialog_is_ended_through_the_proxies_it_was_begun_through(tmp_path, successor):
    with BareFarEnd() as far_end, BareFarEnd() as proxy:
        route = f"<sip:127.0.0.1:{proxy.port};lr>"
        resume, invite = bare_call_and_kill(tmp_path, far_end, answer=[f"Record-Route: {route}"], confirmed_to=proxy)
        successor.join(far_end.uri, resume=resume)
        again = proxy.receive("INVITE")
        assert again.first == f"INVITE {far_end.uri} SIP/2.0"
        assert again.fields["route"] == route
        proxy.reply(again, 200, "OK", body=far_end.sdp(), contact=far_end.contact)
        assert proxy.receive("ACK").fields["route"] == route
        successor.wait_for_state("joined")
        successor.send({"type": "leave"})
        bye = proxy.receive("BYE")
        assert bye.first == f"BYE {far_end.uri} SIP/2.0"
        assert (bye.fields["call-id"], bye.tag("from"), bye.tag("to")) == (
            invite.fields["call-id"], invite.tag("from"), "far-tag")
        assert bye.fields["route"] == route
        proxy.reply(bye, 200, "OK")
        assert successor.wait_for_end()["reason"] == "hung-up"


def test_far_end_that_never_answers_is_asked_in_the_dialog_and_never_called(tmp_path, successor):
    with BareFarEnd() as far_end:
        resume, invite = bare_call_and_kill(tmp_path, far_end)
        successor.join(far_end.uri, resume=resume)
        for _ in range(4):
            again = far_end.receive("INVITE")
            assert (again.fields["call-id"], again.tag("to")) == (invite.fields["call-id"], "far-tag")
        successor.ping()
        assert states(successor) == ["reconnecting"]
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
        assert successor.wait_for_end()["reason"] == "removed"
        assert states(successor) == ["reconnecting", "ended"]
        wait_for_calls(far_end, 0)
        assert far_end.events().count("incoming") == 1


def test_far_end_whose_program_has_gone(tmp_path, successor):
    far_end, resume = far_end_gone(tmp_path, "vanish")
    with far_end:
        far_end.process.wait(5)
        successor.join(far_end.uri, resume=resume)
        assert successor.wait_for_end(timeout=15)["reason"] == "network"


# The user hangs up meanwhile


@pytest.mark.parametrize("options", [(), UNKNOWN], ids=["known", "unknown"])
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


@pytest.mark.parametrize("milliseconds", [1, 5, 10, 20, 30, 50, 80, 150])
@pytest.mark.parametrize("options", [(), UNKNOWN], ids=["known", "unknown"])
def test_leave_at_any_moment_of_taking_up_leaves_no_call(tmp_path, successor, options, milliseconds):
    with FarEnd(*options) as far_end:
        resume = call_and_kill(tmp_path, far_end)
        successor.join(far_end.uri, resume=resume)
        successor.wait_for_state("reconnecting")
        time.sleep(milliseconds / 1000)
        successor.send({"type": "leave"})
        assert successor.wait_for_end(timeout=4)["reason"] == "hung-up"
        wait_for_calls(far_end, 0, timeout=2)


def test_leave_where_nobody_answers_just_then(tmp_path, successor):
    with FarEnd() as far_end:
        resume = call_and_kill(tmp_path, far_end)
        far_end.command("ignore")
        successor.join(far_end.uri, resume=resume)
        start = time.monotonic()
        successor.send({"type": "leave"})
        ended = successor.wait_for_state("ended", timeout=LEFT_IN)
        assert (ended["reason"], "resume" in ended) == ("hung-up", True)
        assert time.monotonic() - start < LEFT_IN
        far_end.command("heed")
        far_end.wait_for("bye", by="caller")
        assert "resume" not in successor.wait_for_end()


@pytest.mark.parametrize(
    "resume",
    ["nonsense", "{}", '{"version":2}', "dialog-1 a b c x y z udp live", "[" * 100, '{"version":3,"callID":7}'])
def test_ticket_that_is_none(successor, resume):
    successor.join("sip:far@127.0.0.1:5060", resume=resume)
    ended = successor.wait_for_end()
    assert (ended["reason"], "resume" in ended["detail"]) == ("engine-failed", True)
