# SPDX-License-Identifier: Apache-2.0
"""A process that is the call already becomes a session: it outlives its login, and can be hung up."""

import json

import pytest
from booted import wait_for
from calls import BusError, Calls
from gvariant import Typed
from names import message_ids
from notifications import Desktop
from phone import Ear, Phone, group
from test_linger import log_out, manager

GRACE = 1
FAMILY = "sleep 471[12]"


@pytest.fixture(scope="module", autouse=True)
def strict_logins(bed):
    """Whoever logs out takes all of the session's processes along."""
    file = "/etc/systemd/logind.conf.d/strict.conf"
    bed.install("[Login]\nKillUserProcesses=yes\n", file)
    bed.run("systemctl", "restart", "systemd-logind")
    yield
    bed.run("rm", file)
    bed.run("systemctl", "restart", "systemd-logind")


@pytest.fixture
def ear():
    with Ear() as ear:
        yield ear


def adopt(calls, phone, **options):
    return calls.launch(adopt_pid=Typed("uint32", phone.pid), hang_up_grace=Typed("uint32", GRACE), **options)


def pgrep(user, pattern):
    return user.bed.run("pgrep", "-u", user.name, "-f", pattern, check=False).stdout.split()


def names(session):
    return [event["name"] for event in session.events()]


def end(session):
    event = session.events()[-1]
    return event["name"], event["details"].get("reason")


# Its life


def test_it_outlives_its_login_and_the_daemon_and_is_hung_up_from_elsewhere(bed, calls, ear):
    user = calls.user
    first = user.login()
    first.run("(setsid nohup sleep 4321 >/dev/null 2>&1 &)")
    phone = Phone(first, ear, "family")
    family = wait_for("its children", lambda: len(found := pgrep(user, FAMILY)) == 3 and found)
    with Desktop(user) as desktop:
        status, output = first.run(f"ongoingcallctl launch --adopt {phone.pid} --title Phone --hang-up-grace {GRACE} --json")
        assert status == 0, output
        shown = json.loads(output.splitlines()[-1])["session"]
        assert (shown["state"], shown["adopted"], shown["engine"]) == ("joined", True, "")
        session = calls.session(shown["id"])
        unit = f"app-ongoingcall-adopted-{session.id}.scope"
        assert (session["Unit"], session["Uri"]) == (unit, "")
        assert {group(bed, pid) for pid in [phone.pid, *family]} == {unit}
        assert names(session) == ["session-launched", "session-joined"]
        notification = desktop.wait("notify", summary="Phone")
        assert [key.split(".")[0] for key in notification["actions"]] == ["default", "hang-up"]

        first.terminate()
        first.close()
        wait_for("the session's other processes to be killed",
                 lambda: not pgrep(user, "^sleep 4321"))
        ear.hear(50)
        user.run("kill", "-KILL", str(calls.daemon()))
        assert session["State"] == "joined"
        ear.hear(50)
        assert ear.lost == 0
        assert phone.notes == []

        second = user.login()
        status, output = second.run("ongoingcallctl hangup")
        assert status == 0, output
        assert f"{session.id} ended: hung-up" in output
    assert not phone.runs
    assert phone.notes == ["SIGTERM"]
    asked = session.events()[-2]
    assert (asked["name"], asked["details"]) == ("hang-up-requested", {"grace": GRACE * 1_000_000})
    assert names(session).count("session-left") == 1 and end(session) == ("session-left", "hung-up")
    wait_for("what it had forked to be gone", lambda: not pgrep(user, FAMILY))
    calls.assert_nothing_runs()
    ids = message_ids()
    told = [entry["MESSAGE_ID"] for entry in calls.journal_of(session.id) if "ONGOINGCALL_EVENT" in entry]
    assert told == [ids["launched"], ids["joined"], ids["hangUpRequested"], ids["left"]]


def test_it_ends_by_itself_in_its_grace(calls, ear):
    with calls.user.login() as terminal:
        phone = Phone(terminal, ear, "family")
        session = calls.launch(adopt_pid=Typed("uint32", phone.pid), hang_up_grace=Typed("uint32", 60))
        with Desktop(calls.user) as desktop:
            shown = desktop.wait("notify", summary="phone")
            desktop.press(shown, next(key for key in shown["actions"] if key.startswith("hang-up")))
            session.wait_until("leaving")
            phone.kill("INT")
            session.wait_until("ended")
        assert end(session) == ("session-left", "hung-up")
        assert phone.notes == ["SIGINT"]
        # What it has left behind may still have the microphone.
        wait_for("the rest to end", lambda: not pgrep(calls.user, FAMILY))


def test_one_that_does_not_hear_is_killed(calls, ear):
    with calls.user.login() as terminal:
        phone = Phone(terminal, ear, "deaf")
        session = adopt(calls, phone)
        session.call("HangUp")
        assert end(session) == ("session-left", "hung-up")
        assert phone.notes == ["SIGTERM"] and not phone.runs


def test_an_abort_lets_it_go(bed, calls, ear):
    with calls.user.login() as terminal:
        phone = Phone(terminal, ear)
        session = adopt(calls, phone)
        unit = session["Unit"]
        with Desktop(calls.user) as desktop:
            shown = desktop.wait("notify", summary="phone")
            assert calls.ctl("abort").returncode == 0
            desktop.wait("close", id=shown["id"])
        assert end(session) == ("session-left", "aborted")
        ear.hear(10)
        assert group(bed, phone.pid) == unit
        # It is free to be a call again, in a unit of the new one's own.
        again = adopt(calls, phone)
        assert again.id != session.id and group(bed, phone.pid) == again["Unit"]
        calls.user.systemctl("stop", "ongoingcalld")
        ear.hear(10)
        assert phone.notes == [] and ear.lost == 0
        phone.kill()


def test_one_that_has_left_its_call_may_stay(bed, calls, ear):
    with calls.user.login() as terminal:
        phone = Phone(terminal, ear)
        session = calls.launch(adopt_pid=Typed("uint32", phone.pid), hang_up_grace=Typed("uint32", 60))
        hanging_up = calls.user.spawn("ongoingcallctl", "hangup")
        session.wait_until("leaving")
        session.call("Abort")
        assert hanging_up.wait(timeout=30) == 0
        assert end(session) == ("session-left", "hung-up")
        assert names(session).count("hang-up-requested") == 1
        ear.hear(10)
        assert phone.notes == []
        phone.kill()


def test_it_ends_without_being_asked(calls, ear):
    with calls.user.login() as terminal:
        phone = Phone(terminal, ear)
        session = adopt(calls, phone)
        phone.kill()
        session.wait_until("ended")
        assert end(session) == ("session-left", "exited")
        assert "exit-status" not in session.events()[-1]["details"]


def test_it_ends_while_there_is_no_daemon(calls, ear):
    with calls.user.login() as terminal:
        phone = Phone(terminal, ear)
        session = adopt(calls, phone)
        calls.user.systemctl("kill", "--signal=STOP", "ongoingcalld")
        phone.kill()
        calls.user.systemctl("kill", "--signal=KILL", "ongoingcalld")
        assert session["EndReason"] == "exited"


def test_a_daemon_that_is_killed_while_it_leaves(calls, ear):
    with calls.user.login() as terminal:
        phone = Phone(terminal, ear)
        session = calls.launch(adopt_pid=Typed("uint32", phone.pid), hang_up_grace=Typed("uint32", 2))
        hanging_up = calls.user.spawn("ongoingcallctl", "hangup")
        session.wait_until("leaving")
        calls.user.run("kill", "-KILL", str(calls.daemon()))
        session.wait_until("ended")
        assert hanging_up.wait(timeout=30) == 0
        assert names(session).count("hang-up-requested") == 1
        assert end(session) == ("session-left", "hung-up")
        assert phone.notes == ["SIGTERM"]


@pytest.mark.parametrize("words", [[], ["deaf"]])
def test_it_is_asked_at_the_last_logout(visitor, ear, words):
    terminal = visitor.login()
    calls = Calls(visitor)
    phone = Phone(terminal, ear, *words)
    session = calls.launch(adopt_pid=Typed("uint32", phone.pid), hang_up_grace=Typed("uint32", 60))
    log_out(terminal)
    wait_for("the user's manager to be gone", lambda: manager(visitor) == "inactive", 60)
    told = [entry for entry in calls.journal_of(session.id) if "ONGOINGCALL_EVENT" in entry]
    assert [entry["ONGOINGCALL_EVENT"] for entry in told][-2:] == ["hang-up-requested", "connection-closed"]
    assert told[-1]["ONGOINGCALL_REASON"] == "logout"
    assert not phone.runs


# What it can and cannot do


def test_a_lost_token_finds_it_again(calls, ear):
    with calls.user.login() as terminal:
        phone = Phone(terminal, ear)
        session = adopt(calls, phone, token="mine", application_id="org.example.Phone", title="Weekly")
        assert (session["Token"], session["Title"]) == ("mine", "Weekly")
        assert adopt(calls, phone, token="mine", application_id="org.example.Phone", title="Weekly").id == session.id
        for method, arguments in {"SetMuted": ["true"], "SetOnHold": ["true"], "SendDtmf": ["'1'"],
                                  "AttachTerminal": [], "SendKeys": ["'x'"], "Transfer": ["'sip:x@y'"],
                                  "AnswerTransfer": ["true", "''"]}.items():  # fmt: skip
            with pytest.raises(BusError) as caught:
                session.call(method, *arguments)
            assert caught.value.kind == "NotSupported" and "adopted" in caught.value.message, method
        session.call("Abort")
        phone.kill()


# Passes the descriptor of a process, of one that has ended, or of none.
BY_DESCRIPTOR = """
import dbus, os, subprocess, sys
what = sys.argv[1]
if what == "ended":
    child = subprocess.Popen(["true"])
    descriptor = os.pidfd_open(child.pid)
    child.wait()
else:
    descriptor = os.open("/dev/null", os.O_RDONLY) if what == "none" else os.pidfd_open(int(what))
manager = dbus.Interface(dbus.SessionBus().get_object("org.ongoingcall.Calls1", "/org/ongoingcall/Calls1"),
                         "org.ongoingcall.Calls1.Manager")
options = {"adopt-pidfd": dbus.types.UnixFd(descriptor)}
if len(sys.argv) > 2:
    options["adopt-pid"] = dbus.UInt32(os.getpid())
try:
    print(manager.Launch(dbus.Dictionary(options, signature="sv")))
except dbus.DBusException as error:
    print(error.get_dbus_name().rsplit(".", 1)[1], error.get_dbus_message())
"""


def by_descriptor(calls, *words):
    return calls.user.run("python3", "-c", BY_DESCRIPTOR, *map(str, words)).stdout.strip()


def test_by_a_descriptor(bed, calls, ear):
    with calls.user.login() as terminal:
        phone = Phone(terminal, ear)
        session = calls.session(by_descriptor(calls, phone.pid).rsplit("/", 1)[1])
        assert session["State"] == "joined" and group(bed, phone.pid) == session["Unit"]
        assert by_descriptor(calls, phone.pid).split()[0] == "InvalidOption"
        session.call("Abort")
        phone.kill()


def refusal(calls, **options):
    with pytest.raises(BusError) as caught:
        calls.launch(**options)
    return caught.value.kind, caught.value.message


def test_what_is_not_adopted(bed, calls, ear):
    user = calls.user
    assert calls.live() == []
    engine = calls.launch(command=["/bin/sh", "-c", "sleep 1000; true"])
    engine.wait_until("joined")
    in_engine = int(wait_for("its child", lambda: pgrep(user, "^sleep 1000"))[0])
    thread_of = user.spawn("python3", "-c", "import threading, time; "
                           "threading.Thread(target=time.sleep, args=[1000]).start(); time.sleep(1000)")  # fmt: skip
    python = int(wait_for("python", lambda: pgrep(user, "^python3 -c import threading"))[0])
    threads = wait_for("a thread", lambda: [t for t in bed.run("ls", f"/proc/{python}/task").stdout.split()
                                            if int(t) != python])  # fmt: skip
    system = int(user.bed.run("systemctl", "show", f"user@{user.uid}.service", "--property=MainPID", "--value").stdout)
    dbus = int(bed.run("pgrep", "-u", "messagebus", "-x", "dbus-daemon").stdout.split()[0])
    for pid, kind, words in (
        (0, "InvalidOption", ["adopt-pid", "0"]),
        (4194303, "InvalidOption", ["4194303", "no process"]),
        (1, "NotPermitted", ["1 (systemd)"]),
        (system, "NotPermitted", [str(system), "systemd"]),
        (calls.daemon(), "NotPermitted", [str(calls.daemon()), "ongoingcalld"]),
        (dbus, "NotPermitted", [str(dbus), "another user"]),
        (in_engine, "InvalidOption", [str(in_engine), engine.id]),
        (int(threads[0]), "InvalidOption", [threads[0], "thread", str(python)]),
    ):
        found, message = refusal(calls, adopt_pid=Typed("uint32", pid))
        assert found == kind and all(word in message for word in words), (pid, message)
    with user.login() as terminal:
        phone = Phone(terminal, ear)
        session = adopt(calls, phone)
        found, message = refusal(calls, adopt_pid=Typed("uint32", phone.pid))
        assert found == "InvalidOption" and str(phone.pid) in message and session.id in message
        session.call("Abort")
        phone.kill()
    for options, word in (({"terminal": True}, "terminal"), ({"engine": "command"}, "engine"),
                          ({"start_muted": True}, "start-muted"), ({"uri": "sip:a@127.0.0.1"}, "uri"),
                          ({"hang_up_grace": Typed("uint32", 61)}, "60")):  # fmt: skip
        found, message = refusal(calls, adopt_pid=Typed("uint32", python), **options)
        assert found == "InvalidOption" and word in message
    assert by_descriptor(calls, "none").startswith("InvalidOption option “adopt-pidfd”: it is not a process descriptor")
    assert by_descriptor(calls, "ended") == "InvalidOption option “adopt-pidfd”: its process has exited"
    assert "not both" in by_descriptor(calls, python, "both")
    assert group(bed, python) != engine["Unit"] and calls.live() == [engine.id]
    engine.call("Abort")
    calls.assert_nothing_runs()
    thread_of.kill()
    thread_of.wait()


@pytest.mark.parametrize(("arguments", "words"), [
    (["--adopt", "4194303"], ["4194303", "no such process"]),
    (["--adopt", "0"], ["0"]),
    (["--adopt", "x"], ["x"]),
    (["--adopt", "1"], ["1 (systemd)"]),
    (["--adopt", "1", "sip:a@127.0.0.1"], ["both", "address"]),
    (["--adopt", "1", "--terminal"], ["--terminal"]),
    (["--hang-up-grace", "3", "sip:a@127.0.0.1"], ["--hang-up-grace", "only for an adopted process"]),
])  # fmt: skip
def test_what_the_control_tool_says(calls, arguments, words):
    result = calls.ctl("launch", *arguments)
    assert result.returncode != 0 and result.stdout == ""
    for word in words:
        assert word in result.stderr
