# SPDX-License-Identifier: Apache-2.0
"""A testbed with OngoingCall in it and calls that go on, and what the daemon is like meanwhile."""

import contextlib
import json
import re
import subprocess

from beds import INSTALL, PROGRAMS_INSIDE, boot, built_programs, new_user
from booted import DeadlineExceeded, wait_for
from calls import UNIT, Calls
from report import Broken

INSIDE = "/srv/ongoingcall/Tests/Fuzz/daemon/inside"
PYTHON = "/usr/bin/python3"
CAPABILITIES = {
    "good": ["media", "mute", "hold", "dtmf", "audio", "record", "terminal", "resume"],
    "hostile": ["mute", "hold", "dtmf", "media"],
    "hostile-again": ["mute", "hold", "resume", "media", "audio"],
    "hostile-more": ["terminal", "record", "audio", "dtmf", "mute"],
}
# What no journal of a daemon that is well has.
ALARMS = re.compile(r"Fatal error|Watchdog timeout|dumped core|code=killed|code=dumped|cannot start|Failed with result")
SECRET = "Nobody-elses-business"


@contextlib.contextmanager
def house():
    with boot(built_programs()) as bed:
        bed.run(INSTALL, "--system", "--bin-dir", PROGRAMS_INSIDE)
        # Logged in, so that lingering, which a note may turn off, is not what keeps the user's manager.
        with new_user(bed) as user, user.login(), contextlib.ExitStack() as stack:
            yield House(bed, user, stack)


class House:
    def __init__(self, bed, user, stack):
        self.bed, self.user, self.stack = bed, user, stack
        self.calls = Calls(user)
        self.install_engines()
        self.calls.ctl("list", check=True)
        self.kept = []

    def install_engines(self):
        for name, capabilities in CAPABILITIES.items():
            kind = name.partition("-")[0]
            descriptor = {"name": name, "command": [PYTHON, f"{INSIDE}/engine.py", kind], "schemes": [name], "capabilities": capabilities,
                          "settings": ["microphone", "speaker", "any"], "sandbox-settings": ["any"]}  # fmt: skip
            self.user.install(json.dumps(descriptor), f".local/share/ongoingcall/engines/{name}.json")

    # Programs in it

    def argv(self, program, **arguments):
        return [PYTHON, f"{INSIDE}/{program}.py", *([json.dumps(arguments)] if arguments else [])]

    def start(self, program, by=None, **arguments):
        """Starts one of the programs of `inside`, by the user or by whoever it is."""
        return (by or self.user).spawn(*self.argv(program, **arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       **({} if by else {"stdin": subprocess.DEVNULL}))  # fmt: skip

    @staticmethod
    def finish(process, within):
        """What it printed, decoded."""
        try:
            output, errors = process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            process.kill()
            output, errors = process.communicate()
            raise Broken(f"a client does not come to its end in {within:g} s: {errors.decode(errors='replace')[-1500:]}") from None
        if process.returncode != 0:
            raise Broken(f"a client ended with {process.returncode}: {errors.decode(errors='replace')[-1500:]}")
        return json.loads(output)

    def audit(self):
        return self.stack.enter_context(Audit(self))

    # Calls that go on

    def keep(self, *options):
        """Launches calls that nothing is to end."""
        for option in options:
            session = self.calls.launch(title=SECRET, **option)
            session.wait_until("joined")
            session.unit = session["Unit"]
            session.process = self.user.unit(session.unit, "MainPID")["MainPID"]
            self.kept.append(session)
        return self.kept

    def check_kept(self):
        for session in self.kept:
            state, process = session["State"], self.user.unit(session.unit, "MainPID")["MainPID"]
            if state != "joined" or process != session.process:
                raise Broken(f"the call {session.id}, which nobody touched, is {state} ({session['EndReason']}: {session['EndDetail']}); "
                             f"its engine is the process {process}, and was {session.process}")  # fmt: skip

    # The daemon

    def status(self):
        """Its process, and how often it was started anew."""
        shown = self.user.unit(UNIT, "MainPID", "NRestarts", "ActiveState")
        return {"process": int(shown["MainPID"]), "restarts": int(shown["NRestarts"]), "state": shown["ActiveState"]}

    def memory(self, key="VmRSS"):
        """In kB."""
        return int(re.search(key + r":\s+(\d+)", self.bed.path(f"/proc/{self.calls.daemon()}/status").read_text())[1])

    def descriptors(self):
        return len(list(self.bed.path(f"/proc/{self.calls.daemon()}/fd").iterdir()))

    def stored(self):
        """Descriptors that the service manager keeps for it."""
        return int(self.user.unit(UNIT, "NFileDescriptorStore")["NFileDescriptorStore"])

    def folder(self):
        return self.bed.path(f"/run/user/{self.user.uid}/ongoingcalld")

    def records(self):
        """The sessions that there are files of, which come in pairs."""
        return {path.name.removesuffix(".new").removesuffix(".json") for path in (self.folder() / "sessions").iterdir()}

    def alarms(self, *arguments):
        return [entry["MESSAGE"] for entry in self.calls.journal(*arguments) if ALARMS.search(entry.get("MESSAGE", ""))]

    def check_is_same(self, before):
        now = self.status()
        if now != before:
            raise Broken(f"the daemon was {before}, and is {now}: {self.alarms()[-5:]}")

    def end_the_others(self, seconds=20.0):
        """Aborts what clients have left, as they do who do not wait for their answers; then there are just the units of
        the calls that are kept: what is more is a ghost, what is less is lost."""
        def ended():
            for identifier in set(self.calls.live()) - {session.id for session in self.kept}:
                self.calls.ctl("abort", identifier)
            return self.units_are_right

        self.wait_for_units(seconds, ended)

    @property
    def units_are_right(self):
        return set(self.calls.engine_units()) == {session.unit for session in self.kept}

    def wait_for_units(self, seconds=20.0, are_right=lambda: False):
        expected = {session.unit for session in self.kept}
        try:
            wait_for("the units of what has ended to be gone", lambda: are_right() or self.units_are_right, seconds)
        except DeadlineExceeded:
            ghosts, lost = set(self.calls.engine_units()) - expected, expected - set(self.calls.engine_units())
            raise Broken(f"there are units of no call, {sorted(ghosts)}, or units are gone, {sorted(lost)}") from None

    def wait_for_descriptors(self, most, stored, seconds=10.0):
        try:
            wait_for("descriptors to be closed", lambda: self.descriptors() <= most and self.stored() <= stored, seconds)
        except DeadlineExceeded:
            held = sorted(str(path.readlink()) for path in self.bed.path(f"/proc/{self.calls.daemon()}/fd").iterdir())
            raise Broken(f"the daemon has {self.descriptors()} descriptors, at most {most} were expected ({held}); "
                         f"{self.stored()} are stored, at most {stored} were expected") from None  # fmt: skip

    def check_records(self, look):
        """There is one of each session, and of nothing else: at some time, for sessions are forgotten meanwhile."""
        try:
            wait_for("records and sessions to be the same", lambda: self.records() == set(look()), 10, interval=0.2)
        except DeadlineExceeded:
            found, sessions = self.records(), set(look())
            raise Broken(f"there are records without session, {sorted(found - sessions)}, or sessions without record, {sorted(sessions - found)}") from None


class Audit:
    """Listens from its start on; calling it says which sessions there are."""

    def __init__(self, house):
        self.house = house
        self.process = None
        self.anew()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def anew(self):
        """Forgets what it has heard: signals of a daemon that was killed need not have come."""
        if self.process:
            self.__exit__()
        self.process = self.house.user.spawn(*self.house.argv("audit"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        if self.process.stdout.readline() != "listening\n":
            raise Broken("who listens to the daemon cannot start")

    def __call__(self):
        self.process.stdin.write("\n")
        line = self.process.stdout.readline()
        if not line:
            raise Broken("who listens to the daemon is gone")
        found = json.loads(line)
        if found["faults"]:
            raise Broken("; ".join(found["faults"]))
        return found["sessions"]
