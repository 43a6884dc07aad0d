# SPDX-License-Identifier: Apache-2.0
"""Attacks on a call of the SIP engine: what is nearly SIP, RTP and RTCP."""

from report import Attack

from .calls import rtp, sip, tcp

ATTACKS = [
    Attack("sip", "datagrams of SIP", 1_000_000, 20_000, sip),
    Attack("tcp", "connections", 20_000, 500, tcp),
    Attack("rtp", "packets of RTP and RTCP", 1_000_000, 40_000, rtp),
]
