# SPDX-License-Identifier: Apache-2.0
"""Where a far end sends a call, what it says of its end, and requests that are not as they should be."""

import pytest
from bare_far_end import BareFarEnd, answer_barely
from far_end import FarEnd
from sip_engine import states


def redirect(engine, door, *contacts):
    """The first Contact is the field that a bare far end writes."""
    engine.join(door.uri)
    invite = door.receive("INVITE")
    door.reply(invite, 302, "Moved", contact=contacts[0], extra=[f"Contact: {contact}" for contact in contacts[1:]])
    return invite


def test_best_of_several_is_called_first(engine):
    with BareFarEnd() as door, BareFarEnd() as worse, BareFarEnd() as best:
        redirect(engine, door, f"{worse.contact};q=0.1", f"{best.contact};q=0.9")
        invite = best.receive("INVITE")
        assert invite.uri == best.uri
        best.reply(invite, 200, "OK", body=best.sdp())
        engine.wait_for_state("joined")
        with pytest.raises(AssertionError):
            worse.receive("INVITE", timeout=0.3)


def test_next_of_several_is_called_when_the_first_refuses(engine):
    with BareFarEnd() as door, BareFarEnd() as one, BareFarEnd() as other:
        redirect(engine, door, f"{one.contact};q=0.9, {other.contact};q=0.5")
        one.reply(one.receive("INVITE"), 486, "Busy Here")
        invite = other.receive("INVITE")
        other.reply(invite, 200, "OK", body=other.sdp())
        engine.wait_for_state("joined")


def test_redirect_to_another_transport(engine):
    with BareFarEnd() as door, FarEnd() as far_end:
        redirect(engine, door, f"<{far_end.uri};transport=tcp>;q=1.0")
        far_end.wait_for("incoming", transport="tcp")
        engine.wait_for_state("joined")
        far_end.wait_for_packets(25)


def test_headers_of_a_redirect_are_not_in_the_request_line(engine):
    with BareFarEnd() as door, BareFarEnd() as far_end:
        redirect(engine, door, f"<{far_end.uri}?Subject=x&Reason=y>")
        assert far_end.receive("INVITE").uri == far_end.uri


def test_refusal_of_all_is_told(engine):
    with BareFarEnd() as door, BareFarEnd() as one, BareFarEnd() as other:
        redirect(engine, door, f"{one.contact}, {other.contact}")
        one.reply(one.receive("INVITE"), 404, "Not Found")
        other.reply(other.receive("INVITE"), 486, "Busy Here")
        assert engine.wait_for_end()["reason"] == "busy"


def test_end_that_nobody_asked_for_is_a_refusal(engine):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 180, "Ringing")
        far_end.reply(invite, 487, "Request Terminated")
        ended = engine.wait_for_end()
        assert (ended["reason"], ended["detail"]) == ("refused", "487 Request Terminated")


@pytest.mark.parametrize(
    "reason, said",
    [('Q.850;cause=16;text="Terminated"', "Terminated"), ("SIP;cause=200", "200"),
     ('SIP;cause=580;text="Precondition Failure"', "Precondition Failure")])
def test_reason_of_the_end_is_told(engine, far_end, reason, said):
    engine.join(far_end.uri)
    engine.wait_for_state("joined")
    far_end.command(f"hangup {reason}")
    ended = engine.wait_for_end()
    assert ended["reason"] == "removed"
    assert said in ended["detail"]


@pytest.mark.parametrize("reason", ["", ";;;", "x" * 3000, 'Q.850;text="\x01\x02"', 'Q.850;text="a\\"b'])
def test_reason_that_is_none_ends_the_call_all_the_same(engine, reason):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "BYE", [f"Reason: {reason}"])
        assert far_end.receive_response("BYE").status == 200
        ended = engine.wait_for_end()
        assert ended["reason"] == "removed" and len(ended.get("detail", "")) < 1000


# Requests in the dialog


def test_unknown_requirement(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "INVITE", ["Require: timer, frob, blub"], far_end.sdp(version=2))
        answer = far_end.receive_response("INVITE")
        assert (answer.status, answer.fields["unsupported"]) == (420, "frob, blub")
        far_end.ask(invite, "ACK", sequence=answer.sequence)
        assert states(engine)[-1] == "joined"


@pytest.mark.parametrize(
    "extra", [["Content-Type: text/plain"], ["Content-Type: application/sdp", "Content-Encoding: gzip"]])
def test_content_that_is_not_understood(engine, extra):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "INVITE", extra, far_end.sdp(version=2))
        answer = far_end.receive_response("INVITE")
        assert (answer.status, answer.fields["accept"]) == (415, "application/sdp")


def test_numbers_only_grow(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        for number, status in ((10, 200), (9, 500), (11, 200), (1000, 200), (11, 500), (2**31 - 2, 200)):
            far_end.ask(invite, "OPTIONS", sequence=number)
            assert far_end.receive_response("OPTIONS").status == status, number


@pytest.mark.parametrize("tags", [("other-tag", None), ("far-tag", "other")])
def test_tags_are_those_of_the_dialog(engine, tags):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        for method in ("BYE", "INVITE", "OPTIONS", "UPDATE"):
            far_end.ask(invite, method, tag=tags[0], own_tag=tags[1])
            assert far_end.receive_response(method).status == 481
        engine.ping()
        assert states(engine)[-1] == "joined"


@pytest.mark.parametrize("method, status", [("FROB", 501), ("PUBLISH", 405), ("INFO", 200), ("PRACK", 481)])
def test_method(engine, method, status):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, method)
        assert far_end.receive_response(method).status in (status, 400, 405)


def test_offer_that_cannot_be_had_leaves_the_call_as_it_was(engine):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "INVITE", body=far_end.sdp(version=2, codecs=["18 G729/8000"]))
        answer = far_end.receive_response("INVITE")
        assert answer.status == 488
        far_end.ask(invite, "ACK", sequence=answer.sequence)
        far_end.forget_sound()
        far_end.receive_sound(25)
