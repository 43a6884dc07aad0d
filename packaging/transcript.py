# SPDX-License-Identifier: Apache-2.0
"""What demonstrations print: headings, remarks, and terminals with what is typed into them."""

import sys

STYLES = {"bold": "1", "dim": "2", "green": "32", "red": "31", "cyan": "36"}


def styled(text, style):
    return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if sys.stdout.isatty() else text


def heading(text):
    print(f"\n{styled(text, 'bold')}", flush=True)


def say(text):
    print(f"  {text}", flush=True)


class Failed(Exception):
    """Something did not do what the demonstration is there to show."""


class Window:
    """A terminal whose commands and answers are shown."""

    def __init__(self, title, terminal):
        self.title = title
        self.terminal = terminal
        self._line(f"┌ {title}", "cyan")

    def _line(self, text, style=None):
        print("  " + (styled(text, style) if style else text), flush=True)

    def type(self, command):
        """Types a command; returns what it says."""
        self._line(f"{styled('│', 'cyan')} {styled('$ ' + command, 'bold')}")
        status, output = self.terminal.run(command, seconds=90)
        for line in output.splitlines():
            self._line(f"{styled('│', 'cyan')} {line}")
        if status != 0:
            raise Failed(f"“{command}” ended with status {status}")
        return output

    def close(self, how):
        self.terminal.close()
        self._line(f"└ {how}", "cyan")
