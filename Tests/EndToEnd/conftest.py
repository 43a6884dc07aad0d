# SPDX-License-Identifier: Apache-2.0
"""What every end-to-end test starts from: a booted systemd, OngoingCall installed in it, a user who may linger."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Testbed"))

from beds import INSTALL, PROGRAMS_INSIDE, boot, built_programs, new_user  # noqa: E402
from calls import Calls  # noqa: E402
from farend import FarEnd, tone  # noqa: E402


@pytest.fixture(scope="session")
def programs():
    """The directory with the built programs."""
    return built_programs()


@pytest.fixture(scope="session")
def bed(programs):
    """One testbed for all tests; each test has a user of its own."""
    with boot(programs) as bed:
        yield bed


@pytest.fixture
def user(bed):
    """A new user whose manager runs and lingers. Nothing of them runs after the test."""
    with new_user(bed) as user:
        yield user


@pytest.fixture(scope="session")
def installed(bed):
    """OngoingCall, installed for every user of the testbed by packaging/install."""
    bed.run(INSTALL, "--system", "--bin-dir", PROGRAMS_INSIDE)
    return bed


@pytest.fixture
def visitor(installed):
    """A new user who does not linger: their manager runs while they are logged in."""
    with new_user(installed, linger=False) as user:
        yield user


@pytest.fixture
def calls(installed, user):
    """OngoingCall as `user` has it."""
    return Calls(user)


@pytest.fixture(scope="session")
def bare_bed(programs):
    """A testbed in which nothing is installed."""
    with boot(programs) as bed:
        yield bed


@pytest.fixture
def bare(bare_bed):
    """A user of it."""
    with new_user(bare_bed) as user:
        yield user


@pytest.fixture(scope="session")
def melody(bed, tmp_path_factory):
    """A file with a tone, where every user of the testbed can read it."""
    bed.install(tone(tmp_path_factory.mktemp("sound") / "tone.wav"), "/srv/tone.wav")
    return "/srv/tone.wav"


@pytest.fixture
def far_end():
    with FarEnd() as far_end:
        yield far_end
