# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

from .real import SCREEN
from .sway import OnSway


class SwayNC(OnSway):
    program = "swaync"
    tells_all = True

    def command(self):
        self.user.install(Path(__file__).with_name("pointer_program.py"), "pointer", mode=0o755)
        return ["swaync"]

    def ask(self, *words):
        return self.run("swaync-client", *words, check=False).stdout.strip()

    def count(self):
        return int(self.ask("--count") or 0)

    def hang_up(self, session):
        """The last of three buttons, with a pointer. Its window is in the upper right corner, and this is where."""
        self.run(f"{self.user.home}/pointer", "549", "114", *SCREEN.split("x"))

    def dismiss(self):
        self.ask("--close-all")

    def be_quiet(self, quiet):
        self.ask("--dnd-on" if quiet else "--dnd-off")
