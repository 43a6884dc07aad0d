# SPDX-License-Identifier: Apache-2.0
"""What certain requests are answered in the place of the usual."""

import re

PATTERN = re.compile(r"(?P<status>[1-6]\d\d|silence|normal)(?:x(?P<times>\d{1,4}))?(?:@(?P<after>\d{1,7}))?")


class Rules:
    """By what they are for: a method, REINVITE, or HOLD. Of several the first counts until it was taken so often."""

    def __init__(self, texts=()):
        self._waiting = {}
        for text in texts:
            self.add(text)

    def add(self, text):
        """WHAT=STATUS[xTIMES][@MS]; without times, from now on."""
        what, _, rule = text.partition("=")
        match = PATTERN.fullmatch(rule.strip())
        if not match or not what.strip():
            raise ValueError(
                f"{text}: expected WHAT=STATUS[xTIMES][@MS], such as REINVITE=491x2, BYE=silence or BYE=normal@3000")
        status = {"silence": None, "normal": "normal"}.get(match["status"], match["status"])
        if isinstance(status, str) and status.isdigit():
            status = int(status)
        rule = [status, int(match["after"] or 0), int(match["times"]) if match["times"] else None]
        self._waiting.setdefault(what.strip().upper(), []).append(rule)

    def clear(self):
        self._waiting.clear()

    def take(self, what):
        """Status (None is silence) and milliseconds; None where there is no rule."""
        rules = self._waiting.get(what)
        if not rules:
            return None
        status, after, times = rules[0]
        if times is not None:
            rules[0][2] -= 1
            if rules[0][2] <= 0:
                rules.pop(0)
        return status, after
