# SPDX-License-Identifier: Apache-2.0
"""The names that the project fixes, read from where it fixes them."""

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def message_ids():
    """MESSAGE_ID by the name of its kind, from JournalNames.swift."""
    (source,) = PROJECT.glob("Sources/*/**/JournalNames.swift")
    return dict(re.findall(r'static let (\w+) = "([0-9a-f]{32})"', source.read_text()))
