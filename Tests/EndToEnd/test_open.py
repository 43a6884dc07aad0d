# SPDX-License-Identifier: Apache-2.0
"""Links that ask for calls: the user is asked, and nothing is called without an answer."""

import json
import subprocess

import pytest
from booted import wait_for
from calls import ROOT, BusError, Calls
from farend import FarEnd
from flatpak import Flatpak
from notifications import Desktop, Dunst
from windows import Window

SUMMARY = "Place this call?"
HANDLER = "org.ongoingcall.OngoingCall.Open.desktop"
SCHEMES = ("sip", "sips", "tel", "callto")


@pytest.fixture
def desktop(calls):
    with Desktop(calls.user) as desktop:
        yield desktop


@pytest.fixture
def server():
    """A far end whose account is the default."""
    with FarEnd("--trace") as far_end:
        yield far_end


@pytest.fixture
def account(calls, server):
    address = f"sip:me@127.0.0.1:{server.port}"
    return calls.ctl_json("account", "add", address, "--default", "--country-code", "49")["account"]


def opened(calls, *arguments):
    """A browser's way: without a terminal."""
    return calls.user.spawn("ongoingcallctl", "open", *arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)  # fmt: skip


def said(tool):
    out, error = tool.communicate(timeout=100)
    return tool.returncode, out, error


def invited(far_end):
    return [e["first"] for e in far_end.events if e["event"] == "received" and e["first"].startswith("INVITE")]


def actions(question):
    """Its two buttons."""
    yes, no = question["actions"]
    assert yes.startswith("call.") and no.startswith("do-not-call.") and yes[5:] == no[12:]
    return yes, no


def test_a_press_calls_what_was_shown(calls, desktop, account, server):
    tool = opened(calls, "--json", "tel:030-123")
    question = desktop.wait("notify", summary=SUMMARY)
    address = f"sip:+4930123@127.0.0.1:{server.port}"
    assert question["body"] == f"030123 ({address})\nThrough the account {account['identity']}"
    assert question["expires"] == 60000 and question["hints"]["transient"] is True
    yes, _ = actions(question)
    assert calls.live() == [] and not invited(server)
    # Another default meanwhile changes nothing of it.
    calls.ctl("account", "edit", account["id"], "--country-code", "43", check=True)
    for _ in range(2):
        desktop.press(question, yes)
    status, out, error = said(tool)
    assert status == 0, error
    session = calls.session(json.loads(out)["session"]["id"])
    session.wait_until("joined")
    assert (session["Uri"], session["Account"]) == (address, account["id"])
    assert calls.live() == [session.id] and len(invited(server)) == 1
    desktop.wait("close", id=question["id"])
    calls.ctl("hangup", check=True)


@pytest.mark.parametrize("how", ["button", "dismissed"])
def test_who_does_not_want_it_calls_nobody(calls, desktop, far_end, how):
    tool = opened(calls, far_end.address)
    question = desktop.wait("notify", summary=SUMMARY)
    assert question["body"] == f"{far_end.address}\nWithout an account"
    if how == "button":
        desktop.press(question, actions(question)[1])
    else:
        calls.user.run("gdbus", "call", "--session", "--dest", "org.freedesktop.Notifications", "--object-path",
                       "/org/freedesktop/Notifications", "--method", "org.freedesktop.Notifications.CloseNotification",
                       str(question["id"]))  # fmt: skip
    assert said(tool) == (3, "", "ongoingcallctl: nothing was called\n")
    # Too late.
    desktop.press(question, actions(question)[0])
    assert calls.ctl("list").stdout == "no calls\n" and not far_end.find("incoming")


def test_nobody_answers(calls, desktop, far_end):
    tool = opened(calls, far_end.address)
    question = desktop.wait("notify", summary=SUMMARY)
    desktop.wait("close", seconds=75, id=question["id"])
    status, _, error = said(tool)
    assert status == 75 and "nothing was called" in error
    desktop.press(question, actions(question)[0])
    assert calls.live() == [] and not far_end.find("incoming")


@pytest.mark.parametrize("capabilities", [None, ("body",)])
def test_without_a_server_that_has_buttons_it_fails(calls, far_end, capabilities):
    def check():
        result = calls.ctl("open", far_end.address)
        assert result.returncode == 1 and "no notification server with buttons" in result.stderr
        assert f"ongoingcallctl launch {far_end.address}" in result.stderr
        assert calls.live() == []

    if capabilities:
        with Desktop(calls.user, *capabilities):
            check()
    else:
        check()


def test_a_daemon_that_dies_calls_nobody(calls, desktop, far_end):
    tool = opened(calls, far_end.address)
    question = desktop.wait("notify", summary=SUMMARY)
    calls.user.systemctl("kill", "--signal", "KILL", "ongoingcalld")
    status, _, _ = said(tool)
    assert status not in (0, 3)
    calls.call("Describe")
    desktop.press(question, actions(question)[0])
    assert calls.live() == [] and not far_end.find("incoming")


def test_the_same_is_asked_once_and_few_at_the_same_time(calls, desktop, far_end):
    same = [opened(calls, far_end.address) for _ in range(3)]
    question = desktop.wait("notify", summary=SUMMARY)
    other = opened(calls, "sip:nobody@192.0.2.7")
    second = desktop.wait("notify", summary=SUMMARY, body="sip:nobody")
    result = calls.ctl("open", "sip:third@192.0.2.7")
    assert result.returncode == 1 and "is asked about other calls" in result.stderr
    assert len([event for event in desktop.events if event["event"] == "notify"]) == 2
    for asked in (question, second):
        desktop.press(asked, actions(asked)[1])
        desktop.wait("close", id=asked["id"])
    assert [said(tool)[0] for tool in (*same, other)] == [3] * 4


HOSTILE = [
    ("tel:*%2306%23", "*#06#"), ("tel:**21*030123%23", "provider"), ("sip:%2A21@example.org", "provider"),
    ("sip:a:b@example.org", "password"), ("https://example.org", "sip:, sips:, tel:, callto:"), ("sip:a%0Ab@example.org", "U+000A"),
    ("sip:a%E2%80%AEb@example.org", "U+202E"), ("tel:%252306", "encoded twice"), ("sip:" + "a" * 200 + "@example.org", "128"),
    ("x" * 3000, "bytes"), ("callto:bob", "neither a number"),
]  # fmt: skip


@pytest.mark.parametrize("link,words", HOSTILE, ids=[link[:24] for link, _ in HOSTILE])
def test_hostile_links_are_refused(calls, desktop, link, words):
    result = calls.ctl("open", link)
    assert result.returncode == 64 and words in result.stderr and "\u202e" not in result.stderr
    with pytest.raises(BusError) as caught:
        calls.call("OfferCall", link, "{}")
    assert caught.value.kind == "InvalidOption"
    assert not [event for event in desktop.events if event["event"] == "notify"]


def test_what_says_how_to_call_is_left_out(calls, desktop, far_end):
    tool = opened(calls, f"{far_end.address};maddr=192.0.2.9?Replaces=a%3Bto-tag%3Db&Subject=x")
    question = desktop.wait("notify", summary=SUMMARY)
    assert question["body"].startswith(f"{far_end.address}\n")
    desktop.press(question, actions(question)[0])
    assert said(tool)[0] == 0
    invite = far_end.wait("incoming")
    assert "Replaces" not in json.dumps(invite) and "Subject" not in json.dumps(invite)
    calls.ctl("hangup", check=True)


def test_mistakes_are_named(calls):
    for arguments, words in [([], "URI"), (["sip:a@example.org", "sip:b@example.org"], "sip:b@example.org"),
                             (["--account", "x", "--no-account", "tel:1"], "together")]:  # fmt: skip
        result = calls.ctl("open", *arguments)
        assert result.returncode == 64 and words in result.stderr.replace("<uri>", "URI"), (arguments, result)
    assert calls.ctl("open", "--account", "nosuch", "tel:1").returncode == 66


def test_a_sandbox_asks_and_does_not_get_the_call(calls, desktop, account, server):
    phone = Calls(Flatpak(calls.user, "org.example.Phone"))
    with pytest.raises(BusError) as caught:
        phone.call("OfferCall", "tel:1", f"{{'account': <'{account['id']}'>}}")
    assert caught.value.kind == "NotPermitted"
    for answer in (1, 0):
        tool = phone.user.spawn("ongoingcallctl", "open", "--json", "tel:030123", stdout=subprocess.PIPE, text=True)
        question = desktop.wait("notify", summary=SUMMARY) if answer else wait_for("another question", lambda: next(
            (e for e in desktop.events if e["event"] == "notify" and e["id"] != question["id"]), None))  # fmt: skip
        assert question["body"].endswith("\norg.example.Phone asks for it.")
        # One at a time.
        with pytest.raises(BusError) as caught:
            phone.call("OfferCall", "tel:040", "{}")
        assert caught.value.kind == "LimitReached"
        desktop.press(question, actions(question)[answer])
        status, out, _ = said(tool)
        assert status == (3 if answer else 0)
    assert json.loads(out)["answer"] == "called" and account["id"] not in out
    (session,) = wait_for("the call", calls.live)
    assert calls.session(session)["ApplicationId"] == "" and phone.live() == []
    calls.ctl("hangup", check=True)
    # Why something cannot be called is not told: it would name accounts.
    calls.ctl("account", "edit", account["id"], "--no-default", check=True)
    with pytest.raises(BusError) as caught:
        phone.call("OfferCall", "tel:1", "{}")
    assert caught.value.kind == "NotSupported" and account["id"] not in caught.value.message


@pytest.mark.parametrize("typed,calls_it", [("y\r", True), ("\r", False), ("n\r", False), ("yet\r", False), ("\x04", False)])
def test_on_a_terminal_it_asks_there(calls, account, server, typed, calls_it):
    with Window(calls.user, "open", "tel:030-123") as window:
        window.read_until(r"Call 030123 \(sip:\+4930123@127.0.0.1:\d+\),\s+through the\s+account me_127_0_0_1_\d+,"
                          r"\s+sip:me@127.0.0.1:\d+\? \[y/N\] ")  # fmt: skip
        assert calls.live() == []
        window.type(typed)
        assert window.end() == (0 if calls_it else 3)
    if calls_it:
        (session,) = calls.live()
        calls.session(session).wait_until("joined")
        assert "sip:+4930123@127.0.0.1" in invited(server)[0]
        calls.ctl("hangup", check=True)
    else:
        assert calls.live() == [] and not invited(server)


def test_a_real_server_asks(calls, far_end):
    with Dunst(calls.user) as server:
        tool = opened(calls, far_end.address)
        server.next_post(lambda post: post.summary == SUMMARY and post.timeout == 60000)
        wait_for("it to be shown", lambda: server.count() == 1)
        calls.user.install("Call", "choice")
        server.click(3)
        assert said(tool)[0] == 0
        far_end.wait("answered")
        calls.ctl("hangup", check=True)


def test_the_desktop_opens_links_with_it(calls, desktop, far_end):
    calls.user.run("desktop-file-validate", f"/usr/local/share/applications/{HANDLER}")
    for scheme in SCHEMES:
        assert HANDLER in calls.user.run("gio", "mime", f"x-scheme-handler/{scheme}").stdout
        calls.user.run("gio", "mime", f"x-scheme-handler/{scheme}", HANDLER)
    # What it starts has its output.
    calls.user.spawn("gio", "open", far_end.address, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                     stderr=subprocess.DEVNULL).wait(timeout=30)  # fmt: skip
    question = desktop.wait("notify", summary=SUMMARY, body=far_end.address)
    desktop.press(question, actions(question)[0])
    far_end.wait("answered")
    calls.ctl("hangup", check=True)
