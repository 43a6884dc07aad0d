# SPDX-License-Identifier: Apache-2.0
"""The networks are the testbed's."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Testbed"))
