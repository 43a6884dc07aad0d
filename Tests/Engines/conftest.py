# SPDX-License-Identifier: Apache-2.0
"""What most tests of the SIP engine start from. The networks are the testbed's."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Testbed"))

from far_end import FarEnd  # noqa: E402
from sip_engine import SIPEngine  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: measures what others on this machine would disturb")


@pytest.fixture
def engine(tmp_path):
    with SIPEngine(tmp_path) as engine:
        yield engine


@pytest.fixture
def far_end():
    with FarEnd() as far_end:
        yield far_end
