# SPDX-License-Identifier: Apache-2.0
"""Applications in sandboxes: what they may launch, what they see of others' calls, and what everybody hears."""

import contextlib
import json
import subprocess
from pathlib import Path

import engines
import pytest
from booted import wait_for
from buses import on_both_buses
from calls import ERRORS, NAME, PROPERTIES, ROOT, SESSION, BusError, Calls
from flatpak import Flatpak
from gvariant import Options, Typed
from phone import group

pytestmark = on_both_buses
BUILDERS = Path(__file__).with_name("builders.py")
SLEEP = ["/bin/sleep", "1000"]
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
NOBODY = "0000000z"


@pytest.fixture
def phone(calls):
    engines.install(calls.user, "obeys")
    return Calls(Flatpak(calls.user, "org.example.Phone"))


@pytest.fixture
def mail(calls):
    return Calls(Flatpak(calls.user, "org.example.Mail"))


def failure(function, *arguments, **options):
    with pytest.raises(BusError) as caught:
        function(*arguments, **options)
    return caught.value


def managed(calls):
    (objects,) = calls.call("GetManagedObjects", interface=OBJECT_MANAGER)
    return sorted(path.rsplit("/", 1)[1] for path in objects if path.startswith(f"{ROOT}/session/"))


def children(calls, path):
    (xml,) = calls.call("Introspect", path=path, interface=INTROSPECTABLE)
    return xml


def test_it_calls_addresses_and_runs_nothing(calls, phone):
    session = phone.launch(uri="obeys:a", title="Own")
    assert session.wait_until("joined")["ApplicationId"] == "org.example.Phone"
    outside = {
        "command": {"command": SLEEP},
        "application-id": {"uri": "obeys:b", "application_id": "org.example.Mail"},
        "return-command": {"uri": "obeys:b", "return_command": SLEEP},
        "return-dbus": {"uri": "obeys:b", "return_dbus": ("org.example.Mail", Typed("objectpath", "/"))},
        "linger": {"uri": "obeys:b", "linger": True},
        "notification": {"uri": "obeys:b", "notification": Options({"icon": "/etc/passwd"})},
    }
    for option, options in outside.items():
        error = failure(phone.launch, **options)
        assert error.kind == "NotPermitted"
        assert option in error.message and "org.example.Phone" in error.message
    assert failure(phone.call, "CreateNotificationChannel", "{'id': <'x'>}").kind == "NotPermitted"
    assert failure(phone.call, "AddAccount", "{'address': <'sip:a@example.org'>}").kind == "NotPermitted"
    refused = phone.ctl("launch", "--", *SLEEP)
    assert (refused.returncode, "outside of the sandbox" in refused.stderr) == (1, True)
    assert calls.live() == [session.id]
    assert phone.ctl_json("list")["sessions"][0]["id"] == session.id
    phone.ctl("abort", check=True)
    assert session["State"] == "ended"


def test_settings_that_name_files_are_not_for_it(calls):
    engines.install(calls.user, "obeys", settings=["identity", "record-file"], **{"sandbox-settings": ["identity"]})
    phone = Calls(Flatpak(calls.user, "org.example.Phone"))
    error = failure(phone.launch, uri="obeys:a", engine_settings={"record-file": f"{calls.user.home}/.profile"})
    assert (error.kind, "record-file" in error.message) == ("NotPermitted", True)
    phone.launch(uri="obeys:a", engine_settings={"identity": "a"}).wait_until("joined")
    calls.launch(uri="obeys:a", engine_settings={"record-file": "/dev/null"}).wait_until("joined")


def questions():
    """Of a session: what to call, of what interface, with what."""
    yield from ((method, SESSION, ()) for method in ("Abort", "HangUp", "AttachTerminal", "Nothing"))
    yield ("SendKeys", SESSION, ("x",))
    yield from (("Transfer", SESSION, ("sip:x@y",)), ("AnswerTransfer", SESSION, ("true", "sip:x@y")))
    yield ("TransferTo", SESSION, ("objectpath '/'",))
    yield from (("Return", SESSION, ("@a{sv} {}",)), ("SetNotification", SESSION, ("@a{sv} {}",)))
    yield from (("SetMuted", SESSION, ("true",)), ("SetOnHold", SESSION, ("true",)), ("SendDtmf", SESSION, ("1",)))
    yield from (("Get", PROPERTIES, (SESSION, "State")), ("GetAll", PROPERTIES, (SESSION,)))
    yield ("Introspect", INTROSPECTABLE, ())


def assert_is_as_none(calls, session):
    """Whatever is asked of it, the answer is that of an id that no session has ever had."""
    for method, interface, arguments in questions():
        answers = []
        for identifier in (session, NOBODY):
            error = failure(calls.call, method, *arguments, path=f"{ROOT}/session/{identifier}", interface=interface)
            answers.append((error.name, error.message.replace(identifier, "ID")))
        assert answers[0] == answers[1], method
        assert answers[0][0] == "org.freedesktop.DBus.Error.UnknownObject"
    answers = [failure(calls.call, "Abort", identifier) for identifier in (session, NOBODY)]
    assert {answer.kind for answer in answers} == {"NoSuchSession"}
    assert len({a.message.replace(i, "ID") for a, i in zip(answers, (session, NOBODY))}) == 1
    assert session not in managed(calls)
    assert session not in [event["id"] for event in calls.events()]
    assert session not in calls.call("Describe")[0]
    assert session not in children(calls, f"{ROOT}/session")


def test_others_calls_are_not_there_for_it(calls, phone, mail):
    users = calls.launch(command=SLEEP, application_id="org.example.Phone", token="t", title="Secret")
    users.wait_until("joined")
    # As long as it has none of its own.
    assert_is_as_none(phone, users.id)
    assert failure(phone.call, "Abort", "").message.strip() == "there is no call"
    sessions = {app: app.launch(uri="obeys:secret", token="t") for app in (phone, mail)}
    for app, session in sessions.items():
        session.wait_until("joined")
        assert managed(app) == [session.id]
        assert {event["id"] for event in app.events()} == {session.id}
        assert app.launch(uri="obeys:secret", token="t").id == session.id
    assert_is_as_none(phone, sessions[mail].id)
    assert_is_as_none(mail, sessions[phone].id)
    assert_is_as_none(mail, users.id)
    assert managed(calls) == sorted([users.id, *(session.id for session in sessions.values())])
    # Their only call, each.
    phone.call("Abort", "")
    assert sessions[phone]["State"] == "ended"
    assert sorted(calls.live()) == sorted([users.id, sessions[mail].id])
    # Whose it is outlives the daemon.
    calls.user.systemctl("kill", "--signal", "KILL", "ongoingcalld")
    wait_for("the daemon to be back", lambda: calls.ctl("status", users.id).returncode == 0)
    assert managed(mail) == [sessions[mail].id]
    assert_is_as_none(mail, users.id)
    calls.call("Abort", sessions[mail].id)
    calls.call("Abort", users.id)


BACKGROUND = "sleep 1000 >/dev/null 2>&1 & echo $!"


def background(user):
    """A process that goes on by itself; its number."""
    return user.run("sh", "-c", BACKGROUND).stdout.strip()


def test_it_adopts_processes_of_its_own_sandbox_alone(bed, calls, phone, mail):
    for other in (background(calls.user), background(mail.user)):
        refused = phone.ctl("launch", "--adopt", other)
        assert (refused.returncode, "org.example.Phone" in refused.stderr) == (1, True), refused.stderr
        assert group(bed, other).startswith("app-ongoingcall") is False
    own = background(phone.user)
    assert failure(phone.launch, adopt_pid=Typed("uint32", int(own))).kind == "NotPermitted"
    assert calls.live() == []
    session = phone.ctl_json("launch", "--adopt", own)["session"]
    assert (session["state"], session["adopted"]) == ("joined", True)
    assert group(bed, own) == session["unit"]
    assert_is_as_none(mail, session["id"])
    phone.ctl("abort", check=True)
    assert bed.path(f"/proc/{own}/exe").is_symlink()


@contextlib.contextmanager
def builders(user, count):
    """So many connections have tried to build a notification, and are there; what they were answered."""
    building = user.spawn("/usr/bin/python3", "/srv/builders.py", str(count), stdout=subprocess.PIPE, text=True)
    try:
        yield json.loads(building.stdout.readline())
    finally:
        building.kill()
        building.wait()
        building.stdout.close()


def test_all_its_connections_together_build_no_more_than_one_application_may(bed, calls, phone):
    bed.install(BUILDERS.read_bytes(), "/srv/builders.py")
    with builders(phone.user, 64) as answers:
        assert answers == {"built": 8, f"{ERRORS}LimitReached": 56}
        # What is the user's is all there.
        with builders(calls.user, 64) as others:
            assert others == {"built": 64}


# As snapd does it, as far as the unit's name goes.
IN_SNAP = "systemd-run --user --scope --quiet --slice=app.slice --unit=snap.phone.ui-1.scope --"
FAMILY = f"""#!/bin/sh
sleep 4713 &
{IN_SNAP} sleep 4714 &
wait
"""


def process_of(user, command):
    return user.bed.run("pgrep", "-u", user.name, "-f", f"^[^ ]*{command}$", check=False).stdout.strip()


def test_a_snaps_process_is_not_moved_away_from_what_confines_it(bed, calls):
    process = calls.user.run("sh", "-c", f"{IN_SNAP} sh -c '{BACKGROUND}'").stdout.strip()
    before = group(bed, process)
    assert before == "snap.phone.ui-1.scope"
    refused = calls.ctl("launch", "--adopt", process)
    assert refused.returncode == 1
    assert f"the process {process} (sleep) belongs to a snap ({before})" in refused.stderr
    assert group(bed, process) == before and calls.live() == []


def test_a_snap_that_an_adopted_process_has_started_stays_where_it_is(bed, calls):
    calls.user.install(FAMILY, "family", mode=0o755)
    parent = calls.user.run("sh", "-c", "./family >/dev/null 2>&1 & echo $!").stdout.strip()
    child = wait_for("the snap to be started", lambda: process_of(calls.user, "sleep 4714"))
    assert group(bed, child) == "snap.phone.ui-1.scope"
    session = calls.launch(adopt_pid=Typed("uint32", int(parent)))
    session.wait_until("joined")
    other = process_of(calls.user, "sleep 4713")
    assert group(bed, parent) == group(bed, other) == session["Unit"]
    assert group(bed, child) == "snap.phone.ui-1.scope"
    session.call("HangUp")
    assert group(bed, child) == "snap.phone.ui-1.scope"


UNCLEAR = ["", "[Application]\nname=../x\n", "[Application]\nname=a.b.c\nname=d.e.f\n", "#" * 70000]


@pytest.mark.parametrize("info", UNCLEAR, ids=["empty", "no id", "two ids", "huge"])
def test_who_cannot_be_found_out_may_nothing(calls, info):
    engines.install(calls.user, "obeys")
    users = calls.launch(uri="obeys:a")
    stranger = Calls(Flatpak(calls.user, "", info))
    error = failure(stranger.launch, uri="obeys:a")
    assert (error.kind, ".flatpak-info" in error.message) == ("NotPermitted", True)
    assert_is_as_none(stranger, users.id)
    calls.call("Abort", users.id)


def test_what_everybody_hears_tells_nobody_what_a_call_is(calls, phone):
    engines.install(calls.user, "refuses")
    listener = phone.user.spawn("stdbuf", "-oL", "gdbus", "monitor", "--session", "--dest", NAME,
                                stdout=subprocess.PIPE, encoding="utf-8")  # fmt: skip
    try:
        # It listens once it has said who owns the name.
        calls.call("Describe")
        heard = [listener.stdout.readline() for _ in range(2)]
        secret = {"title": "Secret", "application_id": "org.example.Secret", "token": "Secret"}
        session = calls.launch(uri="refuses:secret", **secret)
        session.wait_until("ended")
        while "launch-failed" not in heard[-1]:
            heard.append(listener.stdout.readline())
            assert heard[-1]
    finally:
        listener.kill()
        listener.wait()
    kinds = ("InterfacesAdded", "PropertiesChanged", "Session.Event")
    assert all(any(kind in line for line in heard) for kind in kinds)
    assert not [line for line in heard if "secret" in line.lower()]
    assert "'more': <true>" in heard[-1]
    assert calls.events()[-1]["details"]["detail"] == "486 Secret"
