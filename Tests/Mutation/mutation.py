# SPDX-License-Identifier: Apache-2.0
"""A place in which `run` breaks the code, and who must notice; the places are in the files of `places`."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Mutation:
    name: str
    file: str
    text: str
    replacement: str
    # A test target and its suites: "CallLifeTests: SessionLifeTests StubbornUnitTests"
    tests: str

    @cached_property
    def target(self) -> str:
        return self.tests.split(":")[0]

    @cached_property
    def suites(self) -> list[str]:
        return self.tests.split(":")[1].split()

    @cached_property
    def pattern(self) -> str:
        """For `swift test --filter`."""
        return rf"^{self.target}\.({'|'.join(self.suites)})/"
