# SPDX-License-Identifier: Apache-2.0
"""`ongoingcall-sip --test-account` says what works of an account, and what does not: with Kamailio as the provider."""

import json
import re
import subprocess
import time

import certificates
import pytest
from account_engine import ADDRESS as ACCOUNT
from bare_far_end import BareFarEnd
from engine_process import executable
from provider import PASSWORD, USER, Provider
from turn import PORT, RELAY_PORTS, TURNServer
from world import ADDRESS, enter_new_network, until


def find(account, env=None):
    """Its findings, by their step; and its exit status."""
    done = subprocess.run([executable("ongoingcall-sip"), "--test-account"], input=json.dumps(account), text=True,
                          capture_output=True, timeout=60, env=env)  # fmt: skip
    assert PASSWORD not in done.stdout + done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {f["step"]: (f["ok"], f["detail"]) for f in found}, done.returncode


class Nobody:
    """Stands for a far end where nobody calls."""

    uri = f"sip:nobody@{ADDRESS}:9"

    def stop(self):
        pass


@pytest.fixture(params=["udp", "tcp", "tls"])
def transport(request):
    return request.param


class Scene:
    def __init__(self, folder, transport, **more):
        enter_new_network()
        self.env, certificate = None, None
        if transport == "tls":
            authority, certificate = certificates.make(folder)
            self.env = {"SSL_CERT_FILE": str(authority)}
        self.provider = Provider(folder, Nobody(), transport, certificate, **more)

    def account(self, **changes):
        account = self.provider.account | changes
        return {key.replace("_", "-"): value for key, value in account.items() if value is not None}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.provider.stop()


def test_everything_works(tmp_path, transport):
    with Scene(tmp_path, transport, registers=(2, 600)) as scene:
        found, status = find(scene.account(), scene.env)
        steps = ["name", "connection"] + (["certificate"] if transport == "tls" else [])
        assert list(found) == [*steps, "password", "registration", "nat"]
        assert all(ok for ok, _ in found.values()) and status == 0, found
        assert found["password"] == (True, "“me” is accepted")
        assert found["nat"] == (True, "no NAT in between")


def test_account_that_is_not_registered(tmp_path):
    with Scene(tmp_path, "udp", registers=(2, 600)) as scene:
        found, status = find(scene.account(register=None))
        assert list(found) == ["name", "connection", "password", "nat"] and status == 0


def wrong(found, step, *words):
    """It is the last step, and the only one that does not work."""
    assert [name for name, (ok, _) in found.items() if not ok] == [step] == list(found)[-1:], found
    for word in words:
        assert word in found[step][1], found


@pytest.mark.parametrize("changes, step, words", [
    ({"password": "another"}, "password", ["does not accept the password of “me”"]),
    ({"auth_user": "somebody"}, "password", ["does not accept the password of “somebody”"]),
    ({"password": None}, "password", ["asks for a password", "has none"]),
    ({"realm": "other"}, "password", ["is for “other”"]),
    ({"outbound_proxy": f"sip:{ADDRESS}:4;transport=tcp"}, "connection", ["nothing answers"]),
    ({"outbound_proxy": "sip:provider.invalid"}, "name", ["provider.invalid"]),
    ({"registrar": f"sip:{ADDRESS}:9", "outbound_proxy": None}, "connection", ["no reply", "nothing answers"]),
], ids=lambda value: str(value)[:40])
def test_misconfiguration_is_named(tmp_path, changes, step, words):
    with Scene(tmp_path, "udp", registers=(2, 600)) as scene:
        found, status = find(scene.account(**changes))
        if step == "connection" and "registrar" in changes:
            assert any(word in found["connection"][1] for word in words)
            words = []
        wrong(found, step, *words)
        assert status == 1


def test_certificate_of_an_unknown_authority(tmp_path):
    with Scene(tmp_path, "tls", registers=(2, 600)) as scene:
        found, _ = find(scene.account())
        wrong(found, "certificate", "cannot be trusted", "update-ca-certificates")


def test_authority_of_the_account(tmp_path):
    with Scene(tmp_path, "tls", registers=(2, 600)) as scene:
        found, status = find(scene.account(ca_file=scene.env["SSL_CERT_FILE"]))
        assert found["certificate"][0] and status == 0, found
        # The system's are then none of its own.
        (tmp_path / "other").mkdir()
        other, _ = certificates.make(tmp_path / "other")
        found, _ = find(scene.account(ca_file=str(other)), scene.env)
        wrong(found, "certificate", "cannot be trusted", f"the account's CA file, {other}")
        assert "update-ca-certificates" not in found["certificate"][1]


@pytest.mark.parametrize("file", ["/nonexistent", "/etc/hostname"])
def test_authority_that_is_none(tmp_path, file):
    done = subprocess.run([executable("ongoingcall-sip"), "--test-account"], text=True, capture_output=True,
                          input=json.dumps({"address": ACCOUNT, "ca-file": file}))  # fmt: skip
    (found,) = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1 and found["step"] == "certificate" and f"{file}, cannot be used: " in found["detail"]
    assert ("No such file" in found["detail"]) == (file == "/nonexistent")


def test_registration_that_is_refused(tmp_path):
    """The password is right, but the address is another one's."""
    with BareFarEnd() as server:
        process = subprocess.Popen([executable("ongoingcall-sip"), "--test-account"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)  # fmt: skip
        account = {"address": ACCOUNT, "register": True, "registrar": f"sip:127.0.0.1:{server.port}"}
        process.stdin.write(json.dumps(account))
        process.stdin.close()
        server.reply(server.receive("REGISTER"), 200, "OK")
        server.reply(server.receive("REGISTER"), 403, "No such customer")
        found = [json.loads(line) for line in process.stdout]
        assert process.wait(10) == 1
        assert found[-1]["step"] == "registration" and "403 No such customer" in found[-1]["detail"]


def test_password_that_the_server_does_not_ask_for():
    with BareFarEnd() as server:
        process = subprocess.Popen([executable("ongoingcall-sip"), "--test-account"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)  # fmt: skip
        account = {"address": ACCOUNT, "registrar": f"sip:127.0.0.1:{server.port}", "password": PASSWORD}
        process.stdin.write(json.dumps(account))
        process.stdin.close()
        server.reply(server.receive("REGISTER"), 200, "OK")
        found = {f["step"]: f for f in map(json.loads, process.stdout)}
        assert process.wait(10) == 0
        assert found["password"]["detail"] == "not tried: the server does not ask for it"


@pytest.mark.parametrize("register, step, ok", [(None, "password", True), (True, "registration", False)])
def test_server_that_registers_nobody(register, step, ok):
    """No account has to be registered there."""
    with BareFarEnd() as server:
        process = subprocess.Popen([executable("ongoingcall-sip"), "--test-account"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)  # fmt: skip
        account = {"address": ACCOUNT, "registrar": f"sip:127.0.0.1:{server.port}", "register": bool(register)}
        process.stdin.write(json.dumps(account))
        process.stdin.close()
        server.reply(server.receive("REGISTER"), 501, "Not Implemented")
        found = {f["step"]: f for f in map(json.loads, process.stdout)}
        assert process.wait(10) == (0 if ok else 1)
        assert found[step]["ok"] == ok and "501 Not Implemented" in found[step]["detail"]
        assert list(found)[-1] == ("nat" if ok else step)


def test_server_that_says_nothing(tmp_path):
    with BareFarEnd() as server:
        found, status = find({"address": ACCOUNT, "registrar": f"sip:127.0.0.1:{server.port}"})
        wrong(found, "connection", "no reply", "within 8 seconds")
        assert status == 1


def test_input_that_is_no_account(tmp_path):
    done = subprocess.run([executable("ongoingcall-sip"), "--test-account"], input="{", text=True, capture_output=True)
    assert done.returncode == 65 and "not an account" in done.stderr and not done.stdout


def test_stun_and_turn_servers(tmp_path):
    with Scene(tmp_path, "udp", registers=(2, 600)) as scene, TURNServer(tmp_path, USER, PASSWORD) as turn:
        account = scene.account(stun_server=turn.address, turn_server=turn.address)
        found, status = find(account)
        assert list(found)[-3:] == ["nat", "stun", "turn"] and status == 0, found
        assert found["stun"] == (True, "it sees this machine's own address")
        relayed = re.fullmatch(rf"it relays by {ADDRESS}:(\d+), which was given back", found["turn"][1])
        assert relayed and int(relayed[1]) in RELAY_PORTS
        until(lambda: "lifetime=0" in turn.output, 5, "release at the server", lambda: time.sleep(0.01))
        # Calls would not ask them either.
        found, status = find({**account, "ice": "no"})
        assert list(found)[-1] == "nat" and status == 0


@pytest.mark.parametrize("changes, step, words", [
    ({"stun_server": f"{ADDRESS}:9"}, "stun", [f"the STUN server {ADDRESS}:9 does not answer"]),
    ({"turn_server": f"{ADDRESS}:9"}, "turn", [f"the TURN server {ADDRESS}:9 does not answer"]),
    ({"turn_server": f"{ADDRESS}:{PORT}"}, "turn", ["does not accept the user name and the password"]),
    ({"turn_server": "turn.invalid"}, "turn", ["the name server does not answer"]),
], ids=lambda value: str(value)[:40])
def test_stun_and_turn_servers_that_are_of_no_use(tmp_path, changes, step, words):
    with Scene(tmp_path, "udp", registers=(2, 600)) as scene, TURNServer(tmp_path, USER, "another"):
        found, status = find(scene.account(**changes))
        wrong(found, step, *words)
        assert found["nat"][0] and status == 1
