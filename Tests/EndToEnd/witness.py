# SPDX-License-Identifier: Apache-2.0
"""Whether anybody could have seen a password during a test: on a bus, in a command line, an environment, the journal, a
record, or any file of the user. Nor may they have had what is as good as the password to its server (HA1, RFC 7616)."""

import hashlib
import json
import subprocess

from booted import wait_for

PROGRAM = "/srv/ongoingcall/Tests/EndToEnd/witness_program.py"
MARK = "org.ongoingcall.Test.Mark"
# Names of hashlib, in the order of RFC 8760.
HASHES = ["md5", "sha256", "sha512_256"]


def forms(password, user, realm):
    """The password, and what stands for it."""
    whole = f"{user}:{realm}:{password}".encode()
    return [password.encode()] + [hashlib.new(name, whole).hexdigest().encode() for name in HASHES]


class Witness:
    """Looks on from when it is made. `exempt` are the files and folders that are there to have the password."""

    def __init__(self, user):
        self.user, self.bed = user, user.bed
        self.folder = f"/srv/witness-{user.name}"
        self.exempt = [f"{user.home}/.local/state/ongoingcall/passwords", f"{user.home}/.local/share/keyrings"]
        self.bed.run("install", "-d", "-m", "777", self.folder)
        self.monitors = {
            "session": user.spawn("sh", "-c", f"exec dbus-monitor --session --binary >{self.folder}/session"),
            "system": self.bed.spawn("sh", "-c", f"exec dbus-monitor --system --binary >{self.folder}/system"),
        }
        self.program = self.bed.spawn("/usr/bin/python3", PROGRAM, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.program.stdout.readline() == "ready\n"
        for bus in self.monitors:
            wait_for(f"the monitor of the {bus} bus", lambda bus=bus: "NameAcquired" in self._heard(bus))

    def _heard(self, bus):
        path = self.bed.path(f"{self.folder}/{bus}")
        return path.read_bytes().decode("latin-1") if path.exists() else ""

    def _end_monitors(self):
        """When they have heard all that there is."""
        for bus, monitor in self.monitors.items():
            who = self.user if bus == "session" else self.bed
            who.run("dbus-send", f"--{bus}", "--type=signal", "/", MARK, "string:everything")
            wait_for(f"the mark on the {bus} bus", lambda bus=bus: "everything" in self._heard(bus))
            monitor.terminate()
            monitor.wait()

    def places(self, *secrets):
        """Where any of the secrets can be seen. To be asked once."""
        self._end_monitors()
        trees = [self.user.home, f"/run/user/{self.user.uid}", self.folder, "/run/systemd", "/tmp", "/var/tmp"]
        asked = {"secrets": [secret.hex() for secret in secrets], "trees": trees, "exempt": self.exempt}
        answer, _ = self.program.communicate(json.dumps(asked) + "\n", timeout=120)
        answer = json.loads(answer)
        # It has looked at those that matter.
        assert "ongoingcalld" in answer["processes"] or "systemd" in answer["processes"], answer
        return answer["found"]

    def close(self):
        for process in [*self.monitors.values(), self.program]:
            process.kill()
            process.wait()
        self.bed.run("rm", "-r", self.folder)
