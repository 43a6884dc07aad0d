# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test starts from: a booted systemd, OngoingCall installed in it, a user who may linger."""

import itertools
import os
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "Tests" / "Testbed"))

from booted import Testbed  # noqa: E402
from calls import Calls  # noqa: E402

PROGRAMS = ["ongoingcalld", "ongoingcallctl", "ongoingcall-run", "ongoingcall-sip", "ongoingcall-farend"]
PROGRAMS_INSIDE = "/srv/ongoingcall-programs"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def programs():
    """The directory with the built programs: $ONGOINGCALL_BIN, else .build/release."""
    directory = Path(os.environ.get("ONGOINGCALL_BIN", PROJECT / ".build" / "release")).resolve()
    missing = [name for name in PROGRAMS if not (directory / name).is_file()]
    assert not missing, (
        f"{directory} lacks {', '.join(missing)}: swift build -c release --static-swift-stdlib --traits SIP"
    )
    return directory


@pytest.fixture(scope="session")
def bed(programs):
    """One testbed for all tests; each test has a user of its own."""
    with Testbed().up(binds=[f"--bind-ro={programs}:{PROGRAMS_INSIDE}"]) as bed:
        yield bed


@pytest.fixture
def user(bed):
    """A new user whose manager runs and lingers. Nothing of them runs after the test."""
    user = bed.create_user(f"user{next(_numbers)}")
    yield user
    bed.run("loginctl", "disable-linger", user.name)
    bed.run("systemctl", "stop", f"user-{user.uid}.slice")


@pytest.fixture(scope="session")
def installed(bed):
    """OngoingCall, installed for every user of the testbed by packaging/install."""
    bed.run("/srv/ongoingcall/packaging/install", "--system", "--bin-dir", PROGRAMS_INSIDE)
    return bed


@pytest.fixture
def calls(installed, user):
    """OngoingCall as `user` has it."""
    return Calls(user)
