# SPDX-License-Identifier: Apache-2.0
"""Transfers that nobody has agreed to."""

import pytest
from bare_far_end import BareFarEnd, answer_barely
from far_end import FarEnd
from sip_engine import states


def test_transfer_is_declined_and_the_third_party_hears_nothing(engine, far_end):
    with FarEnd() as third:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        far_end.command(f"refer {third.uri}")
        assert far_end.wait_for("answer", method="REFER")["status"] == 603
        engine.wait_for_media(50)
        assert states(engine)[-1] == "joined"
        engine.send({"type": "leave"})
        far_end.wait_for("bye", by="caller")
        engine.wait_for_end()
        third.stats()
        assert third.events() == ["listening"]


def test_transfer_with_replaces_is_declined(engine, far_end):
    """An attended one: the far end talks to the third party already."""
    with FarEnd() as third:
        engine.join(far_end.uri)
        engine.wait_for_state("joined")
        far_end.command(f"refer {third.uri}?Replaces=some-call%3Bto-tag%3Da%3Bfrom-tag%3Db")
        assert far_end.wait_for("answer", method="REFER")["status"] == 603
        engine.wait_for_media(25)
        third.stats()
        assert third.events() == ["listening"]


@pytest.mark.parametrize("uri", ["sip:x@127.0.0.1:9", "tel:+49301", "<<<", "http://example.org/"])
def test_transfer_to_anything_is_declined(engine, uri):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "REFER", [f"Refer-To: <{uri}>"])
        assert far_end.receive_response("REFER").status in (400, 603)
        engine.ping()
        assert states(engine)[-1] == "joined"


@pytest.mark.parametrize("extra", [["Event: refer", "Subscription-State: terminated;reason=noresource"], []])
def test_notice_that_nobody_asked_for_ends_nothing(engine, extra):
    with BareFarEnd() as far_end:
        invite = answer_barely(engine, far_end)
        far_end.ask(invite, "NOTIFY", extra, body="SIP/2.0 200 OK")
        assert far_end.receive_response("NOTIFY").status in (400, 481, 489)
        far_end.forget_sound()
        far_end.receive_sound(25)
        engine.ping()
        assert states(engine)[-1] == "joined"
