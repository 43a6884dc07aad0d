# SPDX-License-Identifier: Apache-2.0
"""The documentation's example of an application, and the library under it, in a booted systemd."""

import signal

import pytest
from beds import PROGRAMS_INSIDE
from booted import wait_for
from notifications import Dunst

EXAMPLE = f"{PROGRAMS_INSIDE}/CallActivity"


def callbacks(*texts):
    """The callbacks' lines of all runs, in order."""
    return [line for text in texts for line in text.splitlines() if line.startswith("on")]


@pytest.fixture
def command(calls, far_end, melody):
    return [EXAMPLE, far_end.address, f"{calls.user.home}/memory", melody]


@pytest.mark.alone
def test_an_application_that_dies_with_its_terminal_is_back_in_its_call(calls, far_end, command):
    with Dunst(calls.user) as server:
        first = calls.user.login()
        # In the background: the leader of this session is su, which tells nobody in the foreground of a hang-up.
        first.send(" ".join(command) + " &")
        first.read_until("^onSessionJoined$")
        notification = server.wait_for_one("Tap to return to your call")
        assert notification.summary == "Ongoing Call"
        assert "Raise hand" in notification.actions.values()
        (identifier,) = calls.live()
        session = calls.session(identifier)
        assert (session["Title"], session["ApplicationId"]) == ("My Call", "org.ongoingcall.CallActivity")
        wait_for("the example to remember", lambda: calls.user.run("cat", "memory").stdout.split()[1:])
        far_end.hear(packets=25)
        far_end.reset()
        first.close()
        wait_for("the example to be gone", lambda: calls.user.run(
            "pgrep", "-f", f"^{EXAMPLE}", check=False).returncode == 1)  # fmt: skip
        # While nobody of the application is there:
        calls.ctl("mute", check=True)
        calls.ctl("unmute", check=True)
        calls.user.run("kill", "-KILL", str(calls.daemon()))

        second = calls.user.login()
        second.send(" ".join(command))
        second.read_until("^attached: joined$")
        heard = far_end.hear(packets=50)
        assert heard["lost"] == 0 and heard["longest-gap-ms"] <= 200, heard
        server.wait_for_one("Tap to return to your call")
        server.hang_up(identifier)
        second.read_until("^onSessionLeft hung-up$")
        assert far_end.wait("bye")["by"] == "caller"
        # The example ends with its call, and so does what it remembers.
        assert second.run("ls memory")[0] != 0
        server.wait_for_none()
    second.close()
    assert callbacks(first.transcript, second.transcript) == ["onSessionJoined", "onSessionLeft hung-up"]
    assert not calls.live()
    calls.assert_nothing_runs()


def test_every_callback_of_a_call_whose_daemon_is_killed_again_and_again(calls, far_end, command, tmp_path):
    output = tmp_path / "output"
    with open(output, "w") as file:
        process = calls.user.spawn(*command, stdout=file)
    try:
        said = lambda line: wait_for(line, lambda: line in output.read_text().splitlines())  # noqa: E731
        said("onSessionJoined")
        (identifier,) = calls.live()
        expected = ["onSessionJoined"]
        for round in range(5):
            calls.user.run("kill", "-s", str(int(signal.SIGKILL)), str(calls.daemon()))
            calls.session(identifier).call("Return", "@a{sv} {}")
            expected.append("onReturnRequested")
            wait_for("it to hear", lambda: callbacks(output.read_text()) == expected)
        calls.user.run("kill", "-s", str(int(signal.SIGKILL)), str(calls.daemon()))
        far_end.tell("hangup")
        said("onSessionLeft removed")
        assert process.wait(timeout=20) == 0
    finally:
        process.kill()
        process.wait()
    assert callbacks(output.read_text()) == [*expected, "onSessionLeft removed"]


def test_a_call_that_nobody_answers(calls, command):
    """Nobody listens on that port."""
    result = calls.user.run(EXAMPLE, "sip:nobody@127.0.0.1:9", "memory", check=False, timeout=60)
    lines = result.stdout.splitlines()
    assert lines[0] == "joining" and lines[1].startswith("onLaunchFailed "), result
    assert len(lines) == 2 and result.returncode == 0


def test_where_nothing_is_installed(bare):
    result = bare.run(EXAMPLE, "sip:a@example.org", "memory", check=False)
    assert result.returncode == 1
    assert "ongoingcalld is not installed" in result.stdout and "install the package ongoingcall, or" in result.stdout


def test_where_there_is_no_bus(bare):
    result = bare.run("env", "-u", "DBUS_SESSION_BUS_ADDRESS", "-u", "XDG_RUNTIME_DIR", EXAMPLE, "sip:a@example.org",
                      "memory", check=False)  # fmt: skip
    assert result.returncode == 1
    assert "there is no session bus" in result.stdout
