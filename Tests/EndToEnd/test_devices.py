# SPDX-License-Identifier: Apache-2.0
"""Calls with real sound: PipeWire of the user's own, whose devices are chosen, changed, pulled out, and restarted."""

import json
import time

import pytest
from beds import PROGRAMS_INSIDE
from booted import wait_for
from farend import FarEnd
from soundserver import UNITS, SoundServer, wait_for_recorded_tone

SAID, PLAYED = 440, 660
"""Hertz: into the microphone, and by the far end."""
LONGEST_GAP = 60
NOWHERE = {"PULSE_SERVER": "unix:/nowhere"}


@pytest.fixture
def server(user):
    return SoundServer(user)


@pytest.fixture
def recording(tmp_path):
    return tmp_path / "heard.wav"


@pytest.fixture
def tuneful(recording):
    """A far end that plays, and records what it hears."""
    with FarEnd("--tone", str(PLAYED), "--record", str(recording)) as far_end:
        yield far_end


def call(calls, far_end, *options):
    """As a person places it; returns the session when it is joined, and its devices are known: what differs is news."""
    said = calls.ctl("launch", far_end.address, "--title", "Stand-up", "--wait", "--json", *options, check=True).stdout
    session = calls.session(json.loads(said.splitlines()[-1])["session"]["id"])
    wait_for("the devices to be known", lambda: session["Media"].get("speaker"))
    return session


def media(session):
    return session.calls.ctl_json("status", session.id)["session"]["media"]


def changes(session):
    return [event["details"] for event in session.events() if event["name"] == "audio-changed"]


def assert_untouched(session, far_end):
    """Since the far end's counters were reset."""
    counters = far_end.stats()
    assert session["State"] == "joined"
    assert counters["lost"] == 0 and counters["longest-gap-ms"] <= LONGEST_GAP, counters
    assert far_end.violations() == []


def test_the_devices_are_listed(calls, server):
    server.add("headset")
    devices = {(device["direction"], device["name"]): device for device in calls.ctl_json("audio", "list")["devices"]}
    assert devices["speaker", "speaker"] == {
        "engine": "sip", "direction": "speaker", "name": "speaker", "description": "A speaker", "default": True}
    assert devices["microphone", "microphone"]["default"]
    assert devices["speaker", "headset"]["default"] is False
    # What a speaker plays is no microphone.
    assert not [name for _, name in devices if name.endswith(".monitor")]


def test_where_no_sound_server_answers_the_list_is_an_error(calls):
    listed = calls.user.run(f"{PROGRAMS_INSIDE}/ongoingcall-sip", "--devices", env=NOWHERE, check=False)
    assert listed.returncode == 69 and listed.stdout == ""
    assert listed.stderr.startswith("ongoingcall-sip: no sound server answers") and listed.stderr.count("\n") == 1
    asked = calls.ctl("audio", "list", env=NOWHERE)
    assert asked.returncode == 1 and asked.stdout == ""
    assert "cannot list the sound devices" in asked.stderr and "no sound server answers" in asked.stderr


def test_a_call_uses_the_devices_that_were_chosen(calls, server, tuneful, recording):
    server.add("other")
    server.pactl("set-default-sink", "other")
    server.pactl("set-default-source", "other.monitor")
    session = call(calls, tuneful, "--microphone", "microphone", "--speaker", "speaker")
    spoken, heard = server.wait_for_call("microphone", "speaker")
    for stream in (spoken, heard):
        assert stream["media.role"] == "phone"
        assert stream["application.icon_name"] == "call-start"
        assert stream["media.title"]
    assert heard["media.name"] == "Stand-up"
    with server.speaking(SAID):
        wait_for_recorded_tone(recording, SAID)
        server.wait_for_tone("speaker", PLAYED)
        shown = wait_for("the levels", lambda: (now := media(session))["level-sent"] > -40 and now)
    assert shown["codec"] == "opus/48000/2" and shown["jitter-ms"] < 20
    assert shown["level-received"] > -40
    assert (shown["microphone"], shown["speaker"]) == ("microphone", "speaker")
    assert not shown.get("fallback") and shown["echo-cancellation"] is True
    text = calls.ctl("status").stdout
    assert "Microphone: microphone (echo cancellation on)\n" in text and "   Speaker: speaker\n" in text
    assert changes(session) == []
    calls.ctl("hangup", check=True)
    wait_for("the streams to be gone", lambda: not server.stream("sink-inputs", "speaker"))


@pytest.mark.alone
def test_devices_change_during_a_call(calls, server, tuneful, recording):
    server.add("headset")
    server.add("headset-microphone", "media.class=Audio/Source/Virtual")
    session = call(calls, tuneful)
    server.wait_for_call("microphone", "speaker")
    tuneful.hear(packets=25)
    tuneful.reset()
    calls.ctl("audio", "set", "--speaker", "headset", "--microphone", "headset-microphone", check=True)
    server.wait_for_call("headset-microphone", "headset")
    server.wait_for_tone("headset", PLAYED)
    assert server.stream("sink-inputs", "speaker") is None
    wait_for("it to be told", lambda: changes(session) and changes(session)[-1] == {
        "microphone": "headset-microphone", "speaker": "headset"})  # fmt: skip
    calls.ctl("audio", "set", "--microphone", "default", check=True)
    server.wait_for_call("microphone", "headset")
    with server.speaking(SAID):
        wait_for_recorded_tone(recording, SAID)
    assert_untouched(session, tuneful)
    # The next engine has what was chosen.
    calls.user.systemctl("kill", "--signal=KILL", session["Unit"])
    wait_for("another engine's stream", lambda: server.stream("sink-inputs", "headset"))
    server.wait_for_tone("headset", PLAYED)


@pytest.mark.alone
def test_a_sound_server_that_dies_is_come_back_to(calls, server, tuneful, recording):
    session = call(calls, tuneful, "--microphone", "microphone", "--speaker", "speaker")
    server.wait_for_call("microphone", "speaker")
    server.wait_for_tone("speaker", PLAYED)
    engine = calls.user.unit(session["Unit"], "MainPID")
    tuneful.reset()
    died = time.monotonic()
    server.kill(UNITS[1])
    server.wait_for_call("microphone", "speaker")
    assert time.monotonic() - died < 5
    server.wait_for_tone("speaker", PLAYED)
    with server.speaking(SAID):
        wait_for_recorded_tone(recording, SAID)
    assert_untouched(session, tuneful)
    # It was away for too short a time to be told.
    assert changes(session) == []
    wait_for("the devices in the status", lambda: (now := media(session))["speaker"] == "speaker" and not now.get("fallback"))
    assert calls.user.unit(session["Unit"], "MainPID") == engine


@pytest.mark.alone
def test_a_call_goes_on_without_a_sound_server(calls, server, tuneful):
    session = call(calls, tuneful)
    server.wait_for_call("microphone", "speaker")
    tuneful.reset()
    server.stop()
    wait_for("it to be told", lambda: changes(session) and changes(session)[-1] == {"microphone": "", "speaker": ""}, 20)
    tuneful.hear(packets=25)
    server.start()
    server.wait_for_call("microphone", "speaker")
    server.wait_for_tone("speaker", PLAYED)
    wait_for("the return to be told", lambda: changes(session)[-1] == {"microphone": "microphone", "speaker": "speaker"})
    assert_untouched(session, tuneful)


@pytest.mark.alone
def test_a_device_that_goes_is_stood_in_for_until_it_comes(calls, server, tuneful):
    headset = server.add("headset")
    microphone = server.add("headset-microphone", "media.class=Audio/Source/Virtual")
    session = call(calls, tuneful, "--microphone", "headset-microphone", "--speaker", "headset")
    server.wait_for_call("headset-microphone", "headset")
    tuneful.hear(packets=25)
    tuneful.reset()
    server.remove(headset)
    server.remove(microphone)
    wait_for("the fallback to be told", lambda: changes(session) and changes(session)[-1] == {
        "microphone": "microphone", "speaker": "speaker", "fallback": ["microphone", "speaker"]})  # fmt: skip
    server.wait_for_call("microphone", "speaker")
    server.wait_for_tone("speaker", PLAYED)
    assert "   Speaker: speaker (instead of one that is not connected)\n" in calls.ctl("status").stdout
    # Who is content with another is not told of the first one's absence any more.
    calls.ctl("audio", "set", "--speaker", "default", check=True)
    wait_for("the choice to be told", lambda: changes(session)[-1]["fallback"] == ["microphone"])
    calls.ctl("audio", "set", "--speaker", "headset", check=True)
    wait_for("the fallback again", lambda: changes(session)[-1]["fallback"] == ["microphone", "speaker"])
    server.add("headset")
    server.add("headset-microphone", "media.class=Audio/Source/Virtual")
    wait_for("the return to be told", lambda: changes(session)[-1] == {
        "microphone": "headset-microphone", "speaker": "headset"})  # fmt: skip
    server.wait_for_call("headset-microphone", "headset")
    server.wait_for_tone("headset", PLAYED)
    assert_untouched(session, tuneful)
