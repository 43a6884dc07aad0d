# SPDX-License-Identifier: Apache-2.0
"""The sound devices of a call, and its recording, from the control tool to the engine: first one that has no sound."""

import array
import base64
import io
import json
import wave

import pytest
from booted import wait_for
from calls import BusError
from engines import BEGIN
from gvariant import options
from notifications import Desktop

# Writes down what it hears. A recording is a file of a few bytes; one with "full" in its name breaks off at once.
SOUNDS = """
def hear():
    # A new daemon ends the line that the old one may have begun.
    line = b"\\n"
    while line == b"\\n":
        line = sys.stdin.buffer.readline()
    return json.loads(line) if line else sys.exit(0)

def note(request):
    with open("heard", "a") as file:
        file.write(json.dumps(request) + "\\n")

if sys.argv[1:] == ["--devices"]:
    say(direction="microphone", name="headset", description="A headset", default=True)
    sys.exit(0)
recording, sent = None, 0
used = {"microphone": "", "speaker": ""}
there = {"", "headset"}

def state():
    say(type="state", state="joined", resume="ticket", recording=recording)

def media():
    global sent
    sent += 50
    fallback = [kind for kind, name in used.items() if name not in there]
    names = {kind: "other" if kind in fallback else name or "default" for kind, name in used.items()}
    say(type="media", sent=sent, received=sent, lost=0, codec="opus/48000/2", **{"jitter-ms": 2, "level-sent": -20}, **names,
        fallback=fallback)

while True:
    request = hear()
    kind = request["type"]
    if kind != "ping":
        note(request)
    if kind == "ping":
        say(type="pong", serial=request["serial"])
        media()
    elif kind == "join":
        used.update({key: value for key, value in request.get("settings", {}).items() if key in used})
        if request.get("recording", "").endswith("wav"):
            recording = request["recording"]
            with open(recording, "a") as file:
                file.write(" and more")
        state()
    elif kind == "report":
        state()
    elif kind == "set-audio":
        used.update({key: request[key] for key in used if key in request})
        media()
    elif kind == "start-recording":
        try:
            with open(request["file"], "x") as file:
                file.write("sound")
            recording = request["file"]
            state()
            if "full" in recording:
                recording = None
                say(type="error", code="failed", request=kind, message="the disk is full")
                state()
        except OSError as error:
            say(type="error", code="failed", request=kind, message=f"{request['file']}: {error.strerror}")
    elif kind == "stop-recording":
        recording = None
        state()
    elif kind == "leave":
        say(type="state", state="ended", reason="hung-up")
        sys.exit(0)
"""
DESCRIPTOR = {"name": "sounds", "schemes": ["sounds"], "settings": ["microphone", "speaker"], "devices": True,
              "capabilities": ["media", "audio", "record", "resume"]}  # fmt: skip


@pytest.fixture
def sounds(calls):
    """Places a call by that engine."""
    user = calls.user
    user.install(BEGIN + SOUNDS.replace('open("heard"', f'open("{user.home}/heard"'), "sounds", mode=0o755)
    descriptor = {**DESCRIPTOR, "command": [f"{user.home}/sounds"]}
    user.install(json.dumps(descriptor), ".local/share/ongoingcall/engines/sounds.json")

    def launch(**settings):
        session = calls.launch(uri="sounds:x", title="Stand-up", **settings)
        session.wait_until("joined")
        return session

    return launch


def heard(calls, kind):
    """What engines were told, of one type."""
    lines = calls.user.run("cat", f"{calls.user.home}/heard").stdout.splitlines()
    return [request for request in map(json.loads, lines) if request["type"] == kind]


def told(session, name):
    return [event["details"] for event in session.events() if event["name"] == name]


def test_devices_that_are_chosen_hold_for_every_engine_and_daemon(calls, sounds):
    session = sounds(microphone="headset", speaker="")
    assert heard(calls, "join")[0]["settings"] == {"microphone": "headset"}
    wait_for("the devices to be known", lambda: session["Media"].get("speaker") == "default")
    assert calls.ctl("audio", "set", "--speaker", "gone").returncode == 0
    wait_for("another speaker", lambda: session["Media"].get("fallback") == ["speaker"])
    (change,) = told(session, "audio-changed")
    assert change == {"microphone": "headset", "speaker": "other", "fallback": ["speaker"]}
    calls.user.systemctl("kill", "--signal=KILL", "ongoingcalld")
    wait_for("another daemon", calls.daemon)
    calls.user.systemctl("kill", "--signal=KILL", session["Unit"])
    wait_for("another engine", lambda: len(heard(calls, "join")) == 2)
    assert heard(calls, "join")[1]["settings"] == {"microphone": "headset", "speaker": "gone"}
    session.wait_until("joined")
    wait_for("the devices to be known again", lambda: session["Media"].get("fallback") == ["speaker"])
    # It is as it was: nobody is told again.
    assert len(told(session, "audio-changed")) == 1
    shown = calls.ctl("status").stdout
    assert "     Codec: opus/48000/2\n" in shown
    assert "     Level: sent [#######...] -20 dB\n" in shown
    assert "Microphone: headset\n" in shown and "   Speaker: other (instead of one that is not connected)\n" in shown
    calls.ctl("abort", check=True)


def test_a_call_is_recorded_and_everybody_sees_it(calls, sounds):
    with Desktop(calls.user) as desktop:
        session = sounds()
        file = f"{calls.user.home}/stand up.wav"
        started = calls.ctl("record", "start", file, check=True)
        assert started.stdout == f"{session.id} is being recorded to {file}\n"
        desktop.wait("notify", body="Since", summary="Stand-up")
        wait_for("the notification to say so", lambda: any(
            "Recording" in event.get("body", "") for event in desktop.events))  # fmt: skip
        assert session["Recording"] == file
        assert told(session, "recording-started") == [{"file": file}]
        assert calls.user.run("cat", file).stdout == "sound"
        again = calls.ctl("record", "start", f"{file}2")
        assert again.returncode == 1 and "is already being recorded" in again.stderr
        # A daemon that dies is no end of it.
        calls.user.systemctl("kill", "--signal=KILL", "ongoingcalld")
        wait_for("another daemon", calls.daemon)
        assert session["Recording"] == file
        assert calls.ctl("record", "stop", check=True).stdout.endswith(f"no longer being recorded; the file is {file}\n")
        assert session["Recording"] == ""
        assert told(session, "recording-stopped") == [{"reason": "stopped"}]
        # What is there is not written over.
        taken = calls.ctl("record", "start", file)
        assert taken.returncode == 1 and "File exists" in taken.stderr
        calls.ctl("abort", check=True)


def test_a_recording_ends_with_what_writes_it(calls, sounds):
    session = sounds()
    session.call("StartRecording", f"'{calls.user.home}/full.wav'")
    wait_for("its end", lambda: told(session, "recording-stopped"))
    assert told(session, "recording-stopped") == [{"reason": "failed", "detail": "the disk is full"}]
    # The engine of these tests does not go on with this one.
    session.call("StartRecording", f"'{calls.user.home}/one.ogg'")
    calls.user.systemctl("kill", "--signal=KILL", session["Unit"])
    wait_for("the recording to be over", lambda: session["Recording"] == "")
    assert told(session, "recording-stopped")[1:] == [{"reason": "engine-replaced"}]
    session.wait_until("joined")
    file = f"{calls.user.home}/two.wav"
    session.call("StartRecording", f"'{file}'")
    calls.user.systemctl("kill", "--signal=KILL", session["Unit"])
    wait_for("another engine", lambda: len(heard(calls, "join")) == 3)
    session.wait_until("joined")
    assert session["Recording"] == file and heard(calls, "join")[2]["recording"] == file
    assert calls.user.run("cat", file).stdout == "sound and more"
    assert len(told(session, "recording-stopped")) == 2 and len(heard(calls, "start-recording")) == 3
    calls.ctl("hangup", check=True)
    assert [event["name"] for event in session.events()][-2:] == ["recording-stopped", "session-left"]
    assert told(session, "recording-stopped")[2:] == [{"reason": "call-ended"}]


def test_what_cannot_be(calls, sounds):
    session = sounds()
    for method, argument, kind in [
        ("StartRecording", "'a.wav'", "InvalidOption"), ("StartRecording", "'/nowhere/a.wav'", "EngineFailed"),
        ("SetAudio", options({"volume": "1"}), "InvalidOption"),
    ]:  # fmt: skip
        with pytest.raises(BusError) as refused:
            session.call(method, argument)
        assert refused.value.kind == kind
    session.call("StopRecording")
    calls.ctl("abort", check=True)
    command = calls.launch(command=["/bin/sleep", "1000"])
    with pytest.raises(BusError) as refused:
        command.call("StartRecording", "'/tmp/a.wav'")
    assert refused.value.kind == "NotSupported"
    calls.ctl("abort", check=True)


def test_the_sip_engine_records_both_sides(calls, far_end, melody):
    session = calls.launch(uri=far_end.address, engine_settings={"play-file": melody})
    session.wait_until("joined")
    far_end.hear(packets=25)
    file = f"{calls.user.home}/stand-up.wav"
    calls.ctl("record", "start", file, check=True)
    taken = calls.ctl("record", "start", f"{file}.wav")
    assert taken.returncode == 1 and "is already being recorded" in taken.stderr
    wait_for("the codec to be known", lambda: "codec" in session["Media"])
    assert f"     Codec: {session['Media']['codec']}\n" in calls.ctl("status").stdout
    far_end.reset()
    far_end.hear(packets=75)
    calls.ctl("record", "stop", check=True)
    assert calls.user.run("stat", "--format=%a", file).stdout.strip() == "600"
    with wave.open(io.BytesIO(base64.b64decode(calls.user.run("base64", file).stdout))) as recording:
        assert recording.getnchannels() == 2 and recording.getnframes() > recording.getframerate()
        frames = array.array("h", recording.readframes(recording.getnframes()))
    # What is sent is on the left.
    assert max(frames[0::2]) > 1000
    assert [event["name"] for event in session.events()][-2:] == ["recording-started", "recording-stopped"]
    again = calls.ctl("record", "start", file)
    assert again.returncode == 1 and "is there already" in again.stderr
    nowhere = calls.ctl("record", "start", "/nowhere/a.wav")
    assert nowhere.returncode == 1 and "/nowhere/a.wav" in nowhere.stderr
    calls.ctl("abort", check=True)
