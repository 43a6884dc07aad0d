# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test starts from: a booted systemd and a user who may linger."""

import itertools
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Testbed"))

from booted import Testbed  # noqa: E402

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def bed():
    """One testbed for all tests; each test has a user of its own."""
    with Testbed() as bed:
        yield bed


@pytest.fixture
def user(bed):
    """A new user whose manager runs and lingers. Their processes are gone after the test."""
    user = bed.create_user(f"user{next(_numbers)}")
    yield user
    bed.run("loginctl", "disable-linger", user.name)
    bed.run("loginctl", "terminate-user", user.name)
