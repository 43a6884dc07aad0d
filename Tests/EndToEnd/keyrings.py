# SPDX-License-Identifier: Apache-2.0
"""A user's keyring (gnome-keyring), and who could see what is in it."""

import contextlib
import functools
import subprocess

import xscreen
from booted import wait_for

KEYRING_PASSWORD = "of-the-keyring"
SERVICE = "org.freedesktop.secrets"
COLLECTION = "/org/freedesktop/secrets/collection/login"


def unlock(user):
    """Starts the keyring, unlocked, as a login does it; in the place of one that is there."""
    before = owner(user)
    user.run("sh", "-c", "exec gnome-keyring-daemon --unlock --replace --components=secrets >/dev/null 2>&1",
             input=KEYRING_PASSWORD)  # fmt: skip
    wait_for("the keyring to be on the bus", lambda: owner(user) not in (None, before))


def owner(user):
    found = user.run("busctl", "--user", "--json=short", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                     "org.freedesktop.DBus", "GetNameOwner", "s", SERVICE, check=False)  # fmt: skip
    return found.stdout if found.returncode == 0 else None


def lock(user):
    user.busctl("call", SERVICE, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service", "Lock", "ao", "1", COLLECTION)


class Monitor:
    """Everything that is on a user's bus."""

    def __init__(self, user):
        self.user, self.path = user, f"{user.home}/monitor"
        self.process = user.spawn("sh", "-c", f"exec dbus-monitor --session >{self.path} 2>&1")
        wait_for("the monitor", lambda: "NameAcquired" in self.read())

    def read(self):
        path = self.user.bed.path(self.path)
        return path.read_text(errors="replace") if path.exists() else ""

    def end(self):
        """What it has heard until now."""
        mark = "org.ongoingcall.Test.Mark"
        self.user.run("dbus-send", "--session", "--type=signal", "/", mark, "string:everything")
        wait_for("the mark", lambda: 'string "everything"' in self.read())
        self.process.terminate()
        self.process.wait()
        return self.read()


def assert_hidden(bed, password, process="gnome-keyring-daemon"):
    """No process has it in its command line or its environment, and no journal has it; `process` is one that is there."""
    read = "for f in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do tr '\\0' ' ' <$f 2>/dev/null; echo; done"
    seen = bed.run("sh", "-c", read, check=False).stdout
    assert process in seen
    assert password not in seen
    bed.run("journalctl", "--sync")
    assert password not in bed.run("journalctl", "--all", "--output=verbose", "--no-pager").stdout


@contextlib.contextmanager
def screen(user):
    """A screen on which the user is asked."""
    xvfb, display = xscreen.begin(functools.partial(user.spawn, stderr=subprocess.DEVNULL, text=True), "800x600")
    user.run("dbus-update-activation-environment", f"DISPLAY={display}")
    try:
        yield Screen(user, display)
    finally:
        xvfb.terminate()
        xvfb.wait()


class Screen:
    def __init__(self, user, display):
        self.user, self.display = user, display

    def xdotool(self, *arguments, check=True):
        return self.user.run("xdotool", *arguments, env={"DISPLAY": self.display}, check=check).stdout.split()

    def prompts(self):
        """The keyring's windows."""
        return self.xdotool("search", "--onlyvisible", "--class", "gcr-prompter", check=False)

    def prompt(self):
        """Waits for the keyring's prompt, and gives it the keyboard."""
        windows = wait_for("the prompt", self.prompts)
        self.xdotool("windowfocus", "--sync", windows[-1])

    def answer(self):
        """Unlocks the keyring."""
        self.prompt()
        self.xdotool("type", KEYRING_PASSWORD)
        self.xdotool("key", "Return")
