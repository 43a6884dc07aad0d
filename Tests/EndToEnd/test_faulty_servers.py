# SPDX-License-Identifier: Apache-2.0
"""A hundred calls through servers that do something wrong: each ends with its reason, and nothing of it is left."""

import json
import os
import re
from concurrent.futures import ThreadPoolExecutor

import providers  # noqa: F401
from booted import wait_for
from faults import FaultyServer

OF_EACH = int(os.environ.get("ONGOINGCALL_CALLS_OF_EACH", "8"))
AT_ONCE = 8
FORKED = 40
"""Seconds for which, and some more, an engine waits for answers of further phones."""
KILOBYTES = min(256 * OF_EACH, 8192)
"""What the memory of the daemon may grow by: it keeps the events of the last calls, some 6 MB of them and no more."""


def size(calls):
    """Descriptors and kilobytes of the daemon."""
    daemon, run = calls.daemon(), calls.user.bed.run
    memory = re.search(r"VmRSS:\s+(\d+)", run("cat", f"/proc/{daemon}/status").stdout)
    return len(run("ls", f"/proc/{daemon}/fd").stdout.split()), int(memory.group(1))


def play(calls, server, fault):
    reason, words = server.faults[fault]
    # It fails where the call has ended by then.
    launched = json.loads(calls.ctl("launch", "--json", server.address_of(fault)).stdout)
    session = calls.session(launched["session"]["id"])
    if fault == "silent":
        calls.ctl("abort", session.id, check=True)
    ended = session.wait_until("ended", 60)
    told = ended["EndReason"], ended["EndDetail"]
    return [] if told[0] == reason and words in told[1] else [(fault, *told)]


def test_a_hundred_calls(calls):
    with FaultyServer() as server, ThreadPoolExecutor(AT_ONCE) as pool:
        account = calls.ctl_json("account", "add", f"sip:me@127.0.0.1:{server.port}", "--default", "--password-place", "file")
        calls.ctl("account", "password", account["account"]["id"], input="tr0ub4dor-and-3\n", check=True)

        def play_all(faults):
            wrong = [each for found in pool.map(lambda fault: play(calls, server, fault), faults) for each in found]
            assert not wrong, wrong

        play_all([fault for fault in server.faults if fault != "fork"] * 2)
        calls.assert_nothing_runs()
        daemon, (descriptors, before) = calls.daemon(), size(calls)
        # First what takes longest.
        play_all(sorted([*server.faults] * OF_EACH, key=lambda fault: fault != "fork"))
        server.wait_until_all_are_told()
        wait_for("all engines' units to be gone", lambda: not calls.engine_units(), FORKED)
        now, after = size(calls)
        print(f"{now} descriptors, {before} kB, and {after - before} kB more after {OF_EACH} calls of each kind")
        assert calls.daemon() == daemon and now <= descriptors and after - before < KILOBYTES
        assert calls.live() == [] and server.problems == []
        found = calls.user.run("pgrep", "-f", "ongoingcall-(sip|run)", check=False)
        assert found.stdout == "", found.stdout
