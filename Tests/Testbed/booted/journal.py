# SPDX-License-Identifier: Apache-2.0
"""A user's journal."""

import json


class Journal:
    def __init__(self, user):
        self.user = user

    def entries(self, *arguments, flush=True):
        """What `journalctl --user ARGUMENTS` shows, oldest first, each entry a dictionary of its fields."""
        if flush:
            # Waits until the journal holds everything that was sent to it before.
            self.user.bed.run("journalctl", "--sync")
        shown = self.user.run("journalctl", "--user", "--output=json", "--all", "--no-pager", "--quiet", *arguments)
        return [{name: _text(value) for name, value in json.loads(line).items()} for line in shown.stdout.splitlines()]

    def cursor(self):
        """The place after the newest entry, for `--after-cursor=`."""
        entries = self.user.run("journalctl", "--user", "--output=json", "--no-pager", "--quiet", "--lines=1").stdout
        return json.loads(entries)["__CURSOR"] if entries.strip() else None


def _text(value):
    """journalctl shows a field with characters that are not printable as a list of its bytes."""
    if isinstance(value, list) and all(isinstance(byte, int) for byte in value):
        return bytes(value).decode("utf-8", "surrogateescape")
    return value
