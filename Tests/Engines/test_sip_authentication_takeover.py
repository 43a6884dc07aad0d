# SPDX-License-Identifier: Apache-2.0
"""An engine dies in a call whose server asks for a password: its successor has that from the daemon."""

import time

import pytest
from account_engine import AccountEngine, asks
from bare_far_end import BareFarEnd
from far_end import FarEnd
from succession import hold, kill, wait_for_calls
from test_sip_authentication import CHALLENGE, challenged, leave


class Line:
    """A bare far end, and the engine of the moment."""

    def __init__(self, folder):
        self.folder, self.far_end = folder, BareFarEnd()
        self.engine = AccountEngine(folder)

    def succeed(self, resume):
        self.engine.__exit__(None)
        self.engine = AccountEngine(self.folder)
        self.engine.call(self.far_end.uri, resume=resume)

    def asked(self, invite, challenge=CHALLENGE):
        self.far_end.reply(invite, 401, "Password", tag="asks", extra=[challenge])

    def second(self, first, **more):
        """The INVITE that answers the challenge to the first one."""
        while (invite := self.far_end.receive("INVITE", **more)).sequence == first.sequence:
            self.asked(invite)
        assert (invite.fields["call-id"], invite.fields["from"], invite.tag("to")) == (
            first.fields["call-id"], first.fields["from"], None)
        assert 'username="me"' in invite.fields["authorization"]
        return invite

    def answer(self, invite):
        self.far_end.reply(invite, 200, "OK", body=self.far_end.sdp())

    def confirmed(self, invite):
        while (ack := self.far_end.receive("ACK")).sequence != invite.sequence:
            pass
        assert ack.fields["authorization"] == invite.fields["authorization"]

    def end(self):
        self.engine.send({"type": "leave"})
        bye = self.far_end.receive("BYE")
        self.far_end.reply(bye, 200, "OK")
        assert self.engine.wait_for_end()["reason"] == "hung-up"

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.engine.__exit__(*exception)
        self.far_end.__exit__(*exception)


@pytest.fixture
def line(tmp_path):
    with Line(tmp_path) as line:
        line.engine.call(line.far_end.uri)
        yield line


# In a call


@pytest.mark.parametrize(
    "options, reasons",
    [((), ["nothing"]), (("--challenge", "407"), ["nothing"]), (("--qop", "none"), ["nothing"]),
     (("--digest", "SHA-256-sess"), ["nothing"]), (("--nextnonce",), ["nothing"]),
     (("--challenge", "407=a proxy", "--challenge", "401=server"), ["nothing"] * 2),
     # INVITE, re-INVITE of the successor, hold, BYE.
     (("--stale-after", 1), ["nothing", "stale", "stale", "stale"])], ids=str)  # fmt: skip
def test_same_call_goes_on_and_its_goodbye_is_accepted(tmp_path, options, reasons):
    with FarEnd(*asks("--challenge-for", "ALL", *options)) as far_end:
        with AccountEngine(tmp_path) as engine:
            engine.call(far_end.uri)
            engine.wait_for_state("joined")
            far_end.wait_for_packets(25)
            resume = kill(engine)
        with AccountEngine(tmp_path) as engine:
            engine.call(far_end.uri, resume=resume)
            engine.wait_for_state("joined")
            far_end.wait_for_packets(25)
            hold(engine)
            leave(engine, far_end)
            wait_for_calls(far_end, 0)
            assert challenged(far_end) == reasons
        assert far_end.events().count("incoming") == 1


def test_three_deaths_one_after_the_other(tmp_path):
    with FarEnd(*asks("--challenge-for", "ALL")) as far_end:
        resume = None
        for turn in range(4):
            with AccountEngine(tmp_path) as engine:
                engine.call(far_end.uri, resume=resume)
                engine.wait_for_state("joined")
                far_end.wait_for_packets(10)
                if turn == 3:
                    leave(engine, far_end)
                else:
                    resume = kill(engine)
        assert challenged(far_end) == ["nothing"] and far_end.events().count("incoming") == 1


def test_goodbye_of_the_dead_one_is_said_again(tmp_path):
    with FarEnd(*asks("--challenge-for", "BYE", "--drop", "BYE=1")) as far_end:
        with AccountEngine(tmp_path) as engine:
            engine.call(far_end.uri, realm="far end")
            engine.wait_for_state("joined")
            engine.send({"type": "leave"})
            far_end.wait_for("dropped")
            engine.wait_for_state("ended")
            resume = kill(engine)
        with AccountEngine(tmp_path) as engine:
            engine.call(far_end.uri, resume=resume, realm="far end")
            far_end.wait_for("bye", by="caller")
            assert engine.wait_for_end()["reason"] == "hung-up"


def test_successor_without_the_password_keeps_the_call(tmp_path):
    """It cannot answer a challenge; that does not end what is up."""
    with FarEnd(*asks()) as far_end:
        with AccountEngine(tmp_path) as engine:
            engine.call(far_end.uri)
            engine.wait_for_state("joined")
            far_end.wait_for_packets(25)
            resume = kill(engine)
        with AccountEngine(tmp_path) as engine:
            engine.call(far_end.uri, resume=resume, password=None)
            engine.wait_for_state("joined")
            far_end.wait_for_packets(25)
            leave(engine, far_end)


# Before the answer


@pytest.mark.parametrize("heard", [False, True])
def test_between_the_challenge_and_its_answer(line, heard):
    """The challenge comes to nobody, or the dead one has it and has said nothing yet that is known."""
    first = line.far_end.receive("INVITE")
    line.engine.wait_for_state("connecting")
    resume = kill(line.engine)
    if not heard:
        line.asked(first)
    line.succeed(resume)
    second = line.second(first)
    line.answer(second)
    line.confirmed(second)
    line.engine.wait_for_state("joined")
    line.end()


@pytest.mark.parametrize("ringing", [False, True])
def test_after_the_answer_to_the_challenge(line, ringing):
    first = line.far_end.receive("INVITE")
    line.asked(first)
    second = line.second(first)
    if ringing:
        line.far_end.reply(second, 180, "Ringing")
        line.engine.wait_for_state("ringing")
    line.succeed(kill(line.engine))
    again = line.second(first)
    # Whatever is sent under the same number is the same, with the same credentials: its server knows it already.
    assert again.sequence >= second.sequence
    if again.sequence == second.sequence:
        assert again.branch == second.branch
        assert again.fields["authorization"] == second.fields["authorization"]
    assert not ringing or again.branch == second.branch, "a second call is begun while the first one rings"
    line.answer(again)
    line.confirmed(again)
    line.engine.wait_for_state("joined")
    line.end()


def test_between_the_answer_and_its_confirmation(line):
    first = line.far_end.receive("INVITE")
    line.asked(first)
    second = line.second(first)
    line.far_end.reply(second, 180, "Ringing")
    line.engine.wait_for_state("ringing")
    resume = kill(line.engine)
    line.answer(second)
    line.succeed(resume)
    assert line.far_end.receive("INVITE").branch == second.branch
    line.answer(second)
    line.confirmed(second)
    line.engine.wait_for_state("joined")
    line.end()


def test_answer_that_the_dead_one_has_confirmed_to_nobody(line):
    """Its ACK is lost, or was never sent: the server says its 200 again, to the successor."""
    first = line.far_end.receive("INVITE")
    line.asked(first)
    second = line.second(first)
    line.answer(second)
    line.engine.wait_for_state("joined")
    line.succeed(kill(line.engine))
    again = line.far_end.receive("INVITE")
    line.answer(again)
    line.engine.wait_for_state("joined")
    while line.far_end.receive("ACK").sequence != again.sequence:
        pass
    line.answer(second)
    line.confirmed(second)
    line.end()


def test_hung_up_while_it_rings_and_dead_before_the_cancel_is_heard(line):
    first = line.far_end.receive("INVITE")
    line.asked(first)
    second = line.second(first)
    line.far_end.reply(second, 180, "Ringing")
    line.engine.wait_for_state("ringing")
    line.engine.send({"type": "leave"})
    line.engine.wait_for_state("ended")
    line.far_end.receive("CANCEL")
    line.succeed(kill(line.engine))
    cancel = line.far_end.receive("CANCEL")
    assert (cancel.branch, cancel.sequence) == (second.branch, second.sequence)
    line.far_end.reply(cancel, 200, "OK")
    line.far_end.reply(second, 487, "Request Terminated")
    assert line.far_end.receive("ACK").branch == second.branch
    assert line.engine.wait_for_end()["reason"] == "hung-up"


@pytest.mark.parametrize("milliseconds", [0, 2, 4, 6, 8, 12, 20, 40, 70, 100])
def test_death_at_any_moment(tmp_path, milliseconds):
    options = ("--challenge", "407=a proxy", "--challenge", "401=server", "--answer-after", 60)
    with FarEnd(*asks("--challenge-for", "ALL", *options)) as far_end:
        with AccountEngine(tmp_path) as engine:
            engine.call(far_end.uri)
            engine.wait_for_state("connecting")
            # The moment is the fault itself.
            time.sleep(milliseconds / 1000)
            resume = kill(engine)
        with AccountEngine(tmp_path) as engine:
            engine.call(far_end.uri, resume=resume)
            engine.wait_for_state("joined")
            engine.wait_for_media(10)
            wait_for_calls(far_end, 1)
            assert far_end.events().count("incoming") == 1
            leave(engine, far_end)
        wait_for_calls(far_end, 0)
