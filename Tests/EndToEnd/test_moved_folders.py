# SPDX-License-Identifier: Apache-2.0
"""Somebody moves a folder of the daemon's away while a call goes on."""

import echo
import pytest
from booted import wait_for
from calls import MANAGER, PROPERTIES, BusError
from names import message_ids
from test_repair import call, names

CHANNEL = "{'id': <'mine'>, 'name': <'Mine'>}"


def move(user, folder):
    user.run("mv", folder, f"{folder}.moved")


def kill_daemon(calls):
    daemon = calls.daemon()
    calls.user.bed.run("kill", "-KILL", str(daemon))
    wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))


@pytest.mark.parametrize("folder", ["ongoingcalld", "ongoingcalld/sessions", "ongoingcalld/notices"])
def test_with_the_next_thing_that_happens_the_runtime_folder_is_there_again(calls, far_end, melody, folder):
    session, _ = call(calls, far_end, melody)
    other = calls.launch(command=["/bin/sleep", "1000"])
    other.wait_until("joined")
    far_end.reset()
    move(calls.user, f"/run/user/{calls.user.uid}/{folder}")
    session.call("SetMuted", "true")
    wait_for("the microphone to be off", lambda: session["Muted"])
    third = calls.launch(command=["/bin/sleep", "1000"])
    third.wait_until("joined")
    kill_daemon(calls)
    # All that there was is known.
    assert sorted(calls.live()) == sorted([session.id, other.id, third.id])
    assert session["Muted"] is True
    heard = far_end.hear(packets=25)
    assert (heard["lost"], heard["calls"]) == (0, 1)
    numbers = [event["sequence"] for event in calls.events()]
    assert numbers == list(range(1, len(numbers) + 1))
    session.call("HangUp")
    far_end.wait("bye")


@pytest.mark.parametrize("folder", ["ongoingcalld", "ongoingcalld/sessions"])
def test_a_daemon_that_is_killed_at_once_ends_what_it_knows_nothing_of(calls, far_end, melody, folder):
    call(calls, far_end, melody)
    newest = calls.events()[-1]["sequence"]
    daemon = calls.daemon()
    calls.user.bed.run("kill", "-STOP", str(daemon))
    move(calls.user, f"/run/user/{calls.user.uid}/{folder}")
    calls.user.bed.run("kill", "-KILL", str(daemon))
    assert far_end.wait("bye", 30)["by"] == "caller"
    calls.assert_nothing_runs()
    assert calls.live() == []
    assert any("which belongs to no session" in entry["MESSAGE"] for entry in calls.journal())
    # What the numbers stood for is lost; none of them comes again.
    session, _ = call(calls, far_end, melody)
    assert calls.events(newest)[0]["name"] == "events-forgotten"
    assert session.events()[0]["sequence"] > newest
    assert not any(entry.get("MESSAGE_ID") == message_ids()["recordSkipped"] for entry in calls.journal())
    session.call("Abort")


def test_channels_are_kept_where_their_folder_was_moved_away(calls):
    calls.call("CreateNotificationChannel", CHANNEL)
    move(calls.user, f"{calls.user.home}/.local/state/ongoingcall")
    calls.call("CreateNotificationChannel", CHANNEL.replace("mine", "another"))
    calls.user.bed.run("kill", "-KILL", str(calls.daemon()))
    (channels,) = calls.call("Get", MANAGER, "NotificationChannels", interface=PROPERTIES)
    assert {"mine", "another"} <= {channel["id"] for channel in channels}


def test_without_their_descriptors_engines_go_on_and_none_is_launched(calls):
    echo.install(calls.user)
    with echo.Caller() as caller:
        session = calls.launch(uri=caller.uri)
        session.wait_until("joined")
        move(calls.user, f"{calls.user.home}/.local/share/ongoingcall")
        with pytest.raises(BusError) as caught:
            calls.launch(uri=caller.uri)
        assert caught.value.kind == "EngineNotFound"
        kill_daemon(calls)
        assert session["State"] == "joined" and names(session)[-1] == "session-joined"
        assert caller.talk() == b"hello"
        session.call("Abort")
    calls.assert_nothing_runs()
