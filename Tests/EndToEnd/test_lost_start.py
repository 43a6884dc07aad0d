# SPDX-License-Identifier: Apache-2.0
"""A daemon that the bus has the user's manager start, as the manager re-executes itself: it may lose that, and the bus
waits without end. Nobody sees it."""

import time

ROUNDS = 20
DAEMON_RELOAD = "sleep 0.0{}; exec systemctl --user daemon-reexec"


def test_a_start_that_the_manager_loses_is_asked_for_again(calls):
    for number in range(ROUNDS):
        calls.user.systemctl("stop", "ongoingcalld")
        reload = calls.user.spawn("sh", "-c", DAEMON_RELOAD.format(number % 5))
        start = time.monotonic()
        result = calls.ctl("abort", "--all", "--json")
        reload.communicate()
        print(f"{time.monotonic() - start:.2f} s")
        assert result.returncode == 0, result.stderr
        assert calls.daemon() != 0
