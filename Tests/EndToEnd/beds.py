# SPDX-License-Identifier: Apache-2.0
"""Testbeds with the built programs in them, and users who leave nothing running."""

import contextlib
import itertools
import os
from pathlib import Path

from booted import Testbed
from names import PROJECT

PROGRAMS = ["ongoingcalld", "ongoingcallctl", "ongoingcall-run", "ongoingcall-sip", "ongoingcall-farend"]
PROGRAMS_INSIDE = "/srv/ongoingcall-programs"
INSTALL = "/srv/ongoingcall/packaging/install"
_numbers = itertools.count(1)


def built_programs():
    """The directory with the built programs: $ONGOINGCALL_BIN, else .build/release."""
    directory = Path(os.environ.get("ONGOINGCALL_BIN", PROJECT / ".build" / "release")).resolve()
    missing = [name for name in PROGRAMS if not (directory / name).is_file()]
    assert not missing, (
        f"{directory} lacks {', '.join(missing)}: swift build -c release --static-swift-stdlib --traits SIP"
    )
    return directory


def boot(programs, **options):
    return Testbed().up(binds=[f"--bind-ro={programs}:{PROGRAMS_INSIDE}"], **options)


@contextlib.contextmanager
def new_user(bed, linger=True):
    user = bed.create_user(f"user{next(_numbers)}", linger)
    try:
        yield user
    finally:
        bed.run("loginctl", "disable-linger", user.name)
        bed.run("systemctl", "stop", f"user-{user.uid}.slice")
