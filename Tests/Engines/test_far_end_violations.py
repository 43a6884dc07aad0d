# SPDX-License-Identifier: Apache-2.0
"""The far end complains of what is against the rules: each rule broken once, by hand."""

import struct

import pytest
from far_end import FarEnd
from test_far_end import Caller


@pytest.fixture
def call():
    with FarEnd("--grace", 0, strict=False) as far_end, Caller() as caller:
        caller.call(far_end)
        yield caller, far_end
        # Nothing of it may bring the far end itself down.
        assert not [text for text in far_end.violations() if "itself" in text]


def request(caller, method, sequence, **more):
    call_id, from_, to = caller.dialog
    caller.request(method, caller.uri_called, caller.destination, call_id, sequence, from_, to, **more)


def complaint(far_end, part):
    return far_end.reader.wait_for(
        lambda m: m["event"] == "violation" and part in m["text"], 5, f"a complaint of “{part}”")


def test_polite_caller_gives_no_reason(call):
    caller, far_end = call
    caller.packets(range(20))
    caller.hang_up()
    far_end.wait_for("bye")
    assert far_end.violations() == []


def test_old_sequence_number(call):
    caller, far_end = call
    request(caller, "OPTIONS", 5)
    caller.receive("OPTIONS", status=200)
    request(caller, "OPTIONS", 4)
    caller.receive("OPTIONS", status=500)
    complaint(far_end, "CSeq of OPTIONS is 4 after 5")


def test_description_that_changes_without_its_version(call):
    caller, far_end = call
    request(caller, "UPDATE", 2, body=caller.sdp("sendonly"))
    caller.receive("UPDATE", status=200)
    complaint(far_end, "version went from 1 to 1")


def test_media_against_the_direction(call):
    caller, far_end = call
    request(caller, "UPDATE", 2, body=caller.sdp("inactive").replace("o=far 1 1", "o=far 1 2"))
    caller.receive("UPDATE", status=200)
    far_end.wait_for("held-by-caller")
    caller.packets(range(3))
    complaint(far_end, "although the direction")


def test_media_of_another_kind_and_from_elsewhere(call):
    caller, far_end = call
    caller.media.sendto(struct.pack("!BBHII", 0x80, 77, 1, 1, 1) + bytes(20), caller.media_destination)
    complaint(far_end, "payload type 77")
    caller.socket.sendto(struct.pack("!BBHII", 0x80, 0, 2, 1, 1) + bytes(20), caller.media_destination)
    complaint(far_end, "was said")


def test_bye_with_a_route_that_nobody_gave(call):
    caller, far_end = call
    request(caller, "BYE", 2, extra=["Route: <sip:127.0.0.1:9;lr>"])
    complaint(far_end, "BYE has Route")


@pytest.mark.parametrize("field, part", [
    ("Max-Forwards: 70", "max-forwards stands 2 times"), ("Content-Length: 7", "Content-Length is 7"),
    ("Contact: <sip:b@127.0.0.1>", "UPDATE has 2 Contacts"), ("Session-Expires: 90", "without Supported: timer")])
def test_fields_that_are_wrong(call, field, part):
    caller, far_end = call
    request(caller, "UPDATE", 2, extra=[field])
    complaint(far_end, part)


@pytest.mark.parametrize("data, part", [
    (b"INVITE sip:a@b SIP/3.0\r\n\r\n", "is no SIP"), (b"MESSAGE sip:a@b SIP/2.0\nVia: x\n\n", "is no SIP"),
    (b"OPTIONS sip:a@b SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n", "no via"), (b"SIP/2.0 200 OK\r\n\r\n", "no via")])
def test_messages_that_are_none(call, data, part):
    caller, far_end = call
    caller.socket.sendto(data, caller.destination)
    complaint(far_end, part)


def test_missing_confirmation_is_a_complaint_before_anything_else():
    with FarEnd(strict=False) as far_end, Caller() as caller:
        caller.destination, from_ = ("127.0.0.1", far_end.port), f"{caller.contact};tag=caller"
        caller.request(
            "INVITE", far_end.uri, caller.destination, "one", 1, from_, f"<{far_end.uri}>", body=caller.sdp())
        answer = caller.receive("INVITE", status=200)
        # Said again, as nothing confirms it.
        assert caller.receive("INVITE", status=200).fields["to"] == answer.fields["to"]
        caller.request("BYE", far_end.uri, caller.destination, "one", 2, from_, answer.fields["to"])
        complaint(far_end, "BYE before the ACK")
