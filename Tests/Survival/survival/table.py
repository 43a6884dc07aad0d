# SPDX-License-Identifier: Apache-2.0
"""The outcomes as people and programs read them."""

import json
from xml.etree import ElementTree

HEADINGS = ["fault", "call alive", "longest gap", "packets lost", "events seen", "ghost", "goal"]
NUMBERS = (2, 3)


def _events(outcome):
    shown = []
    for event in outcome.events[3:]:
        reason = event["details"].get("reason")
        shown.append(event["name"].removeprefix("connection-") + (f" ({reason})" if reason else ""))
    return ", ".join(_folded(shown)) or "none"


def _folded(shown):
    """A row of the same, or of pairs that are all the same, is told once."""
    if len(shown) > 4 and len(set(shown)) == 1:
        return [f"{len(shown)} × {shown[0]}"]
    pairs = [tuple(shown[n:n + 2]) for n in range(0, len(shown), 2)]
    if len(pairs) > 2 and len(set(pairs)) == 1:
        return [f"{len(pairs)} × ({', '.join(pairs[0])})"]
    return shown


def _goal(outcome):
    if outcome.fault.goal is None:
        return ""
    what, limit = outcome.fault.goal
    measured = "" if outcome.back is None else f"{outcome.back} ms, "
    return f"{what} ≤ {limit} ms: {measured}{'met' if outcome.goal_is_met else 'MISSED'}"


def cells(outcome):
    return [
        outcome.fault.text, "yes" if outcome.alive else "NO",
        "" if outcome.gap is None else f"{outcome.gap} ms", "" if outcome.lost is None else str(outcome.lost),
        _events(outcome), "YES" if outcome.ghost else "no", _goal(outcome),
    ]  # fmt: skip


def _aligned(rows, widths):
    for row in rows:
        yield [cell.rjust(width) if column in NUMBERS else cell.ljust(width)
               for column, (cell, width) in enumerate(zip(row, widths))]  # fmt: skip


def text(outcomes):
    rows = [HEADINGS, *map(cells, outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(row).rstrip() for row in _aligned(rows, widths))


def markdown(outcomes):
    rows = [HEADINGS, *map(cells, outcomes)]
    widths = [max(map(len, column)) for column in zip(*rows)]
    head, *rest = ["| " + " | ".join(row) + " |" for row in _aligned(rows, widths)]
    rule = "|" + "|".join("-" * (width + 1) + ("-:"[n in NUMBERS]) for n, width in enumerate(widths)) + "|"
    return "\n".join([head, rule, *rest])


def as_json(outcomes):
    return json.dumps([outcome.as_json() for outcome in outcomes], indent=2)


def write_junit(outcomes, path):
    suite = ElementTree.Element("testsuite", name="survival", tests=str(len(outcomes)))
    for outcome in outcomes:
        case = ElementTree.SubElement(
            suite, "testcase", classname="survival", name=outcome.fault.name, time=f"{outcome.seconds:.1f}")
        if not outcome.holds:
            ElementTree.SubElement(case, "failure", message="; ".join(outcome.problems) or "the call was lost")
    ElementTree.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
