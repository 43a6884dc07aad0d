# SPDX-License-Identifier: Apache-2.0
"""What the daemon reads when it starts is spoiled while it is away: it comes up, and every other call goes on."""

import collections
import json
import subprocess
import time

from booted import wait_for
from calls import UNIT
from gvariant import Typed
from report import Broken

from . import spoiling
from .house import house

# Seconds from the end of one daemon to the first answer of the next.
BOUND = 15.0
# A kind of node of which something has to be in the journal, wherever it is.
TOLD = {"pipe", "folder", "full folder", "socket", "endless"}
CHANNELS = json.dumps({"version": 1, "channels": [{"id": "mine", "name": "Mine", "importance": "high", "lockscreenVisibility": "private", "sound": True}]}).encode()
DESCRIPTOR = json.dumps({"name": "odd", "command": ["/bin/true", "x"], "schemes": ["odd"], "capabilities": ["media"], "settings": ["a"], "devices": False}).encode()
BACKGROUND = "sleep 10000 >/dev/null 2>&1 & echo $!"


class Round:
    def __init__(self, home, rng):
        self.home, self.rng, self.user = home, rng, home.user
        self.touched, self.done, self.told, self.process = set(), [], [], None
        self.home_path = home.bed.path(home.user.home)
        self.runtime = home.folder()

    # The world before

    def build(self):
        """A daemon that nothing is left of, and calls of all kinds with it."""
        self.user.systemctl("stop", UNIT)
        for folder in (".config/ongoingcall", ".local/state/ongoingcall", ".local/share/ongoingcall/engines"):
            spoiling.remove(self.home_path / folder)
        spoiling.remove(self.runtime)
        self.home.install_engines()
        if self.rng.random() < 0.3:
            self.user.install(CHANNELS.decode(), ".local/state/ongoingcall/channels.json")
        calls = self.home.calls
        self.home.kept.clear()
        self.home.keep({"uri": "good:1"}, {"uri": "good:2"}, {"command": ["/bin/sleep", "10000"]})
        self.process = self.user.run("sh", "-c", BACKGROUND).stdout.strip()
        self.adopted = calls.launch(adopt_pid=Typed("uint32", int(self.process)), hang_up_grace=Typed("uint32", 1))
        ended = calls.launch(command=["/bin/false"])
        wait_for("a call to have ended", lambda: ended["State"] == "ended")
        self.sessions = {session.id: session for session in (*self.home.kept, self.adopted)}
        self.ended = ended.id
        self.sequence = calls.events()[-1]["sequence"]

    def end(self):
        if self.process:
            self.home.bed.run("kill", "-KILL", self.process, check=False)

    # What is spoiled

    def spoil(self):
        kinds = [(self.record, 6), (self.stray_record, 2), (self.history, 2), (self.notice, 1), (self.stored, 3), (self.configuration, 3), (self.channels, 2),
                 (self.descriptor, 3), (self.folder, 1), (self.note, 1)]  # fmt: skip
        for _ in range(self.rng.choice([1, 1, 2, 3, 5])):
            self.rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]()

    def at(self, path, data=None, touched=()):
        """How it was done; None where something else is in its folder's place already."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return None
        how = spoiling.spoil(self.rng, path, self.user, data)
        self.done.append(f"{path.name}: {how}")
        self.touched |= set(touched)
        return how

    def record(self):
        name = self.rng.choice([*self.sessions, self.ended])
        path = self.runtime / "sessions" / f"{name}.json"
        if path.is_file() and not path.is_symlink():
            self.at(path, touched=[name])

    def stray_record(self):
        """Of a session that there is not, or of no session."""
        name = self.rng.choice(["0" * 8, "zzzzzzzz", "", "a", "ABCDEFGH", "i" * 8, "x" * 240, "\x1b[2J", "...", "a b", "%n", "é" * 8, "0000000\n"])
        source = self.runtime / "sessions" / f"{self.rng.choice(list(self.sessions))}.json"
        data = source.read_bytes() if source.is_file() and not source.is_symlink() else b"{}"
        self.at(self.runtime / "sessions" / (name + self.rng.choice([".json", ".json", ".json.new", ".new", ""]) or "x"), data)

    def history(self):
        path = self.runtime / "history.json"
        self.at(path, path.read_bytes() if path.is_file() and not path.is_symlink() else b'{"events":[],"sequence":3}')

    def notice(self):
        self.at(self.runtime / "notices" / f"{self.rng.choice([*self.sessions, 'zzzzzzzz', 'x'])}.json", b'{"session":"zzzzzzzz","endedAt":1}')

    def stored(self):
        """Descriptors that are lost, or that are no channels and no processes."""
        names = list(self.sessions)
        lost = [name for name in names if self.rng.random() < 0.15]
        doubled = [name for name in names if self.rng.random() < 0.1]
        add = [f"{kind}.{name}" for name in doubled for kind in (self.rng.choice(["channel", "pidfd"]),)]
        add += [self.rng.choice(["channel.zzzzzzzz", "pidfd.zzzzzzzz", "channel.", "rubbish", "x" * 200, "channel.x y", "pidfd.ABCDEFGH", "stored"])
                for _ in range(self.rng.choice([0, 1, 3, 20]))]  # fmt: skip
        self.home.bed.run("/usr/bin/python3", *self.home.argv("store", process=self.home.calls.daemon(), seed=self.rng.random(), add=add,
                                                             remove=[f"{kind}.{name}" for name in lost for kind in ("channel", "pidfd")])[1:])  # fmt: skip
        self.touched |= {*lost, *doubled}
        self.done.append(f"stored: {len(lost)} lost, {len(add)} more")

    def configuration(self):
        main = self.home_path / ".config/ongoingcall/ongoingcalld.conf"
        path = self.rng.choice([main, main.with_name("ongoingcalld.conf.d") / self.rng.choice(["1.conf", "\x1b[2J.conf", "a.txt"])])
        self.home_file(path, self.rng.choice(spoiling.CONFIGURATION))

    def channels(self):
        self.home_file(self.home_path / ".local/state/ongoingcall/channels.json", CHANNELS)

    def descriptor(self):
        name = self.rng.choice(["odd.json", "good.json", "0.json", "\x1b[31m.json", "x" * 240 + ".json"])
        for number in range(self.rng.choice([0, 0, 0, 300])):
            self.user.install(DESCRIPTOR.decode(), f".local/share/ongoingcall/engines/many-{number}.json") if number < 20 else None
        self.home_file(self.home_path / ".local/share/ongoingcall/engines" / name, DESCRIPTOR)

    def note(self):
        machine = self.home.bed.run("cat", "/etc/machine-id").stdout.strip()
        self.home_file(self.home_path / f".local/state/ongoingcall/linger-{machine}.json", b'{"version":1}')

    def home_file(self, path, data):
        folders = f"{self.user.home}/.config", f"{self.user.home}/.local"
        self.user.run("mkdir", "-p", *folders)
        self.home.bed.run("chown", "-R", self.user.name, *folders)
        how = self.at(path, data)
        self.home.bed.run("chown", "--no-dereference", self.user.name, self.inside(path.parent), check=False)
        if how in TOLD and path.suffix in (".json", ".conf") and "linger" not in path.name:
            self.told.append(path.name)

    def inside(self, path):
        return f"{self.user.home}/{path.relative_to(self.home_path)}"

    def folder(self):
        """That of the records, or one of those that the user's files are in."""
        choice = self.rng.choice(["sessions", "notices", ".config/ongoingcall", ".local/state/ongoingcall"])
        path = self.home_path / choice if choice.startswith(".") else self.runtime / choice
        path.parent.mkdir(parents=True, exist_ok=True)
        self.home.bed.run("chown", "-R", self.user.name, f"{self.user.home}/.config", f"{self.user.home}/.local", check=False)
        how = spoiling.make_node(self.rng, path, b"x", self.user)
        self.told.clear()
        self.done.append(f"{choice}: {how}")
        if choice == "sessions":
            self.touched |= {*self.sessions, self.ended}

    # What has to hold

    def restart(self):
        """Stopped, spoiled, killed; seconds until another one answers."""
        calls, bed = self.home.calls, self.home.bed
        bed.run("journalctl", "--sync")
        self.cursor = self.user.journal.cursor()
        self.before = self.home.status()
        bed.run("kill", "-STOP", str(self.before["process"]))
        self.spoil()
        started = time.monotonic()
        bed.run("kill", "-KILL", str(self.before["process"]))
        try:
            asked = calls.ctl("list", timeout=BOUND + 10)
        except subprocess.TimeoutExpired:
            raise Broken(f"no daemon answers after {BOUND + 10:g} s: {self.home.alarms()[-3:]}") from None
        took = time.monotonic() - started
        if asked.returncode != 0 or took > BOUND:
            raise Broken(f"after {took:.1f} s: {asked.stderr}; {self.home.alarms()[-3:]}")
        return took

    def check(self):
        home, calls = self.home, self.home.calls
        now = home.status()
        if now["restarts"] != self.before["restarts"] + 1 or now["state"] != "active":
            raise Broken(f"the daemon was started {now['restarts'] - self.before['restarts']} times: {home.alarms()[-5:]}")
        entries = [entry.get("MESSAGE", "") for entry in calls.journal(*([f"--after-cursor={self.cursor}"] if self.cursor else []))]
        home.kept = [session for session in home.kept if session.id not in self.touched]
        home.check_kept()
        if self.adopted.id not in self.touched and self.adopted["State"] != "joined":
            raise Broken(f"the adopted call, which nobody touched, is {self.adopted['State']}")
        sessions = {session["id"]: session for session in calls.ctl_json("list")["sessions"]}
        for identifier in self.touched - set(sessions) - {self.ended}:
            # An adopted process that is let go of, for there is nothing left that tells of it, is among "all".
            if not any(identifier in entry or "with all records" in entry for entry in entries):
                raise Broken(f"the call {identifier} is gone without a word")
        for name in self.told:
            if not any(shown(name) in entry for entry in entries):
                raise Broken(f"{name!r}: nothing is said of it")
        if bad := [entry for entry in entries if any(c < " " and c not in "\n\t" for c in entry)]:
            raise Broken(f"the journal has what cannot be shown: {bad[0]!r}")
        self.check_units()
        if (newest := home.status()) != now:
            raise Broken(f"the daemon was {now}, and is {newest}: {home.alarms()[-5:]}")
        if calls.call("Get", "org.ongoingcall.Calls1.Manager", "Sequence", interface="org.freedesktop.DBus.Properties")[0] < self.sequence:
            raise Broken("sequence numbers are given out again")
        # It can be launched from, or says why not.
        launched = calls.ctl("launch", "--detach", "--", "/bin/sleep", "1")
        if launched.returncode != 0 and not any(word in launched.stderr for word in ("folder", "directory", "permission", "file", "room")):
            raise Broken(f"nothing can be launched: {launched.stderr}")

    def check_units(self):
        """What runs is of a session, and what is live runs."""
        def fit():
            live = {session["id"]: session["unit"] for session in self.home.calls.ctl_json("list")["sessions"]}
            # A process that was let go of is in its unit still.
            units = set(self.home.calls.engine_units()) - {self.adopted_unit}
            return units == set(live.values()) - {self.adopted_unit}
        self.adopted_unit = next((unit for unit in self.home.calls.engine_units() if self.adopted.id in unit), "")
        try:
            wait_for("units and sessions to be the same", fit, 25, interval=0.1)
        except AssertionError:
            live = {session["id"]: session["unit"] for session in self.home.calls.ctl_json("list")["sessions"]}
            raise Broken(f"there are the units {self.home.calls.engine_units()} and the calls {live}") from None


def shown(name):
    """As it is shown, without what cannot be."""
    return "".join(c for c in name if c.isprintable())[:60]


def records(options, report):
    """The amount is that of rounds."""
    slowest, kinds = 0.0, collections.Counter()
    with house() as home:
        for number in report.rounds(options.amount):
            round_ = Round(home, report.rng(number))
            try:
                round_.build()
                slowest = max(slowest, round_.restart())
                round_.check()
            except AssertionError as error:
                home.bed.run("kill", "-CONT", str(home.calls.daemon()), check=False)
                report.broken(number, f"{error}\n       spoiled: {', '.join(round_.done)}")
                if len(report.results.failed) >= 10:
                    return
            finally:
                round_.end()
            kinds.update(text.partition(": ")[2] for text in round_.done)
            report.say(f"round {number}: {', '.join(round_.done)}")
        if not report.results.failed:
            report.check("the daemon always comes up, and other calls go on", True,
                         f"{options.amount} rounds; the first answer after {slowest:.1f} s at most; {sum(kinds.values())} spoiled")  # fmt: skip
