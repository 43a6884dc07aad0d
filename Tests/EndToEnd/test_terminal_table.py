# SPDX-License-Identifier: Apache-2.0
"""README's comparison with tmux and dtach is true: what it says yes or no to is tried anew."""

import re
import sys

import pytest
from names import PROJECT

sys.path.insert(0, str(PROJECT / "Tests" / "Benchmarks"))

from terminals import keepers, table, trials  # noqa: E402

PAGE = (PROJECT / "README.md").read_text()
ROWS = table.read(PAGE)
HEAD = ROWS.pop("")


@pytest.mark.parametrize("kind", keepers.ALL, ids=lambda kind: kind.name)
def test_the_comparison_of_terminals_is_true(calls, kind):
    shown = f"{kind.name} {kind.version(calls.user)}"
    column = [re.sub(" .*", "", name) for name in HEAD].index(kind.name)
    if kind is not keepers.OngoingCall and HEAD[column] != shown:
        pytest.skip(f"the table is of {HEAD[column]}, this is {shown}")
    given = {}
    for what, trial in trials.YES_OR_NO.items():
        with kind(calls.user) as keeper:
            given[what] = table.word(trial(keeper))
    assert given == {what: ROWS[what][column] for what in trials.YES_OR_NO}


def test_a_program_ends_with_its_engine_as_readme_says(calls):
    assert "A program ends with its engine" in PAGE and not trials.what_the_engine_takes_along(calls.user)
