# SPDX-License-Identifier: Apache-2.0
"""A file system without room for bytes, or for files: what needs it says so, and the calls go on and can be ended."""

import contextlib

import pytest
from booted import wait_for
from calls import BusError
from test_moved_folders import CHANNEL, kill_daemon
from test_repair import call

FULL = "No space left on device"


@contextlib.contextmanager
def full(user, folder, kind):
    """Its file system has no room left for that: a small one, or what is left of it is taken."""
    bytes_, files = f"{folder}/full", f"{folder}/many"
    if kind == "bytes":
        user.bed.run("mount", "-o", "remount,size=4M", folder)
        user.run("sh", "-c", f"cat /dev/zero >{bytes_}", check=False)
    else:
        user.bed.run("mount", "-o", "remount,nr_inodes=200", folder)
        user.run("sh", "-c", f"mkdir {files}; n=0; while true >{files}/$n; do n=$((n + 1)); done", check=False)
    try:
        yield
    finally:
        user.run("rm", "-rf", bytes_, files)


@pytest.mark.parametrize("kind", ["bytes", "files"])
def test_the_runtime_folder_is_full(calls, far_end, melody, kind):
    session, _ = call(calls, far_end, melody)
    other = calls.launch(command=["/bin/sleep", "1000"])
    other.wait_until("joined")
    far_end.reset()
    with full(calls.user, f"/run/user/{calls.user.uid}", kind):
        with pytest.raises(BusError) as caught:
            calls.launch(command=["/bin/sleep", "1000"])
        assert caught.value.kind == "EngineFailed" and FULL in caught.value.message
        for muted in (True, False):
            session.call("SetMuted", "true" if muted else "false")
            wait_for("the microphone to be as it was asked for", lambda: session["Muted"] is muted)
        other.call("HangUp")
        kill_daemon(calls)
        # The newest of both is known.
        assert calls.live() == [session.id] and other["EndReason"] == "hung-up"
        heard = far_end.hear(packets=25)
        assert (heard["lost"], heard["calls"]) == (0, 1)
        assert session["State"] == "joined"
    calls.launch(command=["/bin/true"])
    session.call("HangUp")
    far_end.wait("bye")
    calls.assert_nothing_runs()


@pytest.mark.parametrize("kind", ["bytes", "files"])
def test_the_folder_of_the_channels_is_full(calls, kind):
    folder = f"{calls.user.home}/.local/state/ongoingcall"
    calls.user.run("mkdir", "-p", folder)
    calls.user.bed.run("mount", "-t", "tmpfs", "-o", f"size=1M,uid={calls.user.uid},mode=700", "channels", folder)
    try:
        session = calls.launch(command=["/bin/sleep", "1000"])
        session.wait_until("joined")
        calls.call("CreateNotificationChannel", CHANNEL)
        with full(calls.user, folder, kind):
            with pytest.raises(BusError) as caught:
                calls.call("CreateNotificationChannel", CHANNEL.replace("mine", "another"))
            assert caught.value.name == "org.freedesktop.DBus.Error.IOError" and FULL in caught.value.message
            kill_daemon(calls)
            # What was there is there, and nothing else.
            shown = calls.ctl_json("channel", "list")
            assert "mine" in str(shown) and "another" not in str(shown)
            assert session["State"] == "joined"
            session.call("HangUp")
        calls.call("CreateNotificationChannel", CHANNEL.replace("mine", "another"))
    finally:
        calls.user.systemctl("stop", "ongoingcalld")
        calls.user.bed.run("umount", folder)
