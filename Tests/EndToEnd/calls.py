# SPDX-License-Identifier: Apache-2.0
"""OngoingCall from its outside, for one user: the control tool, the bus, the unit, the journal."""

import json
import re

import gvariant
from booted import wait_for

NAME = "org.ongoingcall.Calls1"
ROOT = "/org/ongoingcall/Calls1"
MANAGER = f"{NAME}.Manager"
SESSION = f"{NAME}.Session"
ERRORS = f"{NAME}.Error."
UNIT = "ongoingcalld.service"
PROPERTIES = "org.freedesktop.DBus.Properties"


class BusError(Exception):
    def __init__(self, name, message):
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message

    @property
    def kind(self):
        """The error's name without what all of ours begin with."""
        return self.name.removeprefix(ERRORS)


class Calls:
    def __init__(self, user):
        self.user = user

    # The control tool

    def ctl(self, *arguments, **options):
        """Runs ongoingcallctl outside of any session; a CompletedProcess, also where it fails."""
        return self.user.run("ongoingcallctl", *arguments, **{"check": False, "timeout": 180, **options})

    def ctl_json(self, *arguments):
        return json.loads(self.ctl(*arguments, "--json", check=True).stdout)

    # The bus

    def call(self, method, *arguments, path=ROOT, interface=MANAGER, timeout=60):
        """Calls a method by gdbus, its arguments in GVariant's text; returns the answer's values."""
        result = self.user.run("gdbus", "call", "--session", "--dest", NAME, "--object-path", path,
                               "--timeout", str(timeout), "--method", f"{interface}.{method}", "--", *arguments,
                               check=False, timeout=timeout + 30)  # fmt: skip
        if result.returncode != 0:
            match = re.search(r"GDBus\.Error:([\w.]+): (.*)", result.stderr, re.DOTALL)
            raise BusError(*(match.groups() if match else ("gdbus", result.stderr.strip())))
        return gvariant.read(result.stdout)

    def launch(self, timeout=60, **options):
        """Launches by the bus, the options' names with _ for -; returns the session."""
        named = {name.replace("_", "-"): value for name, value in options.items()}
        (path,) = self.call("Launch", gvariant.options(named), timeout=timeout)
        return Session(self, path)

    def session(self, identifier):
        return Session(self, f"{ROOT}/session/{identifier}")

    def live(self):
        """The ids of the sessions that have not ended."""
        return [session["id"] for session in self.ctl_json("list")["sessions"]]

    def events(self, sequence=0):
        """EventsSince, each event a dictionary."""
        keys = ("sequence", "time", "id", "path", "name", "details")
        (events,) = self.call("EventsSince", f"uint64 {sequence}")
        return [dict(zip(keys, event)) for event in events]

    # The unit

    def start(self):
        self.user.systemctl("start", UNIT)

    def daemon(self):
        """The daemon's process; 0 where it does not run."""
        return int(self.user.unit(UNIT, "MainPID")["MainPID"])

    def engine_units(self):
        """The units of engines that the user's manager knows of."""
        shown = self.user.systemctl("list-units", "--all", "--no-legend", "--plain", "app-ongoingcall-*").stdout
        return [line.split()[0] for line in shown.splitlines()]

    def assert_nothing_runs(self):
        wait_for("all engines' units to be gone", lambda: not self.engine_units())

    # The journal

    def journal(self, *arguments):
        """What a person sees by `journalctl --user -u ongoingcalld`."""
        return self.user.journal.entries("--unit=ongoingcalld", *arguments)

    def said(self, text):
        """Whether the journal has it."""
        return any(text in entry["MESSAGE"] for entry in self.journal())

    def journal_of(self, session):
        return [entry for entry in self.journal() if entry.get("ONGOINGCALL_SESSION") == session]


class Session:
    """A session on the bus."""

    def __init__(self, calls, path):
        self.calls = calls
        self.path = path
        self.id = path.rsplit("/", 1)[1]

    def __getitem__(self, name):
        (value,) = self.calls.call("Get", SESSION, name, path=self.path, interface=PROPERTIES)
        return value

    def properties(self):
        (values,) = self.calls.call("GetAll", SESSION, path=self.path, interface=PROPERTIES)
        return values

    def call(self, method, *arguments):
        return self.calls.call(method, *arguments, path=self.path, interface=SESSION)

    def wait_until(self, state, seconds=20.0):
        """Waits for a state and returns all properties; another end than the one waited for fails at once."""

        def reached():
            values = self.properties()
            assert state == "ended" or values["State"] != "ended", f"it ended: {values}"
            return values if values["State"] == state else None

        return wait_for(f"session {self.id} to be {state}", reached, seconds)

    def events(self):
        return [event for event in self.calls.events() if event["id"] == self.id]
