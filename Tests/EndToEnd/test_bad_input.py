# SPDX-License-Identifier: Apache-2.0
"""What cannot be done is refused with an error that names the thing and says what was expected; nothing is started."""

import json

import pytest
from calls import BusError
from gvariant import Typed

USAGE, NO_SESSION, UNAVAILABLE = 64, 66, 69
GOOD = {"command": ["/bin/sleep", "1000"]}


# By the bus: the options, the error, and words that its message must have.
BUS = {
    "nothing to call": ({}, "InvalidOption", ["uri", "command"]),
    "both": ({"uri": "sip:a@127.0.0.1", **GOOD}, "InvalidOption", ["command", "both"]),
    "unknown scheme": ({"uri": "gopher://127.0.0.1/"}, "EngineNotFound", ["gopher"]),
    "no scheme": ({"uri": "standup"}, "InvalidOption", ["uri", "scheme"]),
    "empty": ({"uri": ""}, "InvalidOption", ["uri", "empty"]),
    "not parseable": ({"uri": "sip:a@[::1"}, "InvalidOption", ["uri", "host"]),
    "port": ({"uri": "sip:a@127.0.0.1:99999"}, "InvalidOption", ["uri", "port", "99999"]),
    "too long": ({"uri": "sip:" + "a" * 2048 + "@127.0.0.1"}, "InvalidOption", ["uri", "2048"]),
    "control characters": ({"uri": "sip:a\x1b[31m@127.0.0.1"}, "InvalidOption", ["uri", "001B"]),
    "line break": ({"uri": "sip:a\r\nVia: x@127.0.0.1"}, "InvalidOption", ["uri", "000D"]),
    "password": ({"uri": "sip:a:secret@127.0.0.1"}, "InvalidOption", ["uri", "password"]),
    "headers": ({"uri": "sip:a@127.0.0.1?Subject=x"}, "InvalidOption", ["uri", "header"]),
    "unknown option": ({**GOOD, "colour": "red"}, "InvalidOption", ["colour", "title"]),
    "uri of a wrong type": ({"uri": ["sip:a@127.0.0.1"]}, "InvalidOption", ["uri", "as", "s"]),
    "command of a wrong type": ({"command": "/bin/true"}, "InvalidOption", ["command", "as"]),
    "timeout of a wrong type": ({**GOOD, "launch-timeout": 5}, "InvalidOption", ["launch-timeout", "u"]),
    "timeout of nothing": ({**GOOD, "launch-timeout": Typed("uint32", 0)}, "InvalidOption", ["launch-timeout", "3600"]),
    "muted of a wrong type": ({**GOOD, "start-muted": "yes"}, "InvalidOption", ["start-muted", "b"]),
    "no program": ({"command": []}, "InvalidOption", ["command"]),
    "empty program": ({"command": [""]}, "InvalidOption", ["command"]),
    "absent program": ({"command": ["/nowhere/program"]}, "InvalidOption", ["command", "/nowhere/program"]),
    "absent name": ({"command": ["no-such-program"]}, "InvalidOption", ["command", "no-such-program"]),
    "not executable": ({"command": ["/etc/passwd"]}, "InvalidOption", ["command", "/etc/passwd", "executable"]),
    "a directory": ({"command": ["/etc"]}, "InvalidOption", ["command", "/etc"]),
    "relative": ({"command": ["./program"]}, "InvalidOption", ["command", "./program"]),
    "too many arguments": ({"command": ["/bin/true"] + ["x"] * 300}, "InvalidOption", ["command", "256"]),
    "too long a command": ({"command": ["/bin/true", "x" * 40000]}, "InvalidOption", ["command", "32768"]),
    "environment": ({**GOOD, "environment": ["novalue"]}, "InvalidOption", ["environment", "novalue", "NAME=VALUE"]),
    "directory": ({**GOOD, "working-directory": "/nowhere"}, "InvalidOption", ["working-directory", "/nowhere"]),
    "relative directory": ({**GOOD, "working-directory": "here"}, "InvalidOption", ["working-directory", "here"]),
    "unknown engine": ({**GOOD, "engine": "warp"}, "EngineNotFound", ["warp", "command"]),
    "wrong engine": ({**GOOD, "engine": "sip"}, "InvalidOption", ["engine", "sip"]),
    "terminal for an address": ({"uri": "sip:a@127.0.0.1", "terminal": True}, "InvalidOption", ["terminal"]),
    "unknown setting": ({"uri": "sip:a@127.0.0.1", "engine-settings": {"colour": "red"}}, "InvalidOption", ["colour"]),
    "long title": ({**GOOD, "title": "x" * 257}, "InvalidOption", ["title", "256"]),
    "noncharacter": ({**GOOD, "title": "a\ufdd0b"}, "InvalidOption", ["“title”", "U+FDD0"]),
    "noncharacter in a list": ({"command": ["/bin/sleep", "\uffff"]}, "InvalidOption", ["“command”", "noncharacter"]),
    "long token": ({**GOOD, "token": "x" * 129}, "InvalidOption", ["token", "128"]),
    "long application": ({**GOOD, "application-id": "x" * 256}, "InvalidOption", ["application-id", "255"]),
}  # fmt: skip


@pytest.mark.parametrize(("options", "error", "words"), BUS.values(), ids=BUS.keys())
def test_launch_by_the_bus(calls, options, error, words):
    with pytest.raises(BusError) as caught:
        calls.launch(**options)
    assert caught.value.kind == error, caught.value
    for word in words:
        assert word in caught.value.message
    assert "\x1b" not in caught.value.message
    assert calls.engine_units() == []
    assert calls.events() == []


def test_an_option_given_twice(calls):
    with pytest.raises(BusError) as caught:
        calls.call("Launch", "{'command': <['/bin/true']>, 'command': <['/bin/false']>}")
    assert caught.value.kind == "InvalidOption"
    assert calls.engine_units() == []


# By the control tool: the arguments, and words that its message must have.
CTL = {
    "nothing": (["launch"], ["address", "program"]),
    "both": (["launch", "sip:a@127.0.0.1", "--", "true"], ["both"]),
    "unknown scheme": (["launch", "gopher://127.0.0.1/"], ["gopher"]),
    "no scheme": (["launch", "standup"], ["standup", "scheme"]),
    "too long": (["launch", "sip:" + "a" * 3000 + "@127.0.0.1"], ["2048"]),
    "control characters": (["launch", "sip:a\x1b[2J@127.0.0.1"], ["001B"]),
    "unknown option": (["launch", "--colour", "sip:a@127.0.0.1"], ["--colour"]),
    "setting without value": (["launch", "sip:a@127.0.0.1", "--set", "play-file"], ["play-file", "KEY=VALUE"]),
    "absent program": (["launch", "--", "no-such-program"], ["no-such-program"]),
    "not executable": (["launch", "--", "/etc/passwd"], ["/etc/passwd"]),
    "unknown verb": (["lunch"], ["lunch"]),
}


@pytest.mark.parametrize(("arguments", "words"), CTL.values(), ids=CTL.keys())
def test_launch_by_the_control_tool(calls, arguments, words):
    result = calls.ctl(*arguments)
    assert result.returncode != 0
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr
    assert "\x1b" not in result.stderr
    assert calls.engine_units() == []


def test_a_wrong_command_line_exits_with_64(calls):
    for arguments in (["launch"], ["launch", "standup"], ["launch", "--", "no-such-program"], ["lunch"]):
        assert calls.ctl(*arguments).returncode == USAGE, arguments


def test_abort_of_an_unknown_id(calls):
    with pytest.raises(BusError) as caught:
        calls.call("Abort", "'nosuchid'")
    assert caught.value.kind == "NoSuchSession"
    assert "nosuchid" in caught.value.message
    result = calls.ctl("abort", "nosuchid")
    assert result.returncode == NO_SESSION
    assert "nosuchid" in result.stderr


def test_abort_without_an_id_where_there_is_no_call(calls):
    with pytest.raises(BusError) as caught:
        calls.call("Abort", "''")
    assert caught.value.kind == "NoSuchSession"
    assert calls.ctl("abort").returncode == NO_SESSION


def test_abort_without_an_id_where_there_are_two_calls(calls):
    one, two = calls.launch(**GOOD), calls.launch(**GOOD)
    with pytest.raises(BusError) as caught:
        calls.call("Abort", "''")
    assert caught.value.kind == "AmbiguousSession"
    result = calls.ctl("abort")
    assert result.returncode == NO_SESSION
    for session in (one, two):
        assert session.id in caught.value.message
        assert session.id in result.stderr
        assert session["State"] != "ended"
    calls.ctl("abort", one.id, check=True)
    calls.ctl("abort", check=True)
    calls.assert_nothing_runs()


def test_aborting_again_succeeds(calls):
    session = calls.launch(**GOOD)
    for _ in range(3):
        calls.call("Abort", f"'{session.id}'")
        session.call("Abort")
    assert [event["name"] for event in session.events()].count("session-left") == 1


def test_an_ended_call_cannot_be_changed(calls):
    session = calls.launch(**GOOD)
    session.call("Abort")
    with pytest.raises(BusError) as caught:
        session.call("SetMuted", "true")
    assert caught.value.kind in ("SessionEnded", "NotSupported")


def test_what_the_engine_cannot_do_is_not_supported(calls):
    session = calls.launch(**GOOD)
    session.wait_until("joined")
    for method, argument in (("SetMuted", "true"), ("SetOnHold", "true"), ("SendDtmf", "'1'")):
        with pytest.raises(BusError) as caught:
            session.call(method, argument)
        assert caught.value.kind == "NotSupported"
        assert "runs a program" in caught.value.message
    calls.ctl("abort", check=True)


def test_there_are_only_so_many_calls(calls):
    sessions = [calls.launch(**GOOD) for _ in range(128)]
    with pytest.raises(BusError) as caught:
        calls.launch(**GOOD)
    assert caught.value.kind == "LimitReached"
    assert "128" in caught.value.message
    assert len(calls.engine_units()) == 128
    for session in sessions:
        calls.call("Abort", f"'{session.id}'")


def test_a_token_launches_once(calls):
    one = calls.launch(**GOOD, token="the same")
    two = calls.launch(**GOOD, token="the same")
    assert one.path == two.path
    assert len(calls.engine_units()) == 1
    calls.ctl("abort", check=True)


def test_a_token_with_other_options_is_an_error(calls):
    one = calls.launch(**GOOD, token="the same")
    with pytest.raises(BusError) as caught:
        calls.launch(**GOOD, token="the same", title="Another")
    assert caught.value.kind == "InvalidOption"
    for word in ("token", one.id):
        assert word in caught.value.message
    assert len(calls.engine_units()) == 1
    calls.ctl("abort", check=True)


def test_a_noncharacter_by_the_control_tool(calls):
    result = calls.ctl("launch", "--title", "a\ufdd0b", "--", "sleep", "1000")
    assert result.returncode == USAGE
    assert "title" in result.stderr and "U+FDD0" in result.stderr
    assert calls.engine_units() == []


def test_no_session_bus(calls):
    environment = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere/bus", "XDG_RUNTIME_DIR": "/nowhere"}
    result = calls.ctl("list", env=environment)
    assert result.returncode == UNAVAILABLE
    assert "session bus" in result.stderr
    answer = json.loads(calls.ctl("list", "--json", env=environment).stderr)
    assert answer["error"]["name"] == "no-session-bus"


def test_the_daemon_is_not_installed(calls):
    # A bus of its own, which no data directory tells of the daemon.
    script = ("env XDG_DATA_DIRS=/nowhere XDG_DATA_HOME=/nowhere dbus-run-session --config-file=/srv/plain-bus.conf -- "
              "ongoingcallctl list")  # fmt: skip
    calls.user.bed.install(
        '<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" '
        '"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">\n'
        "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>"
        '<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>'
        "</busconfig>\n", "/srv/plain-bus.conf")  # fmt: skip
    result = calls.user.run("sh", "-c", script, check=False)
    assert result.returncode == UNAVAILABLE
    assert "not installed" in result.stderr
