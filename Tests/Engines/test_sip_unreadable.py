# SPDX-License-Identifier: Apache-2.0
"""Responses that the engine does not read: the call ends at once, with what is wrong, and the far end knows."""

import pytest
from account_engine import AccountEngine
from bare_far_end import BareFarEnd

MANY = [f"X-{number}: x" for number in range(300)]
WORDS = "too many header fields; at most 256 are allowed"


@pytest.fixture
def server():
    with BareFarEnd() as server:
        yield server


@pytest.mark.parametrize("fields", [MANY, ["Record-Route: <sip:127.0.0.1:9;lr>"] * 300],
                         ids=["many", "routes"])
def test_acceptance_is_acknowledged_and_ended(engine, server, fields):
    engine.join(server.uri)
    # The route must lead here for the BYE to be seen.
    fields = [field.replace(":9;", f":{server.port};") for field in fields]
    server.reply(server.receive("INVITE"), 200, "OK", extra=fields, body=server.sdp())
    server.receive("ACK", timeout=5)
    bye = server.receive("BYE", timeout=5)
    assert bye.tag("to") == "far-tag"
    server.reply(bye, 200, "OK")
    ended = engine.wait_for_end()
    assert ended["reason"] == "refused" and ended["detail"].startswith("the far end's answer is unusable: ")
    assert WORDS in ended["detail"], ended


def test_acceptance_with_a_long_tag_is_acknowledged_and_ended(engine, server):
    engine.join(server.uri)
    tag = "t" * 20000
    server.reply(server.receive("INVITE"), 200, "OK", tag=tag, body=server.sdp())
    server.receive("ACK", timeout=5)
    bye = server.receive("BYE", timeout=5)
    assert bye.tag("to") == tag
    server.reply(bye, 200, "OK")
    assert engine.wait_for_end()["reason"] == "refused"


@pytest.mark.parametrize("status", [302, 407, 486])
def test_refusal_is_the_end(engine, server, status):
    engine.join(server.uri)
    server.reply(server.receive("INVITE"), status, "No", extra=MANY)
    ended = engine.wait_for_end(timeout=5)
    assert ended["detail"] == f"{status} No; its answer cannot be read: {WORDS}", ended


def test_registration(tmp_path, server):
    with AccountEngine(tmp_path) as engine:
        engine.call(server.uri, register=True, registrar=f"sip:127.0.0.1:{server.port}")
        server.reply(server.receive("REGISTER"), 200, "OK", extra=MANY)
        ended = engine.wait_for_state("ended", timeout=5)
        assert ended["reason"] == "refused" and WORDS in ended["detail"], ended
