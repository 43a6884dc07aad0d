# SPDX-License-Identifier: Apache-2.0
"""A screen (X11) that nobody looks at."""

import subprocess


def begin(spawn, size):
    """The server's process, and the DISPLAY that it is. `spawn` starts a program as the user, with text in its pipes."""
    # Sockets of the abstract kind are shared with whatever else has a screen on this machine. A reset, which the end of
    # the last client would be, refuses the client that comes meanwhile.
    server = spawn("Xvfb", "-displayfd", "1", "-noreset", "-nolisten", "local", "-screen", "0", f"{size}x24",
                   stdout=subprocess.PIPE)  # fmt: skip
    return server, f":{server.stdout.readline().strip()}"
