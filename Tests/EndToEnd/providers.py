# SPDX-License-Identifier: Apache-2.0
"""A provider of the tests with real programs (Tests/Interop), Kamailio, for the testbed, which has the same network."""

import contextlib
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# Behind this folder's: both have modules of some names.
sys.path += [str(TESTS / "Interop"), str(TESTS / "Engines")]

import certificates  # noqa: E402
import provider  # noqa: E402
from farend import FarEnd  # noqa: E402
from world import ADDRESS  # noqa: E402

DOMAIN, USER, PASSWORD = provider.DOMAIN, provider.USER, provider.PASSWORD
SERVERS = {"udp": f"{ADDRESS}:{provider.OUTER}", "tcp": f"{ADDRESS}:{provider.OUTER}", "tls": f"{ADDRESS}:{provider.OUTER_TLS}"}


class Behind:
    """A far end, as a provider wants it."""

    def __init__(self, far_end):
        self.far_end, self.uri = far_end, far_end.address

    def stop(self):
        pass


@contextlib.contextmanager
def running(folder, transport="udp", **options):
    """A provider, with a far end behind it; its `authority` is the file of who issued its certificate."""
    subprocess.run(["ip", "address", "replace", f"{ADDRESS}/32", "dev", "lo"], check=True)
    authority, certificate = certificates.make(folder) if transport == "tls" else (None, None)
    with FarEnd("--trace", host=ADDRESS) as far_end:
        kamailio = provider.Provider(folder, Behind(far_end), transport, certificate, **options)
        kamailio.authority, kamailio.behind = authority, far_end
        try:
            yield kamailio
        finally:
            kamailio.stop()
