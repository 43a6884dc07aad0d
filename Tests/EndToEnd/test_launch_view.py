# SPDX-License-Identifier: Apache-2.0
"""What a person sees who calls from a terminal, and which of several calls they mean."""

import pytest
from booted import wait_for
from farend import FarEnd
from windows import Window

LEAVING = r"\(Ctrl-C leaves this view; the call goes on\)"


def only_call(calls):
    return wait_for("a call", lambda: (calls.live() or [None])[0])


def test_a_call_is_seen_from_its_ringing_to_its_end(calls):
    with FarEnd("--answer-after", "1500") as far_end, Window(calls.user, "launch", far_end.address) as window:
        window.read_until(rf"\w{{8}} ringing {far_end.address} 0:0\d .*\(Ctrl-C cancels\)")
        window.read_until(r"● .*(\w{8}) joined\x1b\[K\n")
        window.read_until("next: ongoingcallctl mute, ongoingcallctl hold, ongoingcallctl hangup")
        window.read_until(rf"joined 0:0\d .*{LEAVING}")
        # It goes on by itself.
        window.read_until(r"joined 0:02 ")
        calls.ctl("mute", check=True)
        window.read_until(rf"joined, muted 0:0\d .*{LEAVING}")
        far_end.tell("hangup")
        window.read_until(r"\w{8} ended: removed after \ds\n")
        assert window.end() == 0


def test_ctrl_c_while_it_rings_cancels_the_call(calls):
    with FarEnd("--ring-only") as far_end, Window(calls.user, "launch", far_end.address) as window:
        window.read_until("ringing")
        window.type(b"\x03")
        window.read_until("cancelling …")
        window.read_until(r"ongoingcallctl: the call \w{8} was cancelled\n")
        assert window.end() == 2
        far_end.wait("cancelled")
    assert calls.events()[-1]["details"]["reason"] == "hung-up"
    calls.assert_nothing_runs()


def test_ctrl_c_after_it_is_joined_only_leaves_the_view(calls, far_end, melody):
    with Window(calls.user, "launch", far_end.address, "--set", f"play-file={melody}") as window:
        window.read_until(LEAVING)
        far_end.hear(packets=25)
        far_end.reset()
        window.type(b"\x03")
        window.read_until(r"the call goes on \(see it: ongoingcallctl status (\w{8}); end it: ongoingcallctl abort \1\)")
        assert window.end() == 0
    assert far_end.hear(packets=50)["lost"] == 0
    assert calls.session(only_call(calls))["State"] == "joined"


@pytest.mark.parametrize("phase", ["ringing", "joined"])
def test_a_terminal_that_is_closed_costs_no_call(calls, phase):
    with FarEnd("--answer-after", "1500") as far_end:
        with Window(calls.user, "launch", far_end.address) as window:
            window.read_until(phase)
        calls.session(only_call(calls)).wait_until("joined")


def test_one_that_is_refused(calls):
    with FarEnd("--reject", "486") as far_end, Window(calls.user, "launch", far_end.address) as window:
        window.read_until(r"ongoingcallctl: the call \w{8} was not joined: busy")
        assert window.end() == 2


def test_it_goes_on_over_restarts_of_the_daemon(calls, far_end):
    with Window(calls.user, "launch", far_end.address) as window:
        window.read_until(LEAVING)
        calls.user.systemctl("kill", "--signal=KILL", "ongoingcalld")
        calls.ctl("mute", check=True)
        window.read_until("joined, muted")
        far_end.tell("hangup")
        window.read_until("ended: removed")
        assert window.end() == 0


def test_waiting_and_returning_at_once(calls, far_end):
    for option, shown in [("--wait", r"● .*\w{8} joined"), ("--detach", r"^\w{8} launching \(see it: ")]:
        with Window(calls.user, "launch", option, far_end.address) as window:
            window.read_until(shown)
            assert window.end() == 0
    with Window(calls.user, "launch", "--wait", "-t", "--", "cat") as window:
        window.read_until("next: ongoingcallctl attach, ongoingcallctl status, ongoingcallctl abort")
        assert window.end() == 0
    assert calls.ctl("abort", "--all", "-q").stdout == ""
    assert calls.live() == []


@pytest.mark.parametrize(("columns", "terminal"), [(100, "dumb"), (20, "xterm")])
def test_a_terminal_that_can_do_little_has_a_line_for_each_phase(calls, columns, terminal):
    with FarEnd("--answer-after", "1500") as far_end:
        with Window(calls.user, "launch", far_end.address, columns=columns, env={"TERM": terminal}) as window:
            window.read_until("ringing")
            window.read_until("joined 0:0")
            far_end.tell("hangup")
            window.read_until("ended: removed")
            assert "\r\x1b" not in window.transcript
            assert window.transcript.count("ringing") == 1


def test_colors_are_for_terminals(calls):
    calls.launch(command=["/bin/sleep", "1000"], title="Nap").wait_until("joined")
    green = r"\x1b\[1;32m●\x1b\[0m \w{8} \x1b\[1mNap\x1b\[0m"
    for options, env, shown in [([], {"NO_COLOR": ""}, green), ([], {}, r"^● \w{8} Nap"),
                                (["--color", "always"], {}, green), ([], {"NO_COLOR": "", "TERM": "dumb"}, r"^● \w{8} Nap")]:  # fmt: skip
        with Window(calls.user, "status", *options, env=env) as window:
            window.read_until(shown)
            assert window.end() == 0
    assert "\x1b" not in calls.ctl("status").stdout
    assert calls.ctl("status", env={"LC_ALL": "C"}).stdout.startswith("* ")


# Which of several


@pytest.fixture
def two(calls):
    """The ids of two calls."""
    return [calls.launch(command=["/bin/sleep", "1000"], title=title).wait_until("joined")["Id"]
            for title in ("First", "Second")]  # fmt: skip


def test_which_of_several_is_asked(calls, two):
    with Window(calls.user, "abort") as window:
        window.read_until("there are 2 calls:\n")
        window.read_until(rf"  1  {two[0]}  joined  \d+ +First \(sleep 1000\)\n  2  {two[1]}  joined  \d+ +Second \(sleep 1000\)\n")
        window.read_until(r"Which one\? \[1-2, Enter to cancel\] ")
        window.type("3\n")
        window.read_until("“3” is not one of them\n")
        window.type("2\n")
        window.read_until(f"{two[1]} ended: aborted")
        assert window.end() == 0
    assert calls.live() == [two[0]]


@pytest.mark.parametrize("answer", [b"\n", b"\x04"])
def test_none_of_several(calls, two, answer):
    with Window(calls.user, "abort") as window:
        window.read_until("Which one")
        window.type(answer)
        window.read_until("cancelled; nothing was done")
        assert window.end() == 66
    assert calls.live() == two


SCRIPT = ("sh", "-c", '"$@"; echo "status $?"', "sh")


def test_a_script_on_a_terminal_is_no_person(calls, far_end):
    with Window(calls.user, "launch", far_end.address, before=SCRIPT) as window:
        window.read_until(r"^\w{8} launching \(see it: (?s:.*)status 0")
    calls.launch(command=["/bin/sleep", "1000"])
    with Window(calls.user, "abort", before=SCRIPT) as window:
        window.read_until("there are 2 calls: (?s:.*)status 66")


@pytest.mark.parametrize("options", [["--json"], ["--quiet"]])
def test_scripts_are_not_asked(calls, two, options):
    with Window(calls.user, "abort", *options) as window:
        window.read_until("there are 2 calls: ")
        assert window.end() == 66
    assert calls.ctl("abort").returncode == 66
    assert calls.live() == two
