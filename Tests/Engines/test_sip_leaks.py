# SPDX-License-Identifier: Apache-2.0
"""A long call at a server that makes trouble: a hundred times the same leaves nothing in the engine."""

import os
import re
from pathlib import Path

import pytest
from account_engine import AccountEngine, asks
from far_end import FarEnd
from succession import hold

TIMES = 100
KILOBYTES = 2048
"""What memory may grow by: finished transactions are kept for half a minute, nine kilobytes a turn."""


def size(engine):
    """Descriptors and kilobytes."""
    status = Path(f"/proc/{engine.pid}/status").read_text()
    return len(os.listdir(f"/proc/{engine.pid}/fd")), int(re.search(r"VmRSS:\s+(\d+)", status).group(1))


def holds_and_challenges(engine, far_end):
    """The nonce is always too old."""
    hold(engine)
    far_end.wait_for("held-by-caller")
    hold(engine, False)


def offers_of_the_far_end(engine, far_end):
    far_end.command("hold")
    far_end.wait_for("answer", method="INVITE")
    far_end.command("unhold")
    far_end.wait_for("answer", method="INVITE")


def questions_of_the_far_end(engine, far_end):
    far_end.command("options")
    assert far_end.wait_for("answer", method="OPTIONS")["status"] == 200


@pytest.mark.parametrize("trouble", [holds_and_challenges, offers_of_the_far_end, questions_of_the_far_end])
def test_a_hundred_of_it(tmp_path, trouble):
    options = asks("--challenge-for", "ALL", "--stale-after", 1) if trouble is holds_and_challenges else ()
    with FarEnd(*options) as far_end, AccountEngine(tmp_path) as engine:
        engine.call(f"{far_end.uri};transport=tcp")
        engine.wait_for_state("joined")
        # With all that the sound needs.
        far_end.wait_for_packets(25)
        for _ in range(TIMES // 2):
            trouble(engine, far_end)
        descriptors, before = size(engine)
        for _ in range(TIMES):
            trouble(engine, far_end)
        now, after = size(engine)
        print(f"{trouble.__name__}: {now} descriptors, {before} kB, and {after - before} kB more")
        assert now == descriptors and after - before < KILOBYTES
        engine.send({"type": "leave"})
        assert engine.wait_for_end()["reason"] == "hung-up"
