# SPDX-License-Identifier: Apache-2.0
"""Calls through a provider that asks for a password: Kamailio, with two Record-Routes, before baresip."""

import time

import certificates
import pytest
import table
from account_engine import AccountEngine
from baresip import SIP_PORT, Baresip
from provider import DOMAIN, PASSWORD, USER, Provider
from scene import Scene
from test_interop import killed_again_and_again
from world import until


class Line(Scene):
    """A scene whose engine calls by its account."""

    transport = "udp"
    prefix = ()

    def __init__(self, folder, transport, answer="auto", **provider):
        super().__init__(folder, table.KAMAILIO, "")
        self.transport, self.answer, self.provider = transport, answer, provider
        self.note = print

    def _far_end(self):
        certificate = None
        if self.transport == "tls":
            authority, certificate = certificates.make(self.folder)
            self.environment["SSL_CERT_FILE"] = str(authority)
        far_end = self.new_far_end()
        try:
            return Provider(self.folder, far_end, self.transport, certificate, **self.provider)
        except BaseException:
            far_end.stop()
            raise

    def new_far_end(self):
        return Baresip(self.folder, self.answer)

    def new_engine(self):
        return self.stack.enter_context(AccountEngine(self.folder, env=self.environment, prefix=self.prefix))

    def join(self, engine=None, resume=None, **account):
        self.records.append(self.folder / f"record-{len(self.records)}.wav")
        settings = {"play_file": self.voice, "record_file": self.records[-1]}
        account = self.far_end.account | account
        (engine or self.engine).call(self.far_end.uri, resume=resume, settings=settings, **account)

    def hold(self, held=True):
        self.engine.send({"type": "set-held", "held": held})
        self.engine.wait_for_state("joined", held=held)

    def asked(self):
        """How often the provider asked for the password; what is in TLS cannot be read."""
        return len([m for m in self.wire.sip() if m.status in (401, 407)])

    def check_routes(self):
        """Two of one proxy, for its two sides."""
        invite = next(m for m in self.wire.sip() if m.starts_a_call and m.packet.target[1] == SIP_PORT)
        assert len(invite.fields["record-route"]) == 2 and "r2=on" in invite["record-route"]

    def check_secrecy(self):
        assert not self.wire.select(lambda p: PASSWORD.encode() in p.payload)


WAYS = {"udp": ("udp", {}), "tcp": ("tcp", {"algorithm": "SHA-256"}), "tls": ("tls", {"kind": "www"})}


@pytest.fixture(params=WAYS)
def line(request, tmp_path):
    transport, provider = WAYS[request.param]
    with Line(tmp_path, transport, **provider) as line:
        yield line
        line.check_secrecy()


def talk_and_hang_up(line):
    """With hold and resume, heard at both ends."""
    line.call()
    line.hold()
    line.hold(False)
    line.check_goes_on()
    line.wait_for_sound(75)
    assert line.leave()["reason"] == "hung-up"
    assert line.far_end.calls() == 0
    line.check_engine_heard()
    line.check_far_end_heard()


def test_call_hold_and_hang_up(line):
    talk_and_hang_up(line)
    line.check_routes()
    if line.transport != "tls":
        assert line.asked() == 1


def test_hang_up_by_far_end(line):
    line.call()
    line.far_end.hang_up()
    assert line.engine.wait_for_state("ended")["reason"] == "removed"
    assert line.wait_for_answer("BYE", 0).status == 200
    assert line.engine.wait_for_exit() == 0


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_hang_up_by_far_end_where_contact_leads(tmp_path, transport):
    """The provider knows nothing of NAT: it goes by the Contact alone."""
    with Line(tmp_path, transport, reuses=False) as line:
        line.call()
        line.far_end.hang_up()
        assert line.engine.wait_for_state("ended")["reason"] == "removed"


def test_engine_killed(line):
    killed_again_and_again(line)
    if line.transport != "tls":
        assert line.asked() == 1


@pytest.mark.parametrize("who", ["engine", "far end"])
def test_provider_restarted(line, who):
    """Neither its connections nor its nonces are there any more; the call is."""
    line.call()
    line.far_end.restart()
    line.hold()
    line.hold(False)
    line.check_goes_on()
    if who == "engine":
        assert line.leave()["reason"] == "hung-up"
    else:
        line.far_end.hang_up()
        assert line.engine.wait_for_state("ended")["reason"] == "removed"


def test_goodbye_that_finds_no_connection(line):
    """The provider is another one by then, and has no connection to the engine: the engine asks, and is told."""
    line.call()
    line.far_end.restart()
    line.far_end.hang_up()
    # By UDP nothing tells it; it asks when there has been silence for a while.
    ended = line.engine.wait_for_state("ended", timeout=20 if line.transport == "udp" else 5)
    assert ended["reason"] == "removed", ended


def test_engine_killed_while_the_provider_is_away(line):
    line.call()
    resume, _ = line.kill(line.engine)
    line.far_end.restart()
    line.engine = line.new_engine()
    line.join(resume=resume)
    line.engine.wait_for_state("joined")
    line.check_goes_on()
    assert line.leave()["reason"] == "hung-up"


def test_old_nonce(tmp_path):
    with Line(tmp_path, "udp", nonce_seconds=1) as line:
        line.call()
        begun = time.time()
        until(lambda: time.time() > begun + 2, 5, "old nonce", lambda: line.engine.wait_for_type("media"))
        line.hold()
        assert line.asked() >= 2
        line.hold(False)
        line.check_goes_on()
        assert line.leave()["reason"] == "hung-up"


@pytest.mark.parametrize("wrong", [{"password": "wrong-as-it-is"}, {"auth_user": "somebody"}], ids=str)
def test_wrong_password(tmp_path, wrong):
    with Line(tmp_path, "udp") as line:
        line.join(**wrong)
        ended = line.engine.wait_for_end(timeout=3)
        assert ended["reason"] == "not-permitted"
        assert DOMAIN in ended["detail"] and wrong.get("auth_user", USER) in ended["detail"]
        assert line.asked() == 2 and line.far_end.rings() == 0


@pytest.mark.parametrize("dies", [False, True])
def test_hang_up_before_the_answer(tmp_path, dies):
    with Line(tmp_path, "udp", answer="manual") as line:
        line.join()
        line.engine.wait_for_state("ringing")
        if dies:
            resume, _ = line.kill(line.engine)
            line.engine = line.new_engine()
            line.join(resume=resume)
            line.engine.wait_for_state("ringing")
        line.engine.send({"type": "leave"})
        line.far_end.wait_for_hangup()
        assert line.engine.wait_for_end()["reason"] == "hung-up"
        assert (line.far_end.rings(), line.far_end.calls(), line.asked()) == (1, 0, 1)
