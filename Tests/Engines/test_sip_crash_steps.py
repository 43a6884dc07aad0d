# SPDX-License-Identifier: Apache-2.0
"""An engine dies at every step of a call, and another one gets what it has left: neither a ghost nor a second call.

The far end is a bare one, which says what a step is, and sees just what leaves the engine. The last test has one that
sees to the rules.
"""

import signal
import time

import pytest
from bare_far_end import BareFarEnd
from engine_process import TimedOut
from far_end import FarEnd
from sip_engine import SIPEngine
from succession import kill, last_resume, wait_for_calls


class Steps:
    """A far end and the engine of the moment."""

    def __init__(self, folder):
        self.folder = folder
        self.far_end = BareFarEnd()
        self.engine = SIPEngine(folder)
        self.answered = set()

    def join(self):
        self.engine.join(self.far_end.uri)

    def succeed(self):
        """Kills the engine and starts another one with what is left."""
        resume = kill(self.engine)
        self.engine.__exit__()
        self.engine = SIPEngine(self.folder)
        self.engine.join(self.far_end.uri, resume=resume)

    def reply(self, request, status, **more):
        self.far_end.reply(request, status, "As It Is", **more)

    def answer(self, invite, direction="sendrecv", version=1):
        self.reply(invite, 200, body=self.far_end.sdp(direction, version=version))

    def answer_in_dialog(self, timeout=10):
        """Answers what a successor offers, and its ACK is there; returns that INVITE."""
        again = self.far_end.receive("INVITE", timeout)
        while again.tag("to") is None:
            again = self.far_end.receive("INVITE", timeout)
        self.answer(again, "recvonly" if again.direction == "sendonly" else "sendrecv", version=again.sequence)
        while self.far_end.receive("ACK").sequence != again.sequence:
            pass
        return again

    def end(self):
        """Hangs up, and the far end gets its BYE."""
        self.engine.send({"type": "leave"})
        bye = self.far_end.receive("BYE")
        self.reply(bye, 200)
        assert self.engine.wait_for_end()["reason"] == "hung-up"
        return bye

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.engine.__exit__(*exception)
        self.far_end.__exit__(*exception)


@pytest.fixture
def steps(tmp_path):
    with Steps(tmp_path) as steps:
        yield steps


def same(one, other):
    """The second is the first again."""
    return (one.branch, one.sequence, one.fields["call-id"], one.tag("from"), one.body) == (
        other.branch, other.sequence, other.fields["call-id"], other.tag("from"), other.body)


def rings(steps):
    steps.join()
    invite = steps.far_end.receive("INVITE")
    steps.reply(invite, 180)
    steps.engine.wait_for_state("ringing")
    return invite


def up(steps):
    steps.join()
    invite = steps.far_end.receive("INVITE")
    steps.answer(invite)
    steps.far_end.receive("ACK")
    steps.engine.wait_for_state("joined")
    return invite


# INVITE


def test_before_anything_is_sent(steps):
    steps.engine.hello()
    steps.engine.send({"type": "join", "uri": steps.far_end.uri, "muted": False, "settings": {}})
    steps.engine.wait_for_state("connecting")
    steps.succeed()
    first = invite = steps.far_end.receive("INVITE")
    steps.engine.wait_for_state("connecting")
    # If the dead one had sent it already, the same comes again.
    while True:
        assert same(first, invite)
        steps.reply(invite, 180)
        try:
            steps.engine.wait_for_state("ringing", timeout=0.5)
            break
        except TimedOut:
            invite = steps.far_end.receive("INVITE")
    steps.answer(invite)
    assert steps.far_end.receive("ACK").sequence == invite.sequence
    steps.engine.wait_for_state("joined")
    steps.end()


@pytest.mark.parametrize("status", [None, 100, 180, 183])
def test_before_the_answer(steps, status):
    steps.join()
    invite = steps.far_end.receive("INVITE")
    if status:
        steps.reply(invite, status)
    if status == 180:
        steps.engine.wait_for_state("ringing")
    steps.succeed()
    again = steps.far_end.receive("INVITE")
    assert same(invite, again)
    steps.reply(again, 180)
    steps.engine.wait_for_state("ringing")
    steps.answer(again)
    assert steps.far_end.receive("ACK").tag("to") == "far-tag"
    steps.engine.wait_for_state("joined")
    steps.far_end.receive_sound(10)
    steps.end()


@pytest.mark.parametrize("status", [None, 180])
def test_before_the_answer_and_then_left(steps, status):
    steps.join()
    invite = steps.far_end.receive("INVITE")
    if status:
        steps.reply(invite, status)
        steps.engine.wait_for_state("ringing")
    steps.succeed()
    again = steps.far_end.receive("INVITE")
    assert same(invite, again)
    steps.reply(again, 180)
    steps.engine.wait_for_state("ringing")
    steps.engine.send({"type": "leave"})
    cancel = steps.far_end.receive("CANCEL")
    assert (cancel.branch, cancel.sequence) == (invite.branch, invite.sequence)
    steps.reply(cancel, 200)
    steps.reply(invite, 487)
    steps.far_end.receive("ACK")
    assert steps.engine.wait_for_end()["reason"] == "hung-up"


def test_refused_while_nobody_is_there(steps):
    invite = rings(steps)
    steps.engine.signal(signal.SIGKILL)
    steps.engine.wait_for_exit()
    steps.reply(invite, 486)
    steps.succeed()
    again = steps.far_end.receive("INVITE")
    assert same(invite, again)
    steps.reply(again, 486)
    steps.far_end.receive("ACK")
    assert steps.engine.wait_for_end()["reason"] == "busy"


# 200 and ACK


def test_answered_while_nobody_is_there(steps):
    invite = rings(steps)
    steps.engine.signal(signal.SIGKILL)
    steps.engine.wait_for_exit()
    steps.answer(invite)
    steps.succeed()
    assert same(invite, steps.far_end.receive("INVITE"))
    steps.answer(invite)
    assert steps.far_end.receive("ACK").sequence == invite.sequence
    steps.engine.wait_for_state("joined")
    steps.far_end.receive_sound(10)
    steps.end()


def test_right_after_the_answer(steps):
    """The ACK may be out or not; the far end says its 200 again until it comes."""
    invite = rings(steps)
    steps.answer(invite)
    steps.engine.wait_for_state("joined")
    steps.succeed()
    again = steps.answer_in_dialog()
    assert again.fields["call-id"] == invite.fields["call-id"] and again.sequence > invite.sequence
    steps.answer(invite)
    while (ack := steps.far_end.receive("ACK")).sequence != invite.sequence:
        pass
    assert ack.tag("to") == "far-tag"
    steps.engine.wait_for_state("joined")
    assert steps.end().sequence > again.sequence


def test_after_the_ack(steps):
    invite = up(steps)
    steps.succeed()
    again = steps.answer_in_dialog()
    assert again.fields["call-id"] == invite.fields["call-id"]
    steps.engine.wait_for_state("joined")
    steps.far_end.receive_sound(10)
    steps.end()


# Hold and re-INVITE


@pytest.mark.parametrize("step", ["sent", "100", "answered"])
def test_while_the_call_is_put_on_hold(steps, step):
    up(steps)
    steps.engine.send({"type": "set-held", "held": True})
    offer = steps.far_end.receive("INVITE")
    if step == "100":
        steps.reply(offer, 100)
        steps.engine.ping()
    if step == "answered":
        steps.answer(offer, "recvonly", version=2)
        steps.engine.wait_for_state("joined", held=True)
    steps.succeed()
    again = steps.answer_in_dialog()
    assert again.sequence > offer.sequence
    assert steps.engine.wait_for_state("joined")["held"] is (step == "answered")
    assert steps.end().sequence > again.sequence


def test_answer_to_the_dead_ones_offer_is_confirmed_by_its_successor(steps):
    up(steps)
    steps.engine.send({"type": "set-held", "held": True})
    offer = steps.far_end.receive("INVITE")
    steps.succeed()
    steps.answer_in_dialog()
    steps.engine.wait_for_state("joined")
    steps.answer(offer, "recvonly", version=2)
    assert steps.far_end.receive("ACK").sequence == offer.sequence
    steps.end()


@pytest.mark.parametrize("confirmed", [True, False])
def test_while_the_far_end_offers(steps, confirmed):
    invite = up(steps)
    steps.far_end.ask(invite, "INVITE", body=steps.far_end.sdp("sendonly", version=2))
    answer = steps.far_end.receive_response("INVITE")
    assert (answer.status, answer.direction) == (200, "recvonly")
    if confirmed:
        steps.far_end.ask(invite, "ACK", sequence=answer.sequence)
        steps.engine.ping()
    steps.succeed()
    steps.answer_in_dialog()
    steps.engine.wait_for_state("joined")
    steps.end()


# BYE and CANCEL


@pytest.mark.parametrize("step", ["sent", "confirmed"])
def test_while_it_says_goodbye(steps, step):
    invite = up(steps)
    steps.engine.send({"type": "leave"})
    bye = steps.far_end.receive("BYE")
    steps.engine.wait_for_state("ended")
    if step == "confirmed":
        steps.engine.signal(signal.SIGKILL)
        steps.engine.wait_for_exit()
        steps.reply(bye, 200)
    steps.succeed()
    again = steps.far_end.receive("BYE")
    assert again.fields["call-id"] == invite.fields["call-id"] and again.sequence > bye.sequence
    steps.reply(again, 200 if step == "sent" else 481)
    assert steps.engine.wait_for_end()["reason"] == "hung-up"


@pytest.mark.parametrize("step", ["unheard", "sent", "answered"])
def test_while_it_cancels(steps, step):
    if step == "unheard":
        steps.join()
        invite = steps.far_end.receive("INVITE")
    else:
        invite = rings(steps)
    steps.engine.send({"type": "leave"})
    steps.engine.wait_for_state("ended")
    if step != "unheard":
        cancel = steps.far_end.receive("CANCEL")
    if step == "answered":
        steps.reply(cancel, 200)
        steps.engine.ping()
    steps.succeed()
    again = steps.far_end.receive("CANCEL")
    assert (again.branch, again.sequence) == (invite.branch, invite.sequence)
    steps.reply(again, 200)
    steps.reply(invite, 487)
    ack = steps.far_end.receive("ACK")
    assert (ack.branch, ack.sequence) == (invite.branch, invite.sequence)
    assert steps.engine.wait_for_end()["reason"] == "hung-up"


def test_answered_in_spite_of_the_cancel_while_nobody_is_there(steps):
    invite = rings(steps)
    steps.engine.send({"type": "leave"})
    steps.far_end.receive("CANCEL")
    steps.engine.wait_for_state("ended")
    steps.succeed()
    steps.reply(steps.far_end.receive("CANCEL"), 200)
    steps.answer(invite)
    assert steps.far_end.receive("ACK").sequence == invite.sequence
    bye = steps.far_end.receive("BYE")
    assert bye.tag("to") == "far-tag"
    steps.reply(bye, 200)
    assert steps.engine.wait_for_end()["reason"] == "hung-up"
    assert last_resume(steps.engine)


# At any moment, against a far end that sees to the rules


@pytest.mark.parametrize("milliseconds", [0, 5, 10, 15, 20, 30, 40, 60, 90, 130, 180, 250])
def test_death_at_any_moment(tmp_path, milliseconds):
    with FarEnd("--answer-after", 60, "--early-media", 183) as far_end:
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri)
            engine.wait_for_state("connecting")
            # The moment is the fault itself.
            time.sleep(milliseconds / 1000)
            resume = kill(engine)
        with SIPEngine(tmp_path) as engine:
            engine.join(far_end.uri, resume=resume)
            engine.wait_for_state("joined")
            engine.wait_for_media(10)
            wait_for_calls(far_end, 1)
            assert far_end.events().count("incoming") == 1
            engine.send({"type": "leave"})
            assert engine.wait_for_end()["reason"] == "hung-up"
        wait_for_calls(far_end, 0)
