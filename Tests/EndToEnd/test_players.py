# SPDX-License-Identifier: Apache-2.0
"""A real media player pauses during a call, and plays on afterwards, but only if the call has paused it."""

from subprocess import DEVNULL, PIPE

import pytest
from booted import wait_for
from soundserver import SoundServer

PLAYER = ("org.mpris.MediaPlayer2.cmus", "/org/mpris/MediaPlayer2", "org.mpris.MediaPlayer2.Player")


class Player:
    """cmus."""

    def __init__(self, calls, melody):
        self.user = calls.user
        SoundServer(self.user)
        # It ends with its terminal.
        self.terminal = self.user.spawn(
            "script", "--quiet", "--command", "TERM=xterm cmus", "/dev/null", stdin=PIPE, stdout=DEVNULL)
        wait_for("the player", lambda: self.user.run("cmus-remote", "--raw", "status", check=False).returncode == 0)
        self.remote("--raw", "set repeat_current=true")
        self.remote("--file", melody)
        self.play()

    def remote(self, *words):
        self.user.run("cmus-remote", *words)

    @property
    def status(self):
        shown = self.user.run("busctl", "--user", "get-property", *PLAYER, "PlaybackStatus", check=False).stdout
        return shown.strip().partition(" ")[2].strip('"')

    def wait_for(self, status):
        wait_for(f"the player to be {status}", lambda: self.status == status)

    def play(self):
        self.remote("--play")
        self.wait_for("Playing")

    def pause(self):
        self.remote("--pause-playback")
        self.wait_for("Paused")


@pytest.fixture
def player(calls, melody):
    return Player(calls, melody)


def join(calls, far_end, *options):
    said = calls.ctl("launch", far_end.address, "--wait", *options, check=True).stdout
    return calls.session(said.split()[0])


def test_a_player_pauses_during_a_call(calls, far_end, player):
    session = join(calls, far_end)
    player.wait_for("Paused")
    # The next daemon knows of it.
    calls.user.systemctl("kill", "--signal=KILL", "ongoingcalld")
    wait_for("another daemon", lambda: session["State"] == "joined")
    assert player.status == "Paused"
    calls.ctl("hangup", session.id, check=True)
    player.wait_for("Playing")

    # What the user does during the call stays.
    session = join(calls, far_end)
    player.wait_for("Paused")
    player.play()
    player.pause()
    calls.ctl("hangup", session.id, check=True)
    session.wait_until("ended")

    # One that has not played does not begin to.
    session = join(calls, far_end)
    calls.ctl("hangup", session.id, check=True)
    session.wait_until("ended")
    assert player.status == "Paused"

    # One that is to play on does.
    player.play()
    session = join(calls, far_end, "--keep-playing")
    calls.ctl("hangup", session.id, check=True)
    session.wait_until("ended")
    assert player.status == "Playing"
    assert calls.said("paused the media player cmus")


def test_a_daemon_that_is_stopped_lets_it_play_on(calls, far_end, player):
    session = join(calls, far_end)
    player.wait_for("Paused")
    calls.user.systemctl("stop", "ongoingcalld")
    player.wait_for("Playing")
    assert session.id


def test_a_program_pauses_nothing(calls, player):
    session = calls.launch(command=["sleep", "1000"])
    session.wait_until("joined")
    assert player.status == "Playing"
    assert not calls.said("paused the media player")
