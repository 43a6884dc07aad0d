# SPDX-License-Identifier: Apache-2.0
"""A user of the testbed."""

import json

from .journal import Journal
from .terminal import Terminal


class User:
    def __init__(self, bed, name):
        self.bed = bed
        self.name = name
        fields = bed.run("getent", "passwd", name).stdout.strip().split(":")
        self.uid, self.gid, self.home = int(fields[2]), int(fields[3]), fields[5]
        self.journal = Journal(self)

    @property
    def environment(self):
        """What a program outside of any login session needs to find the user's bus and manager."""
        return {
            "HOME": self.home,
            "USER": self.name,
            "LOGNAME": self.name,
            "PATH": f"{self.home}/.local/bin:/usr/local/bin:/usr/bin:/bin",
            "XDG_RUNTIME_DIR": f"/run/user/{self.uid}",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path=/run/user/{self.uid}/bus",
        }

    def run(self, *command, **options):
        """Runs a command as the user, outside of any login session."""
        return self.bed.run(*command, user=self, **{"directory": self.home, **options})

    def spawn(self, *command, **options):
        return self.bed.spawn(*command, user=self, **{"directory": self.home, **options})

    def run_in_manager(self, *command, **options):
        """Runs a command as a transient service of the user's manager."""
        return self.bed.run("systemd-run", "--user", "-M", f"{self.name}@", "--wait", "--pipe", "--quiet", "--collect",
                            "--", *command, **options)  # fmt: skip

    def login(self):
        """A login session on a terminal of its own, as a person at a console or over ssh has it."""
        return Terminal(self)

    def install(self, source, inside, mode=0o644):
        """Copies a file, or writes bytes or text, into the user's home; `inside` is relative to it."""
        self.bed.install(source, f"{self.home}/{inside}", mode, owner=self)

    def systemctl(self, *arguments, **options):
        return self.run("systemctl", "--user", "--no-pager", *arguments, **options)

    def unit(self, name, *properties):
        """Properties of a unit of the user's manager, as a dictionary of text."""
        shown = self.systemctl("show", name, *(f"--property={p}" for p in properties)).stdout
        return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)

    def busctl(self, *arguments, **options):
        """The answer of `busctl --user --json=short …`, decoded; None where there is none."""
        answer = self.run("busctl", "--user", "--json=short", *arguments, **options).stdout
        return json.loads(answer) if answer.strip() else None
