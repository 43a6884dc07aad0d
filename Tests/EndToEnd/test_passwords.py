# SPDX-License-Identifier: Apache-2.0
"""Passwords in a real keyring (gnome-keyring): unlocked, locked, with a prompt, and where there is none. Nobody sees them
but who asks for them."""

import contextlib
import subprocess

import pytest
from beds import PROGRAMS_INSIDE
from keyrings import COLLECTION, SERVICE, Monitor, assert_hidden, lock, owner, screen, unlock
from windows import Program

SECRET = f"{PROGRAMS_INSIDE}/ongoingcall-secret"
PASSWORD = "rosebud-7391"
DONE, FAILED, NO_PASSWORD, NO_SERVICE, LOCKED, USAGE = 0, 1, 3, 4, 5, 64


class Secrets:
    """`ongoingcall-secret` as a user has it."""

    def __init__(self, user):
        self.user = user

    def ask(self, *arguments, **options):
        return self.user.run(SECRET, *arguments, check=False, **options)

    def store(self, account, password):
        return self.ask("store", account, "--label", "Me", input=password)

    def check(self, account="me"):
        return self.ask("check", account)

    def lookup(self, account="me"):
        return self.ask("lookup", account)

    def remove(self, account="me"):
        return self.ask("remove", account)

    def start(self, *arguments, password=None):
        """A process that goes on."""
        process = self.user.spawn(SECRET, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)  # fmt: skip
        if password is not None:
            process.stdin.write(password)
        process.stdin.close()
        process.stdin = None
        return process


def assert_failed(result, status, *words):
    assert result.returncode == status, result
    assert result.stdout == ""
    # One line.
    assert result.stderr.startswith("ongoingcall-secret: ") and result.stderr.count("\n") == 1
    for word in words:
        assert word in result.stderr


@pytest.fixture
def secrets(user):
    return Secrets(user)


@pytest.fixture
def unlocked(secrets):
    unlock(secrets.user)
    return secrets


# --- Unlocked


def test_the_keyring_keeps_it(unlocked):
    assert_failed(unlocked.lookup(), NO_PASSWORD, "there is no password for the account “me” in the keyring")
    assert_failed(unlocked.check(), NO_PASSWORD, "there is no password for the account “me” in the keyring")
    assert unlocked.store("me", PASSWORD + "\n").returncode == DONE
    assert unlocked.store("you", "pässwörd").returncode == DONE
    assert unlocked.lookup().stdout == PASSWORD
    assert (unlocked.check().returncode, unlocked.check().stdout) == (DONE, "")
    assert unlocked.lookup("you").stdout == "pässwörd"
    # It is replaced.
    assert unlocked.store("me", "another").returncode == DONE
    assert unlocked.lookup().stdout == "another"
    assert unlocked.remove().returncode == DONE
    assert_failed(unlocked.lookup(), NO_PASSWORD)
    assert_failed(unlocked.remove(), NO_PASSWORD)
    assert unlocked.lookup("you").stdout == "pässwörd"


def test_it_outlives_the_keyrings_process(unlocked):
    assert unlocked.store("me", PASSWORD).returncode == DONE
    unlock(unlocked.user)
    assert unlocked.lookup().stdout == PASSWORD


def test_other_programs_know_it_by_its_attributes(unlocked):
    assert unlocked.store("me", PASSWORD).returncode == DONE
    found = unlocked.user.busctl("call", SERVICE, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service",
                                 "SearchItems", "a{ss}", "2", "account", "me", "xdg:schema", "org.ongoingcall.Account")  # fmt: skip
    (item,), locked = found["data"]
    assert locked == [] and item.startswith(COLLECTION)
    label = unlocked.user.busctl("get-property", SERVICE, item, "org.freedesktop.Secret.Item", "Label")
    assert label["data"] == "Me"


def test_nobody_sees_it(unlocked):
    monitor = Monitor(unlocked.user)
    assert unlocked.store("me", PASSWORD).returncode == DONE
    assert unlocked.lookup().stdout == PASSWORD
    heard = monitor.end()
    # The whole conversation was heard.
    for member in ("OpenSession", "CreateItem", "SearchItems", "GetSecret"):
        assert f"member={member}" in heard
    assert "dh-ietf1024-sha256-aes128-cbc-pkcs7" in heard
    assert PASSWORD not in heard and PASSWORD.encode().hex(" ") not in heard
    assert_hidden(unlocked.user.bed, PASSWORD)


def test_a_service_that_does_not_encrypt_is_not_used(secrets):
    """It is told, before there is a password on the bus."""
    script = "/srv/ongoingcall/Tests/EndToEnd/plain_keyring_program.py"
    process = secrets.user.spawn("/usr/bin/python3", script, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    monitor = Monitor(secrets.user)
    assert_failed(secrets.store("me", PASSWORD), FAILED, "does not encrypt passwords", "gnome-keyring")
    assert_failed(secrets.lookup(), FAILED, "does not encrypt passwords")
    heard = monitor.end()
    assert 'string "plain"' in heard and "member=CreateItem" not in heard and PASSWORD not in heard
    process.kill()
    process.wait()


# --- The command line


@pytest.mark.parametrize("arguments", [(), ("lookup",), ("check",), ("lookup", "me", "you"), ("lookup", "../me"), ("store", "me"),
                                       ("store", "me", "--label"), ("show", "me"), ("remove", "Me")])  # fmt: skip
def test_what_is_no_request_is_refused(secrets, arguments):
    assert_failed(secrets.ask(*arguments), USAGE, "see --help")


@pytest.mark.parametrize("password,words", [("", "is empty"), ("\n", "is empty"), ("a\tb", "control character"),
                                            ("x" * 513, "too long"), ("x" * 100_000, "too long"), ("\udcff", "must be UTF-8")])  # fmt: skip
def test_what_is_no_password_is_refused(unlocked, password, words):
    bytes_ = password.encode(errors="surrogateescape")
    process = unlocked.user.spawn(SECRET, "store", "me", "--label", "Me", stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(bytes_)
        process.stdin.close()
    assert process.wait() == FAILED
    assert words in process.stderr.read().decode()
    assert_failed(unlocked.lookup(), NO_PASSWORD)


def test_a_terminal_does_not_show_it(unlocked):
    assert unlocked.store("me", PASSWORD).returncode == DONE
    with Program(unlocked.user, SECRET, "lookup", "me") as program:
        program.read_until("standard output is a terminal")
        assert program.end() == FAILED
        assert PASSWORD not in program.transcript


def test_the_help_has_every_exit_status(secrets):
    text = secrets.ask("--help").stdout
    for status in (DONE, FAILED, NO_PASSWORD, NO_SERVICE, LOCKED, USAGE):
        assert f"\n{status:>3}  " in text or f"\n {status:>2}  " in text


# --- Locked


def test_a_locked_keyring_that_nobody_unlocks(unlocked):
    """There is no screen on which to ask."""
    assert unlocked.store("me", PASSWORD).returncode == DONE
    lock(unlocked.user)
    for result in (unlocked.lookup(), unlocked.store("me", "another"), unlocked.remove()):
        assert_failed(result, LOCKED, "the keyring is locked, and nobody unlocked it")
    unlock(unlocked.user)
    assert unlocked.lookup().stdout == PASSWORD


def end(process):
    output, errors = process.communicate(timeout=30)
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def test_a_check_asks_nobody(secrets):
    """Not even a keyring to start."""
    assert_failed(secrets.check(), NO_SERVICE, "there is no Secret Service")
    assert owner(secrets.user) is None
    unlock(secrets.user)
    assert secrets.store("me", PASSWORD).returncode == DONE
    lock(secrets.user)
    with screen(secrets.user) as at:
        assert secrets.check().returncode == DONE
        assert_failed(secrets.check("you"), LOCKED, "cannot be told")
        assert at.prompts() == []


def test_a_prompt_is_dismissed(unlocked):
    assert unlocked.store("me", PASSWORD).returncode == DONE
    lock(unlocked.user)
    with screen(unlocked.user) as at:
        requests = [(("lookup", "me"), None), (("store", "me", "--label", "Me"), "another-7391"), (("remove", "me"), None)]
        for arguments, password in requests:
            process = unlocked.start(*arguments, password=password)
            at.prompt()
            if password:
                # It has it now.
                assert_hidden(unlocked.user.bed, password)
            at.xdotool("key", "Escape")
            assert_failed(end(process), LOCKED, "the keyring is locked")


def test_a_prompt_is_answered(unlocked):
    assert unlocked.store("me", PASSWORD).returncode == DONE
    lock(unlocked.user)
    with screen(unlocked.user) as at:
        process = unlocked.start("lookup", "me")
        at.answer()
        result = end(process)
        assert (result.returncode, result.stdout) == (DONE, PASSWORD), result.stderr


def test_the_first_keyring_is_not_wanted(secrets):
    """There is none yet: the user is asked for the password of a new one, and dismisses that."""
    with screen(secrets.user) as at:
        process = secrets.start("store", "me", "--label", "Me", password=PASSWORD)
        at.prompt()
        at.xdotool("key", "Escape")
        assert_failed(end(process), LOCKED, "there is no keyring yet, and nobody made one")


# --- Absent


def test_without_a_secret_service(secrets):
    secrets.user.install(f"[D-BUS Service]\nName={SERVICE}\nExec=/bin/false\n",
                         f".local/share/dbus-1/services/{SERVICE}.service")  # fmt: skip
    # Where the bus runs already, it does not look by itself.
    secrets.user.busctl("call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig")
    for result in (secrets.lookup(), secrets.store("me", PASSWORD), secrets.remove()):
        assert_failed(result, NO_SERVICE, "there is no Secret Service (org.freedesktop.secrets)", "gnome-keyring")


def test_without_a_bus(secrets):
    nowhere = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}
    assert_failed(secrets.ask("lookup", "me", env=nowhere), NO_SERVICE, "there is no Secret Service")
