# SPDX-License-Identifier: Apache-2.0
"""The programs that can be the message buses. What a bus lets through, and how it ends, is to be tried on each of them.

    from buses import on_both_buses

    pytestmark = on_both_buses          # every test of a file; or
    @on_both_buses                      # one test
    def test_something(calls): …

Whatever such a test has from conftest.py (`bed`, `installed`, `user`, `visitor`, `calls`, `bare` …) is then of a testbed
in which the bus of the system and those of all users are that program. A test that asks for `bus` is told its name.
"""

import pytest
from booted import BUSES

on_both_buses = pytest.mark.parametrize("bus", BUSES, indirect=True)
