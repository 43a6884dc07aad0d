# SPDX-License-Identifier: Apache-2.0
"""Plays faults against a live call, and measures at its far end what they cost."""

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
# The testbed, and the calls as a user has them and their far ends: shared with the end-to-end tests.
sys.path[1:1] = [str(TESTS / name) for name in ("Testbed", "EndToEnd")]
# Proxies and certificates; the names of their other modules are also those of others.
sys.path += [str(TESTS / name) for name in ("Interop", "Engines")]
