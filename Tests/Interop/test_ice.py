# SPDX-License-Identifier: Apache-2.0
"""Calls from behind NAT without a provider that relays media: the ends find a way by ICE, with coturn and baresip."""

import time

import pytest
from baresip import MEDIA_PORTS, Baresip
from nat import HomeNetwork
from provider import PASSWORD, USER
from test_provider import Line, talk_and_hang_up
from turn import PORT, RELAY_PORTS, TURNServer
from world import ADDRESS, until

NOBODY = 3999
# A company: its router gives every connection another port, and lets only the servers through.
CLOSED = f"""\
table ip filter {{
  chain forward {{
    type filter hook forward priority 0; policy accept;
    udp dport {{ {MEDIA_PORTS.start}-{MEDIA_PORTS.stop} }} drop
    udp sport {{ {MEDIA_PORTS.start}-{MEDIA_PORTS.stop} }} drop
  }}
}}
"""


class LineByICE(Line):
    """A line whose engine is behind NAT, and whose provider passes on only SIP."""

    sees_all_links = True

    def __init__(self, folder, closed=False, server="turn", ice=True, account=None):
        super().__init__(folder, "udp", serves_nat=True)
        self.closed, self.server, self.ice, self.account = closed, server, ice, account or {}

    def _far_end(self):
        self.home = self.stack.enter_context(HomeNetwork(keeps_ports=not self.closed))
        self.prefix = self.home.prefix
        if self.closed:
            self.home.in_router("nft", "-f", "-", input=CLOSED, text=True)
        self.turn = self.stack.enter_context(TURNServer(self.folder, USER, PASSWORD))
        return super()._far_end()

    def new_far_end(self):
        nat = f";medianat=ice;stunserver=stun:{ADDRESS}:{PORT}" if self.ice else ""
        return Baresip(self.folder, self.answer, account=nat, modules=("stun", "turn", "ice"), shares_port=True)

    def join(self, engine=None, resume=None, **account):
        servers = {f"{self.server}_server": self.turn.address}
        super().join(engine, resume, **(servers | self.account | account))

    def relayed(self):
        """Whether coturn passes the call's sound on."""
        return bool(self.wire.select(lambda p: p.is_rtp and p.source[1] in RELAY_PORTS))


def test_call_that_finds_its_way(tmp_path):
    with LineByICE(tmp_path) as line:
        talk_and_hang_up(line)
        assert not line.relayed()


def test_call_with_a_stun_server_only(tmp_path):
    with LineByICE(tmp_path, server="stun") as line:
        talk_and_hang_up(line)


def test_call_by_relay_where_there_is_no_other_way(tmp_path):
    with LineByICE(tmp_path, closed=True) as line:
        talk_and_hang_up(line)
        assert line.relayed()


def test_no_sound_without_relay_where_there_is_no_other_way(tmp_path):
    """The network of the test before is one in which it is needed."""
    with LineByICE(tmp_path, closed=True, server="stun") as line:
        line.join()
        line.engine.wait_for_state("joined")
        begun = time.monotonic()
        until(lambda: time.monotonic() > begun + 5, 10, "end of the time", lambda: line.engine.wait_for_type("media"))
        assert line.engine.wait_for_type("media")["received"] == 0


def test_call_by_relay_only(tmp_path):
    """The far end does not learn where the caller is."""
    with LineByICE(tmp_path, account={"ice": "relay"}) as line:
        talk_and_hang_up(line)
        assert line.relayed()


def test_far_end_without_ice(tmp_path):
    """It is told the address by which the server sees the caller."""
    with LineByICE(tmp_path, ice=False) as line:
        talk_and_hang_up(line)


def test_turn_server_that_refuses_the_password(tmp_path):
    with LineByICE(tmp_path) as line:
        line.turn.stop()
        line.turn = line.stack.enter_context(TURNServer(line.folder, USER, "another", log="stranger"))
        line.call()
        line.check_goes_on()
        assert line.leave()["reason"] == "hung-up"
        assert "does not accept the user name and the password" in line.engine.log.read_text()


def test_turn_server_that_does_not_answer(tmp_path):
    """It costs the time of a breath, and no call."""
    with LineByICE(tmp_path, account={"turn_server": f"{ADDRESS}:{NOBODY}", "stun_server": f"{ADDRESS}:{PORT}"}) as line:
        begun = time.monotonic()
        line.call()
        assert time.monotonic() < begun + 10
        line.check_goes_on()
        assert line.leave()["reason"] == "hung-up"


@pytest.mark.parametrize("closed", [False, True], ids=["direct", "relayed"])
def test_engine_killed(tmp_path, closed):
    with LineByICE(tmp_path, closed=closed) as line:
        line.call()
        line.wait_for_sound(50)
        resume, _ = line.kill(line.engine)
        line.engine = line.new_engine()
        line.join(resume=resume)
        line.engine.wait_for_state("joined")
        line.check_goes_on()
        assert line.leave()["reason"] == "hung-up"


def test_router_that_forgets_its_ports(tmp_path):
    with LineByICE(tmp_path) as line:
        line.call()
        line.wait_for_sound(75)
        line.home.rebind()
        line.check_goes_on()
        assert line.leave()["reason"] == "hung-up"


def test_router_that_forgets_the_way_to_the_relay(tmp_path):
    """To the TURN server, this end is somebody else from then on: it gets another relay, and the far end another offer."""
    with LineByICE(tmp_path, closed=True) as line:
        line.call()
        line.wait_for_sound(75)
        line.home.rebind()
        forgotten = time.time()
        line.wire.wait_for_sip(lambda m: m.method == "INVITE" and m.tag("to"), since=forgotten, timeout=25,
                               what="re-INVITE")  # fmt: skip
        offered = time.time()
        # baresip 1.0.0 answers checks that begin anew, and makes none of its own: it speaks to the relay of before.
        line.wire.wait_for(lambda p: p.is_rtp and p.source[1] in RELAY_PORTS, since=offered, count=50, what="sound")
        line.note(f"after {time.time() - forgotten:.1f} s")
        assert line.leave()["reason"] == "hung-up"


def test_address_that_the_call_leaves(tmp_path):
    """Its relay is given back at once, as long as the address is there."""
    with LineByICE(tmp_path, closed=True) as line:
        line.call()
        line.wait_for_sound(50)
        allocated = line.turn.output.count("ALLOCATE processed, success")
        line.home.move()
        until(lambda: "lifetime=0" in line.turn.output, 10, "relay given back", lambda: line.engine.wait_for_type("media"))
        line.check_goes_on()
        assert line.turn.output.count("ALLOCATE processed, success") > allocated
        assert line.leave()["reason"] == "hung-up"
