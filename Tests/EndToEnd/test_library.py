# SPDX-License-Identifier: Apache-2.0
"""The library against the real daemon, which is killed between every two calls of it."""

import contextlib
import queue
import subprocess
import threading

import pytest
from beds import PROGRAMS_INSIDE
from booted import wait_for


class App:
    """An application that does what the test says."""

    def __init__(self, user):
        self.user = user
        self.callbacks = []
        self._answers = queue.Queue()
        self._process = user.spawn(f"{PROGRAMS_INSIDE}/ongoingcall-appdriver", stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, bufsize=1)  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._process.stdout:
            if line.startswith("= "):
                self._answers.put(line[2:].strip())
            else:
                self.callbacks.append(line.strip())

    def tell(self, line):
        self._process.stdin.write(line + "\n")

    def answer(self):
        return self._answers.get(timeout=60)

    def ask(self, line):
        self.tell(line)
        return self.answer()

    def heard(self, *callbacks):
        """Waits for these callbacks: all that there have been, each once and in order."""
        wait_for(f"{callbacks}, where there is {self.callbacks}", lambda: len(self.callbacks) >= len(callbacks))
        assert self.callbacks == list(callbacks)

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()


def test_an_application_needs_no_systemd_and_no_foundation(programs):
    """To link: Debian's libdbus-1 has its own use for libsystemd."""
    shown = subprocess.run(["readelf", "--dynamic", programs / "CallActivity"], capture_output=True, text=True, check=True)
    needed = {line.split("[")[1].rstrip("]") for line in shown.stdout.splitlines() if "(NEEDED)" in line}
    assert any(name.startswith("libdbus-1") for name in needed)
    assert not [name for name in needed if "systemd" in name or "Foundation" in name], needed


@pytest.fixture
def app(calls):
    app = App(calls.user)
    yield app
    app.kill()


def kill_daemon(calls):
    # Where the last one is dead and the next not there yet, there is nobody to kill.
    calls.user.systemctl("kill", "--kill-who=main", "--signal=KILL", "ongoingcalld", check=False)


def replace_daemon(calls):
    """Kills it, and returns when it is gone."""
    before = wait_for("a daemon", calls.daemon)
    kill_daemon(calls)
    wait_for("it to be gone", lambda: calls.daemon() != before)


def test_the_daemon_is_killed_between_every_two_calls(calls, far_end, melody, app):
    steps = [f"join one {far_end.address} {melody}", "channel work", "build Driven", "launch", "mute", "unmute", "hold",
             "resume", "dtmf 12#", "launch"]  # fmt: skip
    calls.start()
    for step in steps:
        if step == "channel work":
            wait_for("the call to be joined", lambda: app.callbacks)
        replace_daemon(calls)
        assert app.ask(step) == "done", step
    replace_daemon(calls)
    assert app.ask("abort") == "done"
    app.heard("onSessionJoined", "muted true", "muted false", "on hold true", "on hold false",
              "onSessionLeft aborted")  # fmt: skip
    assert far_end.wait("bye")["by"] == "caller"
    # The next call, of the same process.
    replace_daemon(calls)
    assert app.ask(f"join two {far_end.address} {melody}") == "done"
    wait_for("the next call to be joined", lambda: app.callbacks[6:])
    replace_daemon(calls)
    assert app.ask("leave") == "done"
    wait_for("the next call to be left", lambda: app.callbacks[7:])
    assert app.callbacks[6:] == ["onSessionJoined", "onSessionLeft hung-up"]


def test_the_daemon_is_killed_in_the_middle_of_calls(calls, far_end, melody, app):
    assert app.ask(f"join one {far_end.address} {melody}") == "done"
    app.heard("onSessionJoined")
    expected = ["onSessionJoined"]
    for round in range(10):
        muted = round % 2 == 0
        app.tell("mute" if muted else "unmute")
        kill_daemon(calls)
        assert app.answer() == "done"
        expected.append(f"muted {str(muted).lower()}")
        app.heard(*expected)
    app.tell("leave")
    kill_daemon(calls)
    assert app.answer() == "done"
    app.heard(*expected, "onSessionLeft hung-up")


def test_an_application_that_is_killed_finds_its_call_and_no_other(calls, far_end, melody, app):
    assert app.ask("attach one") == "nothing"
    assert app.ask(f"join one {far_end.address} {melody}") == "done"
    app.heard("onSessionJoined")
    app.kill()
    kill_daemon(calls)
    again = App(calls.user)
    try:
        assert again.ask("attach two") == "nothing"
        assert again.ask("attach one") == "joined"
        assert again.ask(f"join two {far_end.address} {melody}") == "error: this process is already in a call"
        assert again.ask("mute") == "done"
        again.heard("muted true")
        assert again.ask("abort") == "done"
        again.heard("muted true", "onSessionLeft aborted")
        assert again.ask(f"join one {far_end.address} {melody}").startswith("error: the token “one”")
    finally:
        again.kill()


def test_a_daemon_that_is_stopped_is_not_started_for_what_has_ended(calls, far_end, melody, app):
    assert app.ask(f"join one {far_end.address} {melody}") == "done"
    app.heard("onSessionJoined")
    calls.user.systemctl("stop", "ongoingcalld")
    wait_for("the end", lambda: len(app.callbacks) == 2)
    assert app.callbacks[1].startswith("onSessionLeft ") or app.callbacks[1].startswith("onConnectionClosed ")
    assert calls.daemon() == 0
    assert app.ask("mute") == "error: there is no call"
