# SPDX-License-Identifier: Apache-2.0
"""Calls from behind NAT, through Kamailio that relays the media by rtpengine, to baresip."""

import time

import pytest
from nat import HomeNetwork, MediaRelay
from test_provider import Line, talk_and_hang_up
from world import until


class LineAtHome(Line):
    """A line whose engine is behind NAT."""

    def __init__(self, folder, transport, idle_seconds=30, **provider):
        super().__init__(folder, transport, relays=True, **provider)
        self.idle_seconds = idle_seconds

    def _far_end(self):
        self.home = self.stack.enter_context(HomeNetwork(self.idle_seconds))
        self.prefix = self.home.prefix
        self.stack.enter_context(MediaRelay(self.folder))
        return super()._far_end()


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_call(tmp_path, transport):
    with LineAtHome(tmp_path, transport) as line:
        talk_and_hang_up(line)


def test_hang_up_by_far_end_after_a_long_talk(tmp_path):
    """The router forgets a port of UDP that is not used for so long."""
    with LineAtHome(tmp_path, "udp", idle_seconds=30) as line:
        line.call()
        answered = time.monotonic()
        until(lambda: time.monotonic() > answered + 40, 60, "end of the talk",
              lambda: line.engine.wait_for_type("media"))
        line.far_end.hang_up()
        assert line.engine.wait_for_state("ended")["reason"] == "removed"


def test_router_that_forgets_its_ports(tmp_path):
    """It is restarted, or has too many: what was sent to the previous port gets lost, and what is sent has another."""
    with LineAtHome(tmp_path, "udp") as line:
        line.call()
        line.wait_for_sound(75)
        line.home.rebind()
        forgotten = time.time()
        line.wire.wait_for_sip(lambda m: m.method == "INVITE" and m.tag("to"), since=forgotten, timeout=25,
                                what="re-INVITE")
        line.check_goes_on()
        line.note(f"after {time.time() - forgotten:.1f} s")
        line.far_end.hang_up()
        assert line.engine.wait_for_state("ended")["reason"] == "removed"


def test_engine_killed(tmp_path):
    with LineAtHome(tmp_path, "udp") as line:
        line.call()
        resume, _ = line.kill(line.engine)
        line.engine = line.new_engine()
        line.join(resume=resume)
        line.engine.wait_for_state("joined")
        line.check_goes_on()
        assert line.leave()["reason"] == "hung-up"
