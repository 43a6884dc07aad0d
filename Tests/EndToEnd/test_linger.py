# SPDX-License-Identifier: Apache-2.0
"""The last logout: a call that lingers goes on, any other ends in order; and what was before is put back."""

import json

import pytest
from booted import wait_for
from calls import Calls, BusError
from names import message_ids

SLEEP = ["/bin/sleep", "1000"]


def lingers(user):
    """What logind goes by, and what it says of users it knows."""
    return user.bed.path(f"/var/lib/systemd/linger/{user.name}").exists()


def notes(user):
    return user.bed.run("find", user.home, "-name", "linger-*.json").stdout.split()


def manager(user):
    return user.bed.run("systemctl", "is-active", f"user@{user.uid}.service", check=False).stdout.strip()


def wait_until_it_is_as_before(user):
    wait_for("lingering to be off again", lambda: not lingers(user))
    wait_for("the note to be removed", lambda: not notes(user))


def launch_in(terminal, far_end, melody, *options):
    status, output = terminal.run(
        f"ongoingcallctl launch {far_end.address} --set play-file={melody} --wait --json {' '.join(options)}", 60)
    assert status == 0, output
    session = json.loads(output.splitlines()[-1])["session"]
    assert session["state"] == "joined"
    far_end.hear(packets=25)
    return session


def log_out(terminal):
    terminal.terminate()
    terminal.close()


def messages(calls, kind):
    return [entry for entry in calls.journal() if entry.get("MESSAGE_ID") == message_ids()[kind]]


# The last logout


def test_a_call_that_lingers_goes_on_after_the_last_logout(visitor, far_end, melody):
    terminal = visitor.login()
    session = launch_in(terminal, far_end, melody, "--linger")
    assert session["survives-logout"] is True
    assert lingers(visitor) and notes(visitor)
    far_end.reset()
    log_out(terminal)
    # Longer than logind lets a user's manager stay after the last logout (UserStopDelaySec=, 10 s).
    heard = far_end.hear(packets=600)
    assert (heard["lost"], heard["calls"]) == (0, 1), heard
    assert manager(visitor) == "active"
    calls = Calls(visitor)
    assert "Lifetime: survives logout" in calls.ctl("status").stdout
    assert calls.ctl("abort").returncode == 0
    assert far_end.wait("bye")["by"] == "caller"
    wait_until_it_is_as_before(visitor)
    wait_for("the user's manager to go, with nobody left who needs it", lambda: manager(visitor) == "inactive", 30)
    assert messages(calls, "lingeringOn") and messages(calls, "lingeringOff")
    assert not messages(calls, "endsAtLogout")


def test_any_other_call_ends_in_order_at_the_last_logout(visitor, far_end, melody):
    terminal = visitor.login()
    calls = Calls(visitor)
    session = launch_in(terminal, far_end, melody)
    assert session["survives-logout"] is False
    assert "Lifetime: ends at your last logout" in calls.ctl("status").stdout
    assert [entry["ONGOINGCALL_SESSION"] for entry in messages(calls, "endsAtLogout")] == [session["id"]]
    log_out(terminal)
    assert far_end.wait("bye", 30)["by"] == "caller"
    wait_for("the user's manager to be gone", lambda: manager(visitor) == "inactive", 30)
    last = [entry for entry in calls.journal_of(session["id"]) if "ONGOINGCALL_EVENT" in entry][-1]
    assert (last["ONGOINGCALL_EVENT"], last["ONGOINGCALL_REASON"]) == ("connection-closed", "logout")
    assert not lingers(visitor)


def test_launch_says_to_a_person_that_the_call_will_end(visitor, far_end):
    with visitor.login() as terminal:
        _, shown = terminal.run(f"ongoingcallctl launch --detach {far_end.address}")
        assert "the call ends at your last logout; launch it with --linger to keep it" in shown
        _, shown = terminal.run(f"ongoingcallctl launch --detach {far_end.address} 2>/dev/null")
        assert "logout" not in shown
        _, shown = terminal.run(f"ongoingcallctl launch --detach {far_end.address} --linger")
        assert "logout" not in shown
        Calls(visitor).user.systemctl("stop", "ongoingcalld")
    wait_until_it_is_as_before(visitor)


# What was before


def test_who_lingered_before_lingers_afterwards(calls):
    session = calls.launch(command=SLEEP, linger=True)
    assert session["SurvivesLogout"] is True
    assert notes(calls.user) == []
    session.call("Abort")
    calls.user.systemctl("stop", "ongoingcalld")
    assert lingers(calls.user)


def test_the_last_of_several_calls_puts_it_back(visitor):
    with visitor.login():
        calls = Calls(visitor)
        first, second, third = (calls.launch(command=SLEEP, linger=linger) for linger in (True, True, False))
        first.call("Abort")
        assert lingers(visitor) and second["SurvivesLogout"] and third["SurvivesLogout"]
        second.call("Abort")
        wait_until_it_is_as_before(visitor)
        wait_for("the third to know", lambda: third["SurvivesLogout"] is False)
        # And once more.
        second = calls.launch(command=SLEEP, linger=True)
        assert lingers(visitor) and third["SurvivesLogout"] is True
        calls.user.systemctl("stop", "ongoingcalld")
        wait_until_it_is_as_before(visitor)


@pytest.mark.parametrize("times", [1, 5])
def test_a_daemon_that_is_killed_puts_it_back_all_the_same(visitor, times):
    with visitor.login():
        calls = Calls(visitor)
        session = calls.launch(command=SLEEP, linger=True)
        for _ in range(times):
            visitor.bed.run("kill", "-KILL", str(calls.daemon()))
            assert session["SurvivesLogout"] is True
        assert lingers(visitor) and notes(visitor)
        session.call("Abort")
        wait_until_it_is_as_before(visitor)


def test_calls_that_end_while_there_is_no_daemon(visitor):
    with visitor.login():
        calls = Calls(visitor)
        unit = calls.launch(command=SLEEP, linger=True).wait_until("joined")["Unit"]
        visitor.systemctl("kill", "--signal=STOP", "ongoingcalld")
        visitor.systemctl("kill", "--signal=KILL", unit)
        visitor.systemctl("kill", "--signal=KILL", "ongoingcalld")
        assert calls.live() == []
        wait_until_it_is_as_before(visitor)


def test_the_machine_loses_its_power(visitor):
    """As far as the user's part of it goes: everything is gone at once, but the files on disk."""
    terminal = visitor.login()
    calls = Calls(visitor)
    calls.launch(command=SLEEP, linger=True).wait_until("joined")
    # What is gone before its turn has come makes it fail, although nothing is left.
    visitor.bed.run("systemctl", "kill", "--signal=KILL", f"user-{visitor.uid}.slice", check=False)
    terminal.close()
    visitor.bed.run("systemctl", "stop", f"user@{visitor.uid}.service", f"user-runtime-dir@{visitor.uid}.service")
    assert lingers(visitor) and notes(visitor)
    # What starts the lingering users' managers at boot, where nobody has called the daemon.
    visitor.bed.run("systemctl", "start", f"user@{visitor.uid}.service")
    wait_until_it_is_as_before(visitor)


def test_what_somebody_else_asks_for_during_the_call_stays(visitor):
    with visitor.login():
        calls = Calls(visitor)
        session = calls.launch(command=SLEEP, linger=True)
        visitor.run_in_manager("loginctl", "enable-linger")
        session.call("Abort")
        wait_for("the note to be removed", lambda: not notes(visitor))
        assert lingers(visitor)


def test_turning_it_on_and_off_by_hand_is_seen_by_clients(visitor, tmp_path):
    with visitor.login() as terminal:
        session = Calls(visitor).launch(command=SLEEP)
        with open(tmp_path / "signals", "w+") as output:
            monitor = visitor.spawn("gdbus", "monitor", "--session", "--dest", "org.ongoingcall.Calls1", stdout=output)
            wait_for("the monitor", lambda: "is owned by" in (tmp_path / "signals").read_text())
            for verb, value in (("enable-linger", "true"), ("disable-linger", "false")):
                assert terminal.run(f"loginctl {verb}")[0] == 0
                wait_for(f"SurvivesLogout to be {value}",
                         lambda: f"'SurvivesLogout': <{value}>" in (tmp_path / "signals").read_text())  # fmt: skip
            monitor.kill()
            monitor.wait()
        assert session["SurvivesLogout"] is False
        session.call("Abort")


# Where it cannot be


@pytest.fixture
def refused(visitor):
    """A user whom policy does not let linger."""
    rule = "polkit.addRule(function(action, subject) { if (action.id == 'org.freedesktop.login1.set-self-linger' && " \
           f"subject.user == '{visitor.name}') return polkit.Result.NO; }});\n"  # fmt: skip
    visitor.bed.install(rule, f"/etc/polkit-1/rules.d/10-{visitor.name}.rules")
    visitor.bed.run("systemctl", "restart", "polkit.service")
    with visitor.login():
        yield visitor


def test_where_policy_refuses_it_nothing_is_launched(refused):
    calls = Calls(refused)
    with pytest.raises(BusError) as caught:
        calls.launch(command=SLEEP, linger=True)
    assert caught.value.kind == "NotPermitted"
    assert f"loginctl enable-linger {refused.name}" in caught.value.message
    assert calls.ctl("launch", "--linger", "--", "sleep", "1000").returncode == 1
    assert calls.engine_units() == [] and calls.live() == [] and calls.events() == []
    assert not lingers(refused) and notes(refused) == []


def test_where_policy_refuses_what_is_only_configured_the_call_goes_on(refused):
    refused.install("[Calls]\nLinger=yes\n", ".config/ongoingcall/ongoingcalld.conf")
    calls = Calls(refused)
    session = calls.launch(command=SLEEP)
    assert session.wait_until("joined")["SurvivesLogout"] is False
    warnings = [entry for entry in calls.journal_of(session.id) if entry["PRIORITY"] == "4"]
    assert len(warnings) == 1 and "set-self-linger" in warnings[0]["MESSAGE"]
    assert [entry["ONGOINGCALL_SESSION"] for entry in messages(calls, "endsAtLogout")] == [session.id]
    session.call("Abort")
    assert notes(refused) == []
