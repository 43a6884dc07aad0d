# SPDX-License-Identifier: Apache-2.0
"""What the far end can do in a call, by two of them: what one does, the other tells, and neither has a complaint."""

import contextlib
import os
import subprocess

import pytest
import sound
from far_end import FarEnd


@contextlib.contextmanager
def calling(*callee, caller=(), how="", uri="{uri}", address="127.0.0.1", clean=True):
    """Two far ends in a call; yields who called and who was called."""
    with FarEnd(*callee, address=address, strict=clean) as called, FarEnd(*caller, address=address, strict=clean) as calls:
        target = uri.format(uri=called.uri, host=called.host, tls=called.tls_port)
        calls.command(f"call {target} {how}")
        yield calls, called
        if clean:
            assert calls.violations() + called.violations() == []


def up(caller, called):
    for end in (caller, called):
        end.wait_for("running")


def hang_up(caller, called):
    caller.command("hangup")
    assert called.wait_for("bye")["by"] == "caller"
    assert caller.wait_for("answer", method="BYE")["status"] == 200


@pytest.mark.parametrize("how", ["", "sdp=none"], ids=["offer", "late-offer"])
@pytest.mark.parametrize("uri", ["{uri}", "{uri};transport=tcp"], ids=["udp", "tcp"])
def test_call_of_each_kind(how, uri):
    with calling(how=how, uri=uri) as (caller, called):
        up(caller, called)
        assert called.wait_for_packets(50)["lost"] == 0
        assert caller.stats()["codec"] == "opus/48000/2"
        hang_up(caller, called)


def test_call_over_ipv6():
    with calling(address="::1") as (caller, called):
        up(caller, called)
        called.wait_for_packets(25)
        hang_up(caller, called)


def test_call_over_tls_with_srtp(tmp_path):
    pem = tmp_path / "both.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-keyout", pem, "-out", tmp_path / "certificate.pem"], check=True, capture_output=True)
    pem.write_bytes(pem.read_bytes() + (tmp_path / "certificate.pem").read_bytes())
    tls = ("--certificate", pem)
    with calling(*tls, caller=("--srtp", *tls), uri="sip:far@{host}:{tls};transport=tls") as (caller, called):
        up(caller, called)
        assert called.wait_for_packets(50)["lost"] == 0
        assert called.stats()["secure"] and caller.stats()["secure"]
        hang_up(caller, called)


@pytest.mark.parametrize("codecs", ["opus", "pcmu", "pcma", "g722"])
def test_tone_is_heard(tmp_path, codecs):
    record = tmp_path / "heard.wav"
    with calling("--record", record, "--codecs", codecs, caller=("--tone", 440, "--codecs", codecs)) as (caller, called):
        up(caller, called)
        called.wait_for_packets(75)
        samples, rate = sound.loudest_second(record)
        assert sound.loudness(samples) > 0.1
        assert sound.share_of_tone(samples, rate, 440) > 0.95


@pytest.mark.parametrize("kind", ["sendonly", "inactive", "zero"])
@pytest.mark.parametrize("by", ["INVITE", "UPDATE"])
def test_hold_of_each_kind(kind, by):
    with calling() as (caller, called):
        up(caller, called)
        called.command(f"hold {kind} by={by}")
        called.wait_for("held")
        caller.wait_for("held-by-caller")
        # Music is not sent to who is not to hear it.
        heard = called.stats()
        assert heard["hears"] is False and heard["sends"] is (kind != "inactive")
        called.command("unhold")
        up(caller, called)
        called.wait_for_packets(25)
        hang_up(caller, called)


def test_renegotiation_with_new_port_contact_and_codec():
    with calling() as (caller, called):
        up(caller, called)
        called.command("reinvite port=new codecs=pcma,telephone-event contact=sip:elsewhere@{address}:{port}")
        assert called.wait_for("answer", method="INVITE")["status"] == 200
        up(caller, called)
        called.wait_for_packets(25)
        assert called.stats()["codec"] == "PCMA/8000"
        called.command("reinvite sdp=none")
        up(caller, called)
        hang_up(caller, called)


@pytest.mark.parametrize(
    "rule, statuses", [("488x1", [488]), ("491x2", [491, 491, 200]), ("503", [503]), ("normal@300", [200])])
def test_renegotiation_that_is_refused(rule, statuses):
    with calling("--respond", f"REINVITE={rule}") as (caller, called):
        up(caller, called)
        caller.command("hold")
        assert [caller.wait_for("answer", method="INVITE")["status"] for _ in statuses] == statuses
        called.wait_for_packets(25)
        hang_up(caller, called)


def test_glare_is_resolved():
    with calling("--glare", clean=False) as (caller, called):
        up(caller, called)
        caller.command("hold")
        assert caller.wait_for("answer", method="INVITE")["status"] == 491


def test_early_media_that_is_reliable_and_then_another_direction():
    options = ("--reliable", "--early-media", 183, "--early-direction", "sendonly", "--direction", "recvonly",
               "--answer-after", 1500)  # fmt: skip
    with calling(*options) as (caller, called):
        assert caller.wait_for("progress")["status"] == 183
        assert called.wait_for("early-media")["status"] == 183
        called.wait_for("prack")
        caller.wait_for_packets(10)
        up(caller, called)
        assert caller.stats()["hears"] is False
        hang_up(caller, called)


def test_every_branch_of_a_fork_is_confirmed_and_all_but_one_ended():
    with calling("--fork", 3) as (caller, called):
        caller.wait_for("running")
        assert {called.wait_for("bye")["call"] for _ in range(2)} == {2, 3}
        assert called.stats()["calls"] == 1
        hang_up(caller, called)


def test_answer_after_cancel_is_confirmed_and_ended():
    with calling("--ring-only", "--answer-after-cancel", 200) as (caller, called):
        caller.wait_for("progress")
        caller.command("hangup")
        called.wait_for("cancel-ignored")
        called.wait_for("answered")
        assert called.wait_for("bye")["by"] == "caller"


def test_cancel():
    with calling("--ring-only") as (caller, called):
        caller.wait_for("progress")
        caller.command("hangup")
        called.wait_for("cancelled", by="caller")
        assert caller.wait_for("refused")["status"] == 487


@pytest.mark.parametrize("routes", [
    ["<sip:{address}:{port};lr>"],
    ['"a, b" <sip:one@{address}:{port};lr>, <sip:two@{address}:{port};lr;x=y>', "<sip:three@{address}:{port};lr>"],
    ["<sip:{address}:{port}>"]], ids=["one", "three", "strict"])
def test_route_set_is_kept_and_checked(routes):
    options = [word for route in routes for word in ("--record-route", route)]
    with calling(*options) as (caller, called):
        up(caller, called)
        caller.command("update")
        assert caller.wait_for("answer", method="UPDATE")["status"] == 200
        hang_up(caller, called)


@pytest.mark.parametrize("refresher", ["uac", "uas"])
def test_session_timer(refresher):
    with calling("--session-expires", 2, "--refresher", refresher, clean=refresher == "uas") as (caller, called):
        up(caller, called)
        if refresher == "uas":
            assert called.wait_for("answer", method="UPDATE")["status"] == 200
        else:
            # This caller refreshes nothing.
            called.wait_for("violation", text="the session was not refreshed within 2 s")


def test_digits_are_told_with_durations_and_gaps():
    with calling() as (caller, called):
        up(caller, called)
        caller.command("dial 1# ms=160")
        first, second = called.wait_for("dtmf"), called.wait_for("dtmf")
        assert (first["digit"], second["digit"]) == ("1", "#")
        assert first["duration-ms"] == second["duration-ms"] == 160
        assert 20 <= second["gap-ms"] < 100


def test_multipart_answer_and_numbers_of_its_own():
    options = ("--multipart", "--codecs", "pcmu,telephone-event", "--renumber", "telephone-event=110")
    with calling(*options) as (caller, called):
        up(caller, called)
        caller.command("dial 5")
        assert called.wait_for("dtmf")["digit"] == "5"
        assert called.stats()["payloads"]["110"] > 3


def test_redirection_with_contacts_of_ones_own():
    contacts = [
        "--header", "302 Contact: <sip:a@127.0.0.1:5>;q=0.3",
        "--header", "302 Contact: <sip:b@127.0.0.1;transport=tcp>"]
    with calling("--reject", 302, *contacts, caller=("--trace",)) as (caller, called):
        assert caller.wait_for("refused")["status"] == 302
        answer = next(m for m in caller.reader.seen if m["event"] == "received" and " 302 " in m["first"])
        assert [f for f in answer["fields"] if f.startswith("Contact")] == [
            "Contact: <sip:a@127.0.0.1:5>;q=0.3", "Contact: <sip:b@127.0.0.1;transport=tcp>"]


@pytest.mark.parametrize("command, method", [("options", "OPTIONS"), ("refer sip:third@127.0.0.1", "REFER"),
                                             ("send INFO body=hello", "INFO"), ("send MESSAGE body=hello", "MESSAGE")])
def test_requests_in_the_dialog_are_answered(command, method):
    with calling("--respond", "OPTIONS=200") as (caller, called):
        up(caller, called)
        caller.command(command)
        assert caller.wait_for("answer", method=method)["status"] == (603 if method == "REFER" else 200)


def test_modes_of_sending():
    with calling() as (caller, called):
        up(caller, called)
        caller.wait_for_packets(10)
        called.command("rtcp off")
        called.command("mode nothing")
        caller.reader.wait_for(lambda m: m.get("since-last-ms", 0) > 300, 5, "silence")
        called.command("mode comfort")
        caller.reader.wait_for(lambda m: "13" in m.get("payloads", {}), 5, "comfort noise")
        called.command("mode sound")
        caller.wait_for_packets(10)
        called.command("ssrc")
        caller.wait_for_packets(10)
        assert caller.stats()["streams"] == 2


def test_stranger_is_told_what_it_got():
    with calling(clean=False) as (caller, called):
        up(caller, called)
        called.command("stranger OPTIONS wait=300")
        assert called.wait_for("stranger")["status"] == 200
        called.command("options")
        called.wait_for("answer", method="OPTIONS")
        called.command("stranger BYE dialog=yes cseq=1 wait=300")
        assert called.wait_for("stranger", method="BYE")["status"] == 500
        called.command("stranger MESSAGE body=hello wait=300")
        assert called.wait_for("stranger", method="MESSAGE")["status"] == 405
        called.command("stranger rtp 10")
        called.wait_for("stranger-sent", packets=10)
        assert any("while" in text for text in caller.violations())


def test_replacement_by_the_caller_is_told_and_the_old_dialog_ended():
    with calling() as (caller, called):
        up(caller, called)
        caller.command(f"call {called.uri} replaces=yes")
        assert called.wait_for("replaced")["call"] == 1
        assert caller.wait_for("bye")["call"] == 1
        assert called.stats()["calls"] == 1


def test_one_call_costs_little():
    with calling() as (caller, called):
        up(caller, called)
        called.wait_for_packets(50)

        def spent():
            with open(f"/proc/{called.process.pid}/stat") as file:
                words = file.read().rpartition(")")[2].split()
            return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

        before = spent()
        called.wait_for_packets(250)
        # Five seconds.
        assert (spent() - before) / 5 < 0.05


def test_messages_that_are_lost_are_said_again():
    with calling("--drop", "INVITE=1", "--drop", "BYE=2") as (caller, called):
        assert called.wait_for("dropped")["what"] == "INVITE"
        up(caller, called)
        caller.command("hangup")
        assert [called.wait_for("dropped")["what"] for _ in range(2)] == ["BYE", "BYE"]
        assert called.wait_for("bye")["by"] == "caller"
