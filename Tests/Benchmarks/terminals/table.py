# SPDX-License-Identifier: Apache-2.0
"""The comparison as text and as Markdown, and where it stands in README."""

import re

BEGIN, END = "<!-- Tests/Benchmarks/terminal -->", "<!-- end -->"


def word(answer):
    return {True: "yes", False: "no"}.get(answer, answer)


def text(head, rows):
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in [head, *rows])


def markdown(head, rows):
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in [head, *rows]]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def put(page, table):
    """The page with that table in the place of its own."""
    assert page.count(BEGIN) == 1, f"the page has no {BEGIN}"
    return re.sub(rf"{BEGIN}\n.*?{END}", lambda _: f"{BEGIN}\n{table}\n{END}", page, flags=re.DOTALL)


def read(page):
    """The rows of the page's table, each by its first cell; of its head, that is empty."""
    (shown,) = re.findall(rf"{BEGIN}\n(.*?)\n{END}", page, re.DOTALL)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in shown.splitlines()]
    return {row[0]: row[1:] for row in [rows[0], *rows[2:]]}
