# SPDX-License-Identifier: Apache-2.0
"""What all attacks share: how much, from which seed, and what came of it."""

import dataclasses
import random
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


class Broken(AssertionError):
    """What has to hold does not."""


@dataclasses.dataclass
class Options:
    """How an attack is to be run."""

    seed: int = 1
    # How many of what the attack counts.
    amount: int = 0
    # The one round to run, or None.
    round: int | None = None
    brief: bool = False
    verbose: bool = False
    # What goes before the command of an attacked program.
    prefix: tuple = ()


@dataclasses.dataclass
class Attack:
    name: str
    # What is counted, for people.
    counted: str
    full: int
    brief: int
    # Takes the options and a Report.
    run: object


def generator(seed, attack, number, *further):
    """The random generator of one round: the same for the same seed, whatever was run before it."""
    return random.Random("/".join(map(str, (seed, attack, number, *further))))


class Results:
    """What passed and what failed, of all attacks."""

    def __init__(self):
        self.passed, self.failed = [], []

    def add(self, name, is_met, detail=""):
        (self.passed if is_met else self.failed).append((name, detail))

    def read(self, file):
        """What another run has written; False where it has written nothing."""
        try:
            cases = list(ElementTree.parse(file).iter("testcase"))
        except (OSError, ElementTree.ParseError):
            return False
        for case in cases:
            failure = case.find("failure")
            self.add(case.get("name"), failure is None, "" if failure is None else failure.text or "")
        return True

    def write(self, file):
        suite = ElementTree.Element("testsuite")
        for name, _ in self.passed:
            ElementTree.SubElement(suite, "testcase", classname="Fuzz", name=name)
        for name, detail in self.failed:
            case = ElementTree.SubElement(suite, "testcase", classname="Fuzz", name=name)
            ElementTree.SubElement(case, "failure").text = "".join(c if c.isprintable() or c == "\n" else "?" for c in detail)
        Path(file).write_bytes(ElementTree.tostring(suite))

    def close(self):
        print(f"{len(self.passed)} passed, {len(self.failed)} failed")
        return 1 if self.failed or not self.passed else 0


class Report:
    """What one attack has to say."""

    def __init__(self, name, results, options):
        self.name, self.results, self.options = name, results, options

    def check(self, what, is_met, detail=""):
        self.results.add(f"{self.name}: {what}", is_met, detail)
        print(f"{'ok    ' if is_met else 'FAILED'} {self.name}: {what}{': ' if detail else ''}{detail}", flush=True)

    def say(self, text):
        """For who wants to know more."""
        if self.options.verbose:
            print(f"  {self.name}: {text}", flush=True)

    def broken(self, number, error):
        """A round has failed: what it found, and how to have it again."""
        again = f"{sys.argv[0]} --seed {self.options.seed} --only {self.name} --round {number}"
        self.check(f"round {number}", False, f"{error}\n       again: {again}")

    def rng(self, number, *further):
        return generator(self.options.seed, self.name, number, *further)

    def rounds(self, count):
        """The numbers of the rounds to run, from 1."""
        return range(1, count + 1) if self.options.round is None else [self.options.round]
