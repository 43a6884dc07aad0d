# SPDX-License-Identifier: Apache-2.0
"""The user's service manager is replaced while it is needed."""

from booted import wait_for


def test_every_launch_succeeds_while_the_manager_re_executes_again_and_again(calls):
    kept = calls.launch(command=["/bin/sleep", "1000"])
    kept.wait_until("joined")
    process = calls.user.spawn("sh", "-c", "while systemctl --user daemon-reexec; do :; done")
    try:
        for _ in range(20):
            session = calls.launch(command=["/bin/sleep", "1000"])
            session.wait_until("joined")
            session.call("Abort")
            session.wait_until("ended")
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    assert kept["State"] == "joined"
    kept.call("HangUp")
    wait_for("no unit to be left", lambda: not calls.engine_units(), 30)
