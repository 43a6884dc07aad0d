# SPDX-License-Identifier: Apache-2.0
"""Addresses as RFC 3261 has them: what the user wrote is what is called."""

import pytest
from bare_far_end import BareFarEnd

USERS = [
    "1014;phone-context=example.com", "a;transport=tcp", "a?b", "a;x=y;z", "12%233", "a%3Bb", "a%40b", "+49-30-1234",
    "a,b", "a&b=c+d$e", "a/b", "(555)", "a:secret", "A.b-c_d!~*'", "a%20b", "user;user=phone", "a%3bb%2C"]  # fmt: skip


@pytest.mark.parametrize("user", USERS)
def test_user_part_is_sent_as_it_is(engine, user):
    with BareFarEnd() as far_end:
        uri = f"sip:{user}@127.0.0.1:{far_end.port}"
        engine.join(uri)
        invite = far_end.receive("INVITE")
        assert invite.uri == uri
        assert invite.fields["to"] == f"<{uri}>"
        assert invite.first.startswith("INVITE ")


def test_hash_sign_is_sent_as_it_must_be(engine):
    """Nobody who dials a service code knows that it is no character of an address."""
    with BareFarEnd() as far_end:
        engine.join(f"sip:12#3@127.0.0.1:{far_end.port}")
        assert far_end.receive("INVITE").uri == f"sip:12%233@127.0.0.1:{far_end.port}"


@pytest.mark.parametrize("scheme", ["SIP", "Sip", "sIp"])
def test_scheme_may_be_written_in_capitals(engine, scheme):
    with BareFarEnd() as far_end:
        engine.join(f"{scheme}:x@127.0.0.1:{far_end.port}")
        assert far_end.receive("INVITE").uri == f"sip:x@127.0.0.1:{far_end.port}"


@pytest.mark.parametrize(
    "suffix, sent", [(";user=phone", ";user=phone"), (";foo", ";foo"), (";transport=udp", ";transport=udp"),
                     (";lr", ";lr"), ("?Subject=x", ""), (";method=INVITE", ""), (";foo=a%20b", ";foo=a%20b")])
def test_parameters_are_sent_and_what_is_not_for_a_request_is_not(engine, suffix, sent):
    with BareFarEnd() as far_end:
        uri = f"sip:x@127.0.0.1:{far_end.port}"
        engine.join(uri + suffix)
        invite = far_end.receive("INVITE")
        assert invite.uri == uri + sent
        assert invite.fields["to"].startswith(f"<{uri}")


def test_address_without_a_user(engine):
    with BareFarEnd() as far_end:
        engine.join(f"sip:127.0.0.1:{far_end.port}")
        assert far_end.receive("INVITE").uri == f"sip:127.0.0.1:{far_end.port}"


@pytest.mark.parametrize(
    "uri, said",
    [("sip:a b@127.0.0.1", "code 32"), ("sip:", "host"), ("sip:x@", "host"), ("sip:@127.0.0.1", "user"),
     ("sip:x@127.0.0.1:0", "port"), ("sip:x@127.0.0.1:99999", "port"), ("sip:x@127.0.0.1:x", "port"),
     ("sip:a%4@127.0.0.1", "%"),
     ("sip:x@[::1", "brackets"), ("sip:x@-a-.example", "host"), ("sip:x@" + "a" * 3000, "long"),
     ("sip:x@127.0.0.1\r\nX: y", "code 13")])
def test_address_that_is_none_is_refused_with_its_reason(engine, uri, said):
    engine.join(uri)
    ended = engine.wait_for_end()
    assert ended["reason"] == "engine-failed"
    assert said in ended["detail"], ended["detail"]
    assert "\r" not in ended["detail"] and len(ended["detail"]) < 600


@pytest.mark.parametrize(
    "identity, sent",
    [("sip:alice@caller.example", "<sip:alice@caller.example>"),
     ("<sip:alice@caller.example>", "<sip:alice@caller.example>"),
     ('"Alice \\"A\\"" <sip:a;b@caller.example>', '"Alice \\"A\\"" <sip:a;b@caller.example>'),
     ("Alice <sip:alice@caller.example>", "Alice <sip:alice@caller.example>")])
def test_identity_is_that_of_from(engine, identity, sent):
    with BareFarEnd() as far_end:
        engine.join(far_end.uri, identity=identity)
        invite = far_end.receive("INVITE")
        assert invite.fields["from"].replace('"Alice" ', "Alice ") == f"{sent};tag={invite.tag('from')}"


@pytest.mark.parametrize("host, said", [("255.255.255.255", "broadcast address"), ("[fe80::1]", "link-local address")])
def test_address_that_cannot_be_called_is_said_why(engine, host, said):
    engine.join(f"sip:x@{host}")
    ended = engine.wait_for_end()
    assert ended["reason"] == "unreachable" and said in ended["detail"], ended
