# SPDX-License-Identifier: Apache-2.0
"""Two Kamailios on the far end's machine, between it and the call."""

import contextlib
import ctypes
import os
import tempfile
import threading
from pathlib import Path

from kamailio import TwoProxies

CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class _Behind:
    """A far end as the proxies know it."""

    def __init__(self, far_end):
        self.uri = far_end.address

    def stop(self):
        """It is somebody else's."""


@contextlib.contextmanager
def proxies_before(ground, far_end):
    with tempfile.TemporaryDirectory() as folder:
        made = inside(ground.networks.far, lambda: TwoProxies(Path(folder), _Behind(far_end), address=far_end.host))
        try:
            yield made
        finally:
            made.stop()


def inside(namespace, make):
    """What is made in a network namespace: by a thread of its own, which alone is in it."""
    outcome = []

    def run():
        try:
            with open(f"/run/netns/{namespace}") as file:
                if _libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), namespace)
            outcome.append(make())
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]
