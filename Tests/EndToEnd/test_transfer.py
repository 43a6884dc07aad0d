# SPDX-License-Identifier: Apache-2.0
"""Transfers: a far end asks for one, and the user decides; the user asks for one, and the far end decides."""

import json
import re
import threading
import urllib.parse

import pytest
from booted import wait_for
from calls import ROOT, BusError, Calls
from farend import FarEnd
from flatpak import Flatpak
from notifications import Desktop, Dunst

NOBODY = "sip:nobody@192.0.2.7"
FRAGMENT = "type=message/sipfrag"


@pytest.fixture
def third():
    with FarEnd("--trace") as far_end:
        yield far_end


@pytest.fixture
def desktop(calls):
    with Desktop(calls.user) as desktop:
        yield desktop


def call(calls, far_end, melody, **options):
    settings = {"play-file": melody}
    session = calls.launch(**{"uri": far_end.address, "title": "Stand-up", "engine_settings": settings, **options})
    session.wait_until("joined")
    return session


def asked(session, far_end, target):
    """The far end asks, and the user knows."""
    far_end.tell(f"refer {target}")
    wait_for("the request", lambda: session["TransferRequest"] == target.partition("?")[0])
    wait_for("the answer", lambda: any(e["event"] == "answer" and e["status"] == 202 for e in far_end.events))


def told(far_end, status):
    """What the far end is told in the end; all it was told before is that the user is being asked."""
    last = wait_for("the last notice", lambda: next(
        (e for e in far_end.events if e["event"] == "notified" and e["state"].startswith("terminated")), None))  # fmt: skip
    assert last["body"].startswith(f"SIP/2.0 {status}"), last
    assert all(e["body"] == "SIP/2.0 100 Trying\r\n" for e in far_end.events if e["event"] == "notified" and e != last)


def names(session):
    return [event["name"] for event in session.events()]


def other(calls, session):
    """The call that was launched for the far end of this one."""
    return calls.session(wait_for("another call", lambda: [one for one in calls.live() if one != session.id])[0])


def transferred(session, target):
    ended = session.wait_until("ended")
    assert (ended["EndReason"], ended["EndDetail"]) == ("hung-up", f"transferred to {target}")
    assert ended["TransferRequest"] == ""


# The far end asks


def test_the_tool_declines(calls, far_end, melody, third):
    session = call(calls, far_end, melody)
    asked(session, far_end, third.address)
    shown = calls.ctl("status", session.id, check=True).stdout
    assert "joined, transfer requested" in shown and f"the other side asks you to call {third.address}" in shown
    assert calls.ctl_json("status", session.id)["session"]["transfer-request"] == third.address
    assert "goes on; the transfer is declined" in calls.ctl("transfer", "decline", check=True).stdout
    told(far_end, 603)
    assert session["TransferRequest"] == "" and session["State"] == "joined"
    assert [name for name in names(session) if "transfer" in name] == ["transfer-requested", "transfer-request-ended"]
    again = calls.ctl("transfer", "decline", session.id)
    assert again.returncode == 1 and "does not ask for a transfer" in again.stderr
    far_end.hear(packets=25)
    calls.ctl("hangup", session.id, check=True)
    story = calls.ctl("why", session.id, check=True).stdout
    assert f"the other side asks you to call somebody else: {third.address}" in story
    third.stats()
    assert not third.find("incoming") and far_end.violations() == []


@pytest.mark.parametrize("accepts", [False, True])
def test_the_buttons_answer(calls, far_end, melody, third, desktop, accepts):
    session = call(calls, far_end, melody)
    asked(session, far_end, third.address)
    question = desktop.wait("notify", summary="Transfer this call?")
    assert question["body"] == f"Stand-up\nThe other side asks you to call {third.address} instead."
    (accept, decline), end = question["actions"], f".{session.id}"
    assert accept.startswith("transfer-") and decline == f"decline-{accept}" and accept.endswith(end)
    assert question["expires"] == 0 and "transient" not in question["hints"]
    # A daemon that comes after this one asks still, in the same place.
    seen = len(desktop.events)
    calls.user.systemctl("kill", "--signal", "KILL", "ongoingcalld")
    wait_for("the question to be posted again", lambda: any(
        event["event"] == "notify" and event["id"] == question["id"] for event in desktop.events[seen:]))  # fmt: skip
    desktop.press(question, question["actions"][0 if accepts else 1])
    desktop.wait("close", id=question["id"])
    if not accepts:
        told(far_end, 603)
        assert calls.live() == [session.id] and not third.find("incoming")
        calls.ctl("hangup", session.id, check=True)
        return
    third.wait("answered")
    told(far_end, 200)
    transferred(session, third.address)
    calls.ctl("hangup", check=True)


def test_a_question_goes_with_its_call(calls, far_end, melody, desktop):
    session = call(calls, far_end, melody)
    asked(session, far_end, NOBODY)
    question = desktop.wait("notify", summary="Transfer this call?")
    far_end.tell("hangup")
    session.wait_until("ended")
    desktop.wait("close", id=question["id"])
    assert session["TransferRequest"] == "" and "transfer-request-ended" not in names(session)


def test_without_buttons_the_commands_are_said(calls, far_end, melody):
    with Desktop(calls.user, "body") as desktop:
        session = call(calls, far_end, melody)
        asked(session, far_end, NOBODY)
        question = desktop.wait("notify", summary="Transfer this call?")
        assert question["body"].endswith(
            f"\nTo transfer: ongoingcallctl transfer accept {session.id}\nTo decline: ongoingcallctl transfer decline {session.id}")
        assert question["actions"] == []
        calls.ctl("transfer", "decline", check=True)
        desktop.wait("close", id=question["id"])
        calls.ctl("hangup", check=True)


def test_a_real_server_shows_it(calls, far_end, melody):
    with Dunst(calls.user) as server:
        session = call(calls, far_end, melody)
        asked(session, far_end, NOBODY)
        server.next_post(lambda post: "asks you to call" in post.body and post.timeout == 0)
        wait_for("both to be shown", lambda: server.count() == 2)
        calls.ctl("transfer", "decline", check=True)
        wait_for("one to be shown", lambda: server.count() == 1)
        calls.ctl("hangup", check=True)


def test_accepted_the_call_goes_to_the_third(calls, far_end, melody, third):
    session = call(calls, far_end, melody, name="work")
    asked(session, far_end, third.address)
    answer = calls.ctl("transfer", "accept", check=True).stdout
    new = other(calls, session)
    assert answer == f"{new.id} calls {third.address} instead of {session.id}\n"
    shown = new.wait_until("joined")
    assert (shown["Uri"], shown["Title"], shown["Name"]) == (third.address, third.address, "")
    told(far_end, 200)
    transferred(session, third.address)
    third.hear(packets=25)
    invite = next(e for e in third.events if e["event"] == "received" and e["first"].startswith("INVITE"))
    assert any(field.startswith("Referred-By:") for field in invite["fields"])
    calls.ctl("hangup", new.id, check=True)
    assert third.violations() == [] and far_end.violations() == []


def test_accepted_it_takes_the_place_of_the_far_ends_call(calls, far_end, melody, third):
    """The far end talks to the third party already, and connects the user."""
    session = call(calls, far_end, melody)
    far_end.tell(f"call {third.address}")
    sent = wait_for("their call", lambda: next(
        (e for e in third.events if e["event"] == "sent" and e["first"].startswith("SIP/2.0 200")), None))  # fmt: skip
    third.wait("answered")
    fields = dict(field.split(": ", 1) for field in sent["fields"])
    tags = [re.search(r";tag=([^;>]+)", fields[name])[1] for name in ("To", "From")]
    secret = f"{fields['Call-ID']};to-tag={tags[0]};from-tag={tags[1]}"
    asked(session, far_end, f"{third.address}?Replaces={urllib.parse.quote(secret, safe='')}")
    # What takes calls over is in nothing that is shown.
    calls.ctl("transfer", "accept", check=True)
    third.wait("replaced")
    new = other(calls, session)
    new.wait_until("joined")
    told(far_end, 200)
    transferred(session, third.address)
    seen = json.dumps([session.properties(), new.properties(), calls.events(), calls.call("Describe")], default=str)
    seen += "".join(entry["MESSAGE"] for entry in calls.journal())
    assert fields["Call-ID"] not in seen and "Replaces" not in seen
    third.hear(packets=25)
    calls.ctl("hangup", new.id, check=True)


@pytest.mark.parametrize("answers", [True, False])
def test_a_daemon_that_dies_meanwhile_loses_nothing(calls, far_end, melody, answers):
    with FarEnd("--ring-only") as third:
        session = call(calls, far_end, melody)
        asked(session, far_end, third.address)
        calls.ctl("transfer", "accept", check=True)
        third.wait("ringing")
        daemon = calls.daemon()
        calls.user.run("kill", "-KILL", str(daemon))
        third.tell("answer" if answers else "refuse 486")
        wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))
        if answers:
            told(far_end, 200)
            transferred(session, third.address)
        else:
            told(far_end, 503)
            assert session["State"] == "joined"
        calls.ctl("hangup", "--all", check=True)


def test_the_third_is_busy_and_the_call_goes_on(calls, far_end, melody):
    with FarEnd("--reject", "486") as third:
        session = call(calls, far_end, melody)
        asked(session, far_end, third.address)
        calls.ctl("transfer", "accept", check=True)
        told(far_end, 503)
        assert calls.live() == [session.id] and session["State"] == "joined"
        # The far end may ask again, and the user is asked again.
        far_end.events.clear()
        asked(session, far_end, NOBODY)
        calls.ctl("transfer", "decline", check=True)
        told(far_end, 603)
        far_end.hear(packets=25)
        calls.ctl("hangup", check=True)


def test_the_user_hangs_up_while_it_rings(calls, far_end, melody):
    with FarEnd("--ring-only") as third:
        session = call(calls, far_end, melody)
        asked(session, far_end, third.address)
        calls.ctl("transfer", "accept", check=True)
        third.wait("ringing")
        calls.ctl("hangup", other(calls, session).id, check=True)
        third.wait("cancelled")
        told(far_end, 503)
        assert session["State"] == "joined"
        calls.ctl("hangup", check=True)


def test_the_engine_is_killed_before_the_third_answers(calls, far_end, melody):
    with FarEnd("--ring-only") as third:
        session = call(calls, far_end, melody)
        asked(session, far_end, third.address)
        calls.ctl("transfer", "accept", check=True)
        third.wait("ringing")
        calls.user.systemctl("kill", "--signal=KILL", session["Unit"])
        third.tell("answer")
        told(far_end, 200)
        transferred(session, third.address)
        calls.ctl("hangup", check=True)


def test_an_application_in_a_sandbox_answers_for_its_own_calls(calls, far_end, melody, third):
    account = calls.ctl_json("account", "add", f"sip:me@127.0.0.1:{third.port}", "--default")["account"]["id"]
    phone, mail = (Calls(Flatpak(calls.user, f"org.example.{name}")) for name in ("Phone", "Mail"))
    users = call(calls, far_end, melody, account="")
    own = phone.launch(uri=far_end.address)
    own.wait_until("joined")
    for session in (users, own):
        with pytest.raises(BusError) as caught:
            mail.session(session.id).call("AnswerTransfer", "true", third.address)
        assert caught.value.name == "org.freedesktop.DBus.Error.UnknownObject"
    with pytest.raises(BusError) as caught:
        phone.session(own.id).call("TransferTo", f"objectpath '{users.path}'")
    assert caught.value.kind == "NoSuchSession"
    with pytest.raises(BusError) as caught:
        phone.session(own.id).call("Transfer", "030123456")
    assert caught.value.kind == "InvalidOption"
    far_end.tell(f"refer {third.address}")
    wait_for("the request", lambda: own["TransferRequest"] == third.address)
    with pytest.raises(BusError) as caught:
        phone.session(own.id).call("AnswerTransfer", "true", "sip:somebody@example.org")
    assert caught.value.kind == "NotSupported" and third.address in caught.value.message
    (path,) = phone.session(own.id).call("AnswerTransfer", "true", third.address)
    new = calls.session(path.removeprefix(f"{ROOT}/session/"))
    shown = new.wait_until("joined")
    assert (shown["Account"], shown["ApplicationId"]) == ("", "org.example.Phone") and account
    assert new.id in phone.live() and users.id not in phone.live()
    calls.ctl("hangup", "--all", check=True)


# The user asks


@pytest.fixture
def willing():
    """A far end that makes transfers, as far as it says."""
    with FarEnd("--trace", "--respond", "REFER=202") as far_end:
        yield far_end


def refer_to(far_end):
    refer = wait_for("the REFER", lambda: next(
        (e for e in far_end.events if e["event"] == "received" and e["first"].startswith("REFER")), None))  # fmt: skip
    return next(field for field in refer["fields"] if field.lower().startswith("refer-to:")).split(": ", 1)[1].strip("<>")


def says(far_end, result, state):
    far_end.tell(f'send NOTIFY event=refer "subscription-state={state}" {FRAGMENT} "body=SIP/2.0 {result}"')


def test_one_that_the_user_asks_for(calls, willing, melody):
    session = call(calls, willing, melody)
    calls.session(session.id).call("Transfer", NOBODY)
    assert refer_to(willing) == NOBODY
    twice = calls.ctl("transfer", NOBODY)
    assert twice.returncode == 1 and "already been asked" in twice.stderr
    says(willing, "100 Trying", "active;expires=60")
    says(willing, "200 OK", "terminated;reason=noresource")
    transferred(session, NOBODY)
    willing.wait("bye")
    assert "transfer-failed" not in names(session)


def test_the_tool_waits_for_its_end(calls, willing, melody):
    session = call(calls, willing, melody)
    said = []
    tool = threading.Thread(target=lambda: said.append(calls.ctl("transfer", NOBODY)))
    tool.start()
    refer_to(willing)
    wait_for("the answer to it", lambda: any(
        event["event"] == "sent" and event["first"].startswith("SIP/2.0 202") for event in willing.events))  # fmt: skip
    says(willing, "200 OK", "terminated;reason=noresource")
    tool.join(timeout=30)
    assert said[0].returncode == 0 and said[0].stdout == f"{session.id} transferred to {NOBODY}\n"


@pytest.mark.parametrize("how", ["refused", "failed"])
def test_one_that_fails_is_told_and_the_call_goes_on(calls, melody, how):
    with FarEnd("--trace") as far_end:
        session = call(calls, far_end, melody)
        if how == "failed":
            far_end.tell("respond REFER=202")
            session.call("Transfer", NOBODY)
            refer_to(far_end)
            says(far_end, "486 Busy Here", "terminated;reason=noresource")
            wait_for("the event", lambda: "transfer-failed" in names(session))
        else:
            result = calls.ctl("transfer", NOBODY)
            assert result.returncode == 1
            assert f"the call {session.id} is not transferred: the transfer to {NOBODY} failed" in result.stderr
            assert "603" in result.stderr
        failed = next(event for event in session.events() if event["name"] == "transfer-failed")
        assert ("486 Busy Here" if how == "failed" else "603") in failed["details"]["detail"]
        assert session["State"] == "joined"
        far_end.hear(packets=25)
        calls.ctl("hangup", check=True)


def test_two_calls_are_connected(calls, melody):
    with FarEnd("--trace", "--respond", "REFER=202") as one, FarEnd() as two:
        first, second = call(calls, one, melody), call(calls, two, melody)
        first.call("TransferTo", f"objectpath '{second.path}'")
        uri, _, replaces = refer_to(one).partition("?Replaces=")
        replaces = urllib.parse.unquote(replaces)
        assert uri.startswith("sip:") and f"127.0.0.1:{two.port}" in uri
        one.tell(f"header INVITE Replaces: {replaces}")
        one.tell(f"call {uri}")
        two.wait("replaced")
        second.wait_until("ended")
        says(one, "200 OK", "terminated;reason=noresource")
        ended = first.wait_until("ended")
        assert ended["EndReason"] == "hung-up" and ended["EndDetail"].startswith("transferred to sip:")
        assert second["EndReason"] == "removed"
        seen = json.dumps([first.properties(), second.properties(), calls.events(), calls.call("Describe")], default=str)
        seen += "".join(entry["MESSAGE"] for entry in calls.journal())
        assert replaces.partition(";")[0] not in seen and "Replaces" not in seen


def test_mistakes_are_named(calls, far_end, melody):
    session = call(calls, far_end, melody)
    for arguments, status, words in [
        (["alice"], 64, ["TARGET", "account"]),
        (["https://example.org/"], 64, ["TARGET", "https"]),
        (["sip:a:b@example.org"], 64, ["password"]),
        ([], 64, ["nobody to transfer to"]),
        (["sip:a@example.org", "--to", session.id], 64, ["cannot be used together"]),
        (["--to", session.id], 64, ["--to", "itself"]),
        (["--to", "nosuch"], 66, ["nosuch"]),
        (["accept"], 1, ["does not ask for a transfer"]),
    ]:
        result = calls.ctl("transfer", *arguments)
        assert result.returncode == status and all(word in result.stderr for word in words), (arguments, result)
    program = calls.launch(command=["/bin/sleep", "1000"])
    result = calls.ctl("transfer", "sip:a@example.org", "--session", program.id)
    assert result.returncode == 1 and "“transfer”" in result.stderr
    calls.ctl("hangup", "--all", check=True)


def test_numbers_go_through_the_account_of_the_call(calls, melody):
    with FarEnd("--trace") as far_end:
        calls.ctl("account", "add", f"sip:me@127.0.0.1:{far_end.port}", "--country-code", "49", "--default", check=True)
        call(calls, far_end, melody)
        calls.ctl("transfer", "030", "123")
        assert refer_to(far_end) == f"sip:+4930123@127.0.0.1:{far_end.port}"
        calls.ctl("hangup", check=True)
