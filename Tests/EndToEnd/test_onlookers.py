# SPDX-License-Identifier: Apache-2.0
"""Who only looks on starts no daemon that the user has stopped, and waits for none that is not coming."""

import subprocess

import pytest
from buses import on_both_buses
from calls import UNIT

pytestmark = [on_both_buses, pytest.mark.alone]

VERBS = [
    "watch", "watch --after 0", "watch --json", "status", "status --json", "status --format plain", "status --follow",
]  # fmt: skip

# Between none of them having asked and all of them having had their answers, in seconds.
DELAYS = [0, 0.05, 0.1, 0.15, 0.25, 0.4]


def test_a_daemon_that_is_stopped_as_they_begin_stays_so(calls):
    for delay in DELAYS:
        session = calls.launch(command=["/bin/sleep", "1000"])
        onlookers = {
            verb: calls.user.spawn("ongoingcallctl", *verb.split(), session.id, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True)
            for verb in VERBS
        }  # fmt: skip
        subprocess.run(["sleep", str(delay)], check=True)
        # It fails where somebody starts the unit meanwhile: “Job canceled”.
        calls.user.systemctl("stop", UNIT)
        for verb, process in onlookers.items():
            _, error = process.communicate(timeout=20)
            assert process.returncode in (0, 66), (verb, error)
        assert calls.user.unit(UNIT, "ActiveState")["ActiveState"] == "inactive"


def test_a_call_whose_daemon_is_replaced_as_they_begin_is_not_waited_for(calls):
    for _ in range(8):
        session = calls.launch(command=["/bin/sleep", "1000"])
        watch = calls.user.spawn("ongoingcallctl", "watch", "--json", session.id, stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, text=True)  # fmt: skip
        calls.user.systemctl("stop", UNIT)
        calls.start()
        _, error = watch.communicate(timeout=20)
        assert watch.returncode in (0, 66), error
