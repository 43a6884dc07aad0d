# SPDX-License-Identifier: Apache-2.0
"""Calls through a provider that lets only registered callers call: Kamailio, before baresip."""

import pytest
from test_provider import Line
from test_sip_registration import registration, said


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_call(tmp_path, transport):
    """The provider allows six seconds at most: the registration is refreshed during the call."""
    with Line(tmp_path, transport, registers=(2, 6)) as line:
        line.call()
        assert said(line.engine)[-1]["state"] == "registered" and said(line.engine)[-1]["expires-in"] <= 6
        registration(line.engine, "registered")
        line.check_goes_on()
        assert line.leave()["reason"] == "hung-up"
        assert said(line.engine)[-1]["state"] == "removed"
        line.check_secrecy()


def test_provider_that_wants_longer_registrations(tmp_path):
    with Line(tmp_path, "udp", registers=(900, 3600)) as line:
        line.call()
        assert said(line.engine)[-1]["expires-in"] in (899, 900)
        assert line.leave()["reason"] == "hung-up"


def test_unregistered_callers_are_refused(tmp_path):
    with Line(tmp_path, "udp", registers=(2, 600)) as line:
        line.join(register=None)
        ended = line.engine.wait_for_end()
        assert ended["reason"] == "not-permitted" and "Register first" in ended["detail"]


def test_engine_killed(tmp_path):
    """Its successor goes on with the call and with the registration."""
    with Line(tmp_path, "udp", registers=(2, 600)) as line:
        line.call()
        resume, _ = line.kill(line.engine)
        line.engine = line.new_engine()
        line.join(resume=resume)
        line.engine.wait_for_state("joined")
        assert said(line.engine)[-1]["state"] == "registered" or registration(line.engine, "registered")
        line.check_goes_on()
        assert line.leave()["reason"] == "hung-up"
        assert said(line.engine)[-1]["state"] == "removed"


def test_provider_restarted(tmp_path):
    """It has forgotten who is registered; it is told with the next refresh, and the call goes on."""
    with Line(tmp_path, "udp", registers=(2, 6)) as line:
        line.call()
        line.far_end.restart()
        registration(line.engine, "registered")
        line.check_goes_on()
        assert line.leave()["reason"] == "hung-up"
