# SPDX-License-Identifier: Apache-2.0
"""The death of a SIP engine, and what is left for the one that takes its call up again."""

import signal
import time

from sip_engine import SIPEngine


def last_resume(engine):
    engine.reader.drain()
    return [m["resume"] for m in engine.messages if "resume" in m][-1]


def kill(engine):
    """The engine's death; its last `resume` is what is left of it."""
    engine.signal(signal.SIGKILL)
    assert engine.wait_for_exit() == -signal.SIGKILL
    return last_resume(engine)


def call_and_kill(folder, far_end, before=lambda engine: None, uri=None, env=None, **join):
    """A call that is up, and the death of its engine; returns its `resume`."""
    with SIPEngine(folder, env=env) as engine:
        engine.join(uri or far_end.uri, **join)
        engine.wait_for_state("joined")
        far_end.wait_for_packets(50)
        before(engine)
        far_end.command("reset")
        return kill(engine)


def wait_for_calls(far_end, number, timeout=5):
    """Returns when the far end has so many calls up."""
    deadline = time.monotonic() + timeout
    while (stats := far_end.stats())["calls"] != number:
        assert time.monotonic() < deadline, f"{stats['calls']} calls are up at the far end, not {number}"
    return stats


def hold(engine, held=True):
    engine.send({"type": "set-held", "held": held})
    engine.wait_for_state("joined", held=held)


def bare_call_and_kill(folder, far_end, before=lambda engine: None, answer=(), confirmed_to=None, **join):
    """The same with a bare far end; returns the `resume` and the INVITE."""
    with SIPEngine(folder) as engine:
        engine.join(far_end.uri, **join)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 200, "OK", body=far_end.sdp(), extra=answer)
        (confirmed_to or far_end).receive("ACK")
        engine.wait_for_state("joined")
        before(engine)
        return kill(engine), invite
