# SPDX-License-Identifier: Apache-2.0
"""Fills the queue of a journald that does not read: until nothing more goes in for a second. Prints how much went in."""

import socket
import time

with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
    journal.connect("/run/systemd/journal/socket")
    journal.setblocking(False)
    sent, last = 0, time.monotonic()
    while time.monotonic() < last + 1:
        try:
            journal.send(b"MESSAGE=full\nPRIORITY=7\n")
        except BlockingIOError:
            time.sleep(0.01)
            continue
        sent, last = sent + 1, time.monotonic()
print(sent)
