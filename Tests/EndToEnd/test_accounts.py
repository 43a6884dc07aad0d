# SPDX-License-Identifier: Apache-2.0
"""SIP accounts: the control tool, the files, the bus, and calls that go through an account."""

import json

import providers  # noqa: F401
import pytest
from bare_far_end import BareFarEnd
from booted import wait_for
from calls import PROPERTIES, ROOT, BusError
from farend import FarEnd
from secrecy import realm, secrecy  # noqa: F401

ACCOUNT = "org.ongoingcall.Calls1.Account"
FOLDER = ".config/ongoingcall/accounts"


def add(calls, *arguments):
    """Returns the new account, as JSON."""
    return calls.ctl_json("account", "add", *arguments)["account"]


def accounts(calls):
    return {account["id"]: account for account in calls.ctl_json("account", "list")["accounts"]}


def file(calls, identifier):
    return calls.user.bed.path(f"{calls.user.home}/{FOLDER}/{identifier}.conf")


def prop(calls, identifier, name):
    (value,) = calls.call("Get", ACCOUNT, name, path=f"{ROOT}/account/{identifier}", interface=PROPERTIES)
    return value


def test_an_account_is_added_changed_and_removed(calls):
    assert calls.ctl("account", "list").stdout == "no accounts\n"
    added = add(calls, "sip:me@example.org", "--display-name", "Me", "--outbound-proxy", "proxy.example.org", "--default")
    assert added == {
        "id": "me_example_org", "label": "Account 1", "identity": "Me <sip:me@example.org>", "address": "sip:me@example.org", "is-default": True,
        "enabled": True, "state": "ready", "registered-until": 0, "last-error": "",
        "settings": {"address": "sip:me@example.org", "display-name": "Me", "outbound-proxy": "sip:proxy.example.org",
                     "default": True}}  # fmt: skip
    assert file(calls, "me_example_org").read_text() == (
        "[Account]\nAddress=sip:me@example.org\nDisplayName=Me\nOutboundProxy=sip:proxy.example.org\nDefault=yes\n")
    assert file(calls, "me_example_org").stat().st_mode & 0o777 == 0o600
    changed = calls.ctl_json("account", "edit", "me", "--transport", "tls", "--display-name", "")["account"]
    assert changed["identity"] == "sip:me@example.org" and changed["settings"]["transport"] == "tls"
    assert calls.ctl_json("account", "disable")["account"]["state"] == "disabled"
    assert calls.ctl_json("account", "enable", "me_example_org")["account"]["state"] == "ready"
    shown = calls.ctl("account", "show", check=True).stdout
    assert "default account" in shown and "OutboundProxy: sip:proxy.example.org" in shown
    # A daemon that comes after this one knows it, too.
    calls.user.systemctl("restart", "ongoingcalld")
    assert accounts(calls)["me_example_org"]["settings"] == changed["settings"]
    assert calls.ctl("account", "remove", "me_example_org").stdout == "me_example_org removed\n"
    assert accounts(calls) == {} and not file(calls, "me_example_org").exists()


def test_mistakes_are_named(calls):
    add(calls, "me@example.org")
    add(calls, "you@example.org")
    for arguments, status, words in [
        (["add", "tel:+49"], 64, ["ADDRESS", "sip:"]),
        (["add", "sip:a:hunter2@example.org"], 64, ["password"]),
        (["add", "sip:a@example.org", "--transport", "sctp"], 64, ["--transport", "udp, tcp, tls"]),
        (["edit", "me", "--country-code", "Germany"], 64, ["--country-code", "49"]),
        (["edit", "me"], 64, ["nothing to change"]),
        (["show", "x"], 66, ["no account “x”", "account list"]),
        (["enable"], 66, ["me_example_org, you_example_org"]),
        (["remove"], 64, ["id"]),
    ]:
        result = calls.ctl("account", *arguments)
        assert result.returncode == status and result.stdout == "", (arguments, result)
        assert all(word in result.stderr for word in words), (arguments, result.stderr)
    assert set(accounts(calls)) == {"me_example_org", "you_example_org"}


def test_what_a_person_edits_is_noticed(calls):
    calls.start()
    # There is no folder yet.
    calls.user.install("# Mine\n[Account]\nAddress=sip:me@example.org\n", f"{FOLDER}/work.conf")
    wait_for("the account", lambda: accounts(calls).get("work", {}).get("state") == "ready")
    calls.user.install("# Mine\n[Account]\nAddress=sip:me@example.org\nTransprot=tls\n", f"{FOLDER}/work.conf")
    wait_for("the mistake", lambda: prop(calls, "work", "State") == "failed")
    assert "work.conf: line 4: [Account] has no key “Transprot”" in prop(calls, "work", "LastError")
    warnings = [entry for entry in calls.journal() if "CONFIG_FILE" in entry]
    assert [(entry["CONFIG_LINE"], entry["PRIORITY"]) for entry in warnings] == [("4", "4")]
    result = calls.ctl("account", "edit", "work", "--realm", "x")
    assert result.returncode == 1 and "correct it first" in result.stderr
    assert "Transprot" in file(calls, "work").read_text()
    calls.user.install("# Mine\n[Account]\nAddress=sip:me@example.org\nTransport=tls\n", f"{FOLDER}/work.conf")
    wait_for("the correction", lambda: prop(calls, "work", "State") == "ready")
    calls.ctl("account", "edit", "work", "--realm", "x", check=True)
    assert file(calls, "work").read_text() == "# Mine\n[Account]\nAddress=sip:me@example.org\nTransport=tls\nRealm=x\n"
    file(calls, "work").unlink()
    wait_for("the account to be gone", lambda: accounts(calls) == {})


def test_a_password_in_a_file_is_refused_and_not_repeated(calls):
    calls.user.install("[Account]\nAddress=sip:me@example.org\nPassword=hunter2\n", f"{FOLDER}/work.conf")
    found = accounts(calls)["work"]
    assert found["state"] == "failed" and "“Password=”" in found["last-error"] and "remove the line" in found["last-error"]
    assert "hunter2" not in json.dumps(found) + str([entry["MESSAGE"] for entry in calls.journal()])


@pytest.fixture
def server():
    with FarEnd("--trace") as far_end:
        yield far_end


def called(server):
    """The first line of the INVITE, and its From."""
    invite = wait_for("the INVITE", lambda: next(
        (e for e in server.events if e["event"] == "received" and e["first"].startswith("INVITE")), None))  # fmt: skip
    return invite["first"].split()[1], str(invite["fields"])


def test_a_number_is_called_through_the_default_account(calls, server):
    add(calls, f"sip:me@127.0.0.1:{server.port}", "--country-code", "49", "--default")
    launched = json.loads(calls.ctl("launch", "030", "123456", "--wait", "--json", check=True).stdout)["session"]
    assert launched["account"] == f"me_127_0_0_1_{server.port}" and launched["title"] == "030 123456"
    assert launched["uri"] == f"sip:+4930123456@127.0.0.1:{server.port}"
    assert called(server)[0] == launched["uri"]
    assert calls.session(launched["id"])["Account"] == launched["account"]
    # The next daemon knows it, too.
    calls.user.systemctl("restart", "ongoingcalld")
    assert calls.session(launched["id"])["Account"] == launched["account"]
    calls.ctl("abort", check=True)


@pytest.mark.parametrize("written", ["alice", "tel:+49-30-123"])
def test_names_and_tel_go_through_a_named_account(calls, server, written):
    account = add(calls, f"sip:me@127.0.0.1:{server.port}")["id"]
    launched = json.loads(calls.ctl("launch", "--account", account, written, "--json", check=True).stdout)["session"]
    user = {"alice": "alice", "tel:+49-30-123": "+4930123"}[written]
    assert called(server)[0] == f"sip:{user}@127.0.0.1:{server.port}"
    assert launched["account"] == account
    calls.ctl("abort", check=True)


def test_without_an_account_the_remedy_is_said(calls):
    result = calls.ctl("launch", "030", "123456")
    assert result.returncode == 64 and "account add sip:me@example.org --default" in result.stderr
    result = calls.ctl("launch", "firefox")
    assert result.returncode == 64 and "ongoingcallctl launch -- PROGRAM" in result.stderr
    result = calls.ctl("launch", "--account", "x", "sip:a@127.0.0.1")
    assert result.returncode == 64 and "--account: there is no account “x”; there are none" in result.stderr
    add(calls, "me@example.org")
    result = calls.ctl("launch", "030", "123456")
    assert result.returncode == 64 and "name one of me_example_org" in result.stderr
    calls.ctl("account", "disable", check=True)
    with pytest.raises(BusError) as caught:
        calls.launch(uri="030", account="me_example_org")
    assert caught.value.kind == "InvalidOption" and "account enable me_example_org" in caught.value.message
    assert calls.engine_units() == []


PASSWORD = "hunter2-correct-horse"


@pytest.fixture
def strict():
    with FarEnd("--trace", "--password", f"me:{PASSWORD}") as far_end:
        yield far_end


@realm(PASSWORD)
@pytest.mark.usefixtures("secrecy")
def test_the_engine_gets_the_password_and_the_next_engine_too(calls, strict):
    account = add(calls, f"sip:me@127.0.0.1:{strict.port}", "--default", "--password-place", "file")["id"]
    calls.user.install(PASSWORD + "\n", f".local/state/ongoingcall/passwords/{account}", mode=0o600)
    for folder in (".local", ".local/state", ".local/state/ongoingcall", ".local/state/ongoingcall/passwords"):
        calls.user.bed.path(f"{calls.user.home}/{folder}").chmod(0o700)
    launched = json.loads(calls.ctl("launch", "alice", "--wait", "--json", check=True).stdout)["session"]
    session = calls.session(launched["id"])
    assert session["State"] == "joined"
    # Neither daemon nor engine is the one that placed the call.
    daemon = calls.daemon()
    calls.user.run("kill", "-KILL", str(daemon))
    wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))
    mark = len(strict.events)
    calls.user.systemctl("kill", "--signal=KILL", session["Unit"])
    wait_for("the call to be back", lambda: session["State"] == "joined" and any(
        event["event"] == "received" and event["first"].startswith("INVITE") for event in strict.events[mark:]))  # fmt: skip
    assert any("Authorization" in str(event["fields"]) for event in strict.events[mark:] if event["event"] == "received")
    assert PASSWORD not in calls.call("Describe")[0] + str(session.properties()) + str(calls.events())
    calls.ctl("abort", check=True)
    calls.ctl("account", "remove", account, check=True)
    assert not calls.user.bed.path(f"{calls.user.home}/.local/state/ongoingcall/passwords/{account}").exists()


def sender(server):
    """Whose calls they are, in their order."""
    return [next(field for field in event["fields"] if field.startswith("From:")) for event in server.events
            if event["event"] == "received" and event["first"].startswith("INVITE")]  # fmt: skip


def test_addresses_are_called_through_the_default_account(calls, server):
    address = f"sip:alice@127.0.0.1:{server.port}"

    def launch(*options):
        launched = json.loads(calls.ctl("launch", address, *options, "--wait", "--json", check=True).stdout)["session"]
        calls.ctl("abort", launched["id"], check=True)
        return launched["account"]

    assert launch() == ""
    account = add(calls, f"sip:me@127.0.0.1:{server.port}", "--default")["id"]
    assert launch() == account
    assert launch("--no-account") == ""
    calls.ctl("account", "disable", check=True)
    assert launch() == ""
    calls.ctl("account", "enable", check=True)
    assert calls.launch(uri=address, account="")["Account"] == ""
    calls.ctl("abort", check=True)
    mine = [f"sip:me@127.0.0.1:{server.port}" in who for who in sender(server)]
    assert mine == [False, True, False, False, False]


@pytest.mark.parametrize("of_account, of_launch, transport, has_keys, is_anonymous", [
    ([], [], "RTP/AVP", False, False),
    (["--encryption", "required"], [], "RTP/SAVP", True, False),
    (["--encryption", "required"], ["--encryption", "off"], "RTP/AVP", False, False),
    (["--encryption", "offer"], ["--anonymous"], "RTP/AVP", True, True),
    (["--encryption", "required", "--key-exchange", "dtls"], [], "UDP/TLS/RTP/SAVP", False, False),
    (["--encryption", "offer", "--key-exchange", "sdes"], ["--key-exchange", "dtls"], "RTP/AVP", False, False),
])  # fmt: skip
def test_a_launch_says_more_of_privacy_than_its_account(calls, of_account, of_launch, transport, has_keys, is_anonymous):
    with BareFarEnd() as far_end:
        add(calls, f"sip:me@127.0.0.1:{far_end.port}", "--default", *of_account)
        calls.ctl("launch", "alice", *of_launch, check=True)
        invite = far_end.receive("INVITE")
        far_end.reply(invite, 486, "Busy Here")
        media = next(line for line in invite.body.splitlines() if line.startswith("m=audio"))
        assert media.split()[2] == transport and ("a=crypto:" in invite.body) == has_keys
        assert ("sip:me@" not in invite.fields["from"]) == is_anonymous
    wait_for("the end", lambda: calls.ctl_json("list")["sessions"] == [])


def test_mistakes_of_privacy_are_named_as_they_were_written(calls):
    for arguments, words in [
        (["account", "add", "sip:a@example.org", "--encryption", "on"], "--encryption: “on” is not one of off, offer, required"),
        (["account", "add", "sips:a@example.org", "--encryption", "off"], "--encryption: calls of a sips: address are always"),
        (["launch", "--encryption", "on", "sip:a@example.org"], "--encryption: “on” is not one of off, offer, required"),
        (["launch", "--encryption", "offer", "sips:a@example.org"], "--encryption offer: calls to a sips: address are always"),
        (["launch", "--anonymous", "--", "true"], "--anonymous: only for calls to an address"),
        (["launch", "--anonymous", "--set", "anonymous=no", "sip:a@example.org"], "leave one of them out"),
    ]:
        result = calls.ctl(*arguments)
        assert result.returncode == 64 and words in result.stderr, (arguments, result)
