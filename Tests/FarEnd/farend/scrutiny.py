# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a SIP message by itself."""

import ipaddress

from .address import URI, Malformed, NameAddress

COOKIE = "z9hG4bK"
ONCE = ("from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type", "expires", "session-expires",
        "rseq", "rack", "replaces", "event")  # fmt: skip
WITH_CONTACT = ("INVITE", "UPDATE", "SUBSCRIBE", "REFER", "NOTIFY")


def _is_loopback(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def scrutinize(message, flow, violate):
    for name in ONCE:
        if len(message.all(name)) > 1:
            violate(f"{name} stands {len(message.all(name))} times")
    for name in ("via", "from", "to", "call-id", "cseq"):
        if not message.all(name):
            violate(f"no {name}")
            return False
    for name in ("from", "to"):
        try:
            NameAddress(message.get(name))
        except Malformed as error:
            violate(f"{name}: {error}")
            return False
    if not message.tag("from"):
        violate("From has no tag")
    number, method = message.sequence
    if not 0 <= number < 1 << 31:
        violate(f"CSeq is “{message.get('cseq')}”")
        return False
    _length(message, flow, violate)
    try:
        via = message.via
    except Malformed as error:
        violate(str(error))
        return False
    if message.status is not None:
        if message.status > 100 and not message.tag("to"):
            violate("a response has no tag in To")
        if len(message.list("via")) != 1:
            violate(f"a response has {len(message.list('via'))} Vias")
        return True
    _request(message, method, via, flow, violate)
    return True


def _length(message, flow, violate):
    said = message.get("content-length")
    if said is None:
        if flow.is_reliable:
            return  # The transport has complained.
    elif not said.isdigit() or int(said) != len(message.body):
        violate(f"Content-Length is {said}, the body has {len(message.body)} bytes")
    if message.body and not message.get("content-type"):
        violate("a body without Content-Type")


def _request(message, method, via, flow, violate):
    if method != message.method:
        violate(f"CSeq is of {method}")
    if not via.branch.startswith(COOKIE) or len(via.branch) < len(COOKIE) + 6:
        violate(f"the branch is “{via.branch}”")
    if via.transport != flow.transport:
        violate(f"Via says {via.transport}, it came over {flow.transport}")
    if _is_loopback(via.host) and not _is_loopback(flow.host):
        violate(f"Via names {via.host}, it came from {flow.host}")
    hops = message.get("max-forwards")
    if hops is None:
        violate("no Max-Forwards")
    # OPTIONS with 0 asks the next hop alone.
    elif not hops.isdigit() or not (method != "OPTIONS") <= int(hops) < 256:
        violate(f"Max-Forwards is “{hops}”")
    try:
        uri = URI(message.uri)
        if uri.text.partition("?")[1] and uri.user and "?" not in uri.user or "method" in uri.parameters:
            violate(f"the Request-URI has headers or a method: {message.uri}")
    except Malformed as error:
        violate(f"Request-URI: {error}")
    if message.method in WITH_CONTACT:
        _contact(message, flow, violate)
    if message.all("session-expires") and "timer" not in message.tokens("supported") | message.tokens("require"):
        violate("Session-Expires without Supported: timer")
    if message.method == "CANCEL" and (message.all("require") or message.all("proxy-require")):
        violate("CANCEL has a Require")
    if message.method in ("ACK", "CANCEL") and len(message.list("via")) < 1:
        violate("no Via")
    for route in message.list("route"):
        try:
            URI(NameAddress(route).uri)
        except Malformed as error:
            violate(f"Route: {error}")


def _contact(message, flow, violate):
    contacts = message.list("contact")
    if len(contacts) != 1:
        violate(f"{message.method} has {len(contacts)} Contacts")
        return
    try:
        uri = URI(NameAddress(contacts[0]).uri)
    except Malformed as error:
        violate(f"Contact: {error}")
        return
    if _is_loopback(uri.host) and not _is_loopback(flow.host):
        violate(f"Contact names {uri.host}, it came from {flow.host}")
    if uri.host in ("0.0.0.0", "::"):
        violate(f"Contact names {uri.host}")
    # A proxy may come by another transport than the caller came to it.
    if uri.transport != flow.transport and flow.transport == "udp" and len(message.all("via")) == 1:
        violate(f"Contact is of {uri.transport}, it came over {flow.transport}")
