# SPDX-License-Identifier: Apache-2.0
"""Testbeds with the built programs in them, and users who leave nothing running."""

import contextlib
import itertools
import os
from pathlib import Path

from booted import Testbed
from names import PROJECT

PROGRAMS = ["ongoingcalld", "ongoingcallctl", "ongoingcall-run", "ongoingcall-sip", "ongoingcall-secret",
            "ongoingcall-window", "ongoingcall-appdriver", "CallActivity", "OwnCall"]  # fmt: skip
PROGRAMS_INSIDE = "/srv/ongoingcall-programs"
INSTALL = "/srv/ongoingcall/packaging/install"
_numbers = itertools.count(1)


def built_programs():
    """The directory with the built programs: $ONGOINGCALL_BIN, else .build/release."""
    directory = Path(os.environ.get("ONGOINGCALL_BIN", PROJECT / ".build" / "release")).resolve()
    missing = [name for name in PROGRAMS if not (directory / name).is_file()]
    assert not missing, (
        f"{directory} lacks {', '.join(missing)}: swift build -c release --static-swift-stdlib --traits SIP,Window"
    )
    return directory


def boot(programs, **options):
    binds = [f"--bind-ro={programs}:{PROGRAMS_INSIDE}"]
    sanitizer = os.environ.get("ONGOINGCALL_SANITIZER")
    if sanitizer:
        binds.append(f"--bind={os.environ['ONGOINGCALL_REPORTS']}:/srv/ongoingcall-reports")
    bed = Testbed().up(binds=binds, **options)
    if sanitizer:
        allow_sanitizer(bed, sanitizer)
    return bed


def allow_sanitizer(bed, options):
    """Tells all programs what Tests/sanitize says, and lets the daemon do what its sanitizer needs and its unit forbids:
    trace itself, and choose where its memory is."""
    bed.environment = dict(option.split("=", 1) for option in options.split())
    bed.install(options.replace(" ", "\n") + "\n", "/etc/environment")
    bed.install(f"[Manager]\nDefaultEnvironment={options}\n", "/etc/systemd/user.conf.d/sanitizer.conf")
    bed.install("[Service]\nLockPersonality=no\nMemoryDenyWriteExecute=no\nSystemCallFilter=\n",
                "/etc/systemd/user/ongoingcalld.service.d/sanitizer.conf")  # fmt: skip


@contextlib.contextmanager
def new_user(bed, linger=True):
    with ended(bed, bed.create_user(f"user{next(_numbers)}", linger)) as user:
        yield user


@contextlib.contextmanager
def lingering(bed, user):
    """Starts the manager of a user whose home is made by now."""
    with ended(bed, user):
        bed.run("loginctl", "enable-linger", user.name)
        bed.run("systemctl", "start", f"user@{user.uid}.service")
        yield


@contextlib.contextmanager
def ended(bed, user):
    """A user of whom nothing runs after it."""
    try:
        yield user
    finally:
        bed.run("loginctl", "disable-linger", user.name)
        bed.run("systemctl", "stop", f"user-{user.uid}.slice")
