# SPDX-License-Identifier: Apache-2.0
from .sway import OnSway


class SwayNC(OnSway):
    program = "swaync"
    tells_all = True

    def command(self):
        return ["swaync"]

    def ask(self, *words):
        return self.run("swaync-client", *words, check=False).stdout.strip()

    def count(self):
        return int(self.ask("--count") or 0)

    def dismiss(self):
        self.ask("--close-all")

    def be_quiet(self, quiet):
        self.ask("--dnd-on" if quiet else "--dnd-off")
