# SPDX-License-Identifier: Apache-2.0
"""The user's service manager: it is replaced while it is needed, and newer ones can do more."""

from booted import wait_for
from calls import UNIT
from test_configuration import OWN, spec

SLEEP = ["/bin/sleep", "1000"]
# It goes down with the daemon wherever that is said to be down.
BOUND = f"[Unit]\nBindsTo={UNIT}\nAfter={UNIT}\n[Service]\nExecStart=/bin/sleep 1000\n"


def has_254(calls):
    """Whether the manager has what `systemd-254.conf` asks for: a reload that waits, and a restart that is no failure."""
    return int(calls.user.systemctl("--version").stdout.split()[1]) >= 254


def test_every_launch_succeeds_while_the_manager_re_executes_again_and_again(calls):
    kept = calls.launch(command=SLEEP)
    kept.wait_until("joined")
    process = calls.user.spawn("sh", "-c", "while systemctl --user daemon-reexec; do :; done")
    try:
        for _ in range(20):
            session = calls.launch(command=SLEEP)
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


def test_a_reload_waits_until_the_configuration_has_been_read(calls):
    """The daemon is stopped meanwhile; nothing of the call is lost to the reload. An older manager does not wait."""
    session = calls.launch(command=SLEEP)
    session.wait_until("joined")
    before = calls.user.unit(UNIT, "MainPID", "NFileDescriptorStore")
    calls.user.install("[Calls]\nReconnectTimeoutSec=9\n", OWN)
    calls.user.systemctl("kill", "--signal=SIGSTOP", UNIT)
    reload = calls.user.spawn("systemctl", "--user", "reload", UNIT)
    if has_254(calls):
        wait_for("the manager to wait for the daemon", lambda: waits(calls))
        assert reload.poll() is None
    else:
        assert reload.wait(timeout=30) == 0
    calls.user.systemctl("kill", "--signal=SIGCONT", UNIT)
    assert reload.wait(timeout=30) == 0
    if not has_254(calls):
        # Afterwards.
        wait_for("it to be read", lambda: calls.said("read the configuration again"))
    assert spec(calls, calls.launch(command=SLEEP))["reconnectTimeout"] == 9
    assert session["State"] == "joined"
    calls.user.systemctl("daemon-reload")
    after = calls.user.unit(UNIT, "MainPID", "NFileDescriptorStore")
    assert after["MainPID"] == before["MainPID"]
    assert int(after["NFileDescriptorStore"]) >= int(before["NFileDescriptorStore"]) > 0


def waits(calls):
    return calls.user.unit(UNIT, "SubState")["SubState"] in ("reload-signal", "reload-notify")


def test_a_crash_of_the_daemon_is_none_to_who_depends_on_it(calls):
    """To an older manager, it is one."""
    session = calls.launch(command=SLEEP)
    session.wait_until("joined")
    stored = calls.user.unit(UNIT, "NFileDescriptorStore")
    calls.user.install(BOUND, ".config/systemd/user/bound.service")
    calls.user.systemctl("daemon-reload")
    calls.user.systemctl("start", "bound.service")
    bound = calls.user.unit("bound.service", "ActiveState", "MainPID")
    assert bound["ActiveState"] == "active"
    killed = calls.daemon()
    calls.user.systemctl("kill", "--signal=SIGKILL", UNIT)
    wait_for("another daemon to be ready", lambda: calls.daemon() not in (0, killed) and is_active(calls))
    assert (calls.user.unit("bound.service", "ActiveState", "MainPID") == bound) is has_254(calls)
    assert session["State"] == "joined"
    assert calls.user.unit(UNIT, "NFileDescriptorStore") == stored
    # An orderly restart is one, however, and keeps the calls, too.
    restarted = calls.daemon()
    calls.user.systemctl("restart", UNIT)
    assert calls.daemon() != restarted
    assert session["State"] == "joined"
    assert calls.user.unit("bound.service", "ActiveState", "MainPID") != bound


def is_active(calls):
    return calls.user.unit(UNIT, "ActiveState")["ActiveState"] == "active"
