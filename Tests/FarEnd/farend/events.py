# SPDX-License-Identifier: Apache-2.0
"""What happens, as JSON objects, one a line."""

import json
import os

from . import clock


class Events:
    """Writes to a descriptor, or to `listener` where the far end is part of a test's own process."""

    def __init__(self, descriptor=1, listener=None):
        self.descriptor, self.listener = descriptor, listener

    def __call__(self, event, **details):
        """Underscores in keys become hyphens; what is None is left out."""
        record = {"event": event, "at": clock.milliseconds()}
        record |= {key.rstrip("_").replace("_", "-"): value for key, value in details.items() if value is not None}
        if self.listener:
            self.listener(record)
            return
        data = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace") + b"\n"
        try:
            while data:
                data = data[os.write(self.descriptor, data):]
        except OSError:
            pass  # Nobody reads any more; the end of standard input says what follows from that.
