# SPDX-License-Identifier: Apache-2.0
"""What the tests with real programs start from, and the table that they close with."""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "Engines")]

import table  # noqa: E402
from scene import Scene  # noqa: E402

RESULTS, NOTES = {}, {}


def cell_of(function):
    return function.__name__.removeprefix("test_")


def pytest_generate_tests(metafunc):
    """Each test is a row of the table, and is played with every far end that can."""
    if "scene" in metafunc.fixturenames:
        metafunc.parametrize("far_end_kind", table.players(cell_of(metafunc.function)))


def pytest_collection_modifyitems(items):
    if items and os.geteuid() != 0:
        raise pytest.UsageError("Tests/Interop needs root: every test has a network namespace, and reads its packets")


@pytest.fixture
def scene(tmp_path, far_end_kind, request):
    with Scene(tmp_path, far_end_kind, cell_of(request.function)) as scene:
        scene.note = lambda text: NOTES.__setitem__((far_end_kind, scene.cell), text)
        yield scene


def pytest_runtest_logreport(report):
    name, _, kind = report.nodeid.rpartition("::")[2].partition("[")
    if kind and (report.when == "call" or report.failed):
        key = kind.rstrip("]"), name.removeprefix("test_")
        RESULTS[key] = "ok" if report.passed and RESULTS.get(key) != "FAILED" else "FAILED"


def pytest_terminal_summary(terminalreporter):
    terminalreporter.section("real programs")
    for line in table.text(RESULTS, NOTES):
        terminalreporter.write_line(line)
