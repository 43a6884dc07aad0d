# SPDX-License-Identifier: Apache-2.0
"""A call, what is done to it round by round, and what has to hold meanwhile and afterwards."""

import contextlib
import tempfile
import time

from .datagrams import Datagrams, Media
from .streams import Streams
from .victim import Spoiled, Victim

# What is counted as warm-up: tables grow to their size, code is paged in, and what is kept for half a minute comes to its number.
WARM_UP = 0.3
# kB that the engine's memory may have grown by since then: a fragment here and there, and nothing that goes on.
ROOM = 4096
# Seconds that transactions are kept for those who ask again (RFC 3261, 17.2).
SETTLE = 36


class Assault:
    """One kind of attack on one call."""

    def __init__(self, options, report):
        self.options, self.report, self.check = options, report, report.check

    def run(self, transport, make, step, between):
        """`between` is done after every `step`, which is a round, and says how it was."""
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            victim = stack.enter_context(Victim(folder, transport, self.options.prefix))
            try:
                self._attack(victim, make(victim, self.report.rng(0)), step, between)
                victim.close()
                self.check("the engine leaves as it should", True)
            except (Spoiled, AssertionError) as error:
                self.check("the call goes on", False, f"{error}\n{victim.fate()}")

    def _attack(self, victim, attack, step, between):
        total = self.options.amount
        quiet, descriptors = victim.load(), victim.descriptors()
        done, warm, started, slowest = 0, None, time.monotonic(), 0.0
        victim.far_end.command("reset")
        for number in self.report.rounds(-(-total // step)):
            attack.rng = self.report.rng(number)
            attack.send(min(step, total - (number - 1) * step))
            done = min(total, number * step)
            try:
                victim.check()
                slowest = max(slowest, between(attack, victim))
            except (Spoiled, AssertionError) as error:
                self.report.broken(number, error)
                raise
            if warm is None and done >= WARM_UP * total:
                warm = victim.memory()
            self.report.say(f"round {number}: {done} after {time.monotonic() - started:.0f} s, {victim.memory()} kB, "
                            f"{getattr(attack, 'statuses', '')}")  # fmt: skip
        took = time.monotonic() - started
        self.check("the call goes on", True, f"{attack.sent} in {took:.0f} s, {attack.sent / took:.0f}/s; sound again within {slowest:.1f} s")
        queue = getattr(attack, "queue", None)
        if queue:
            self.check("nearly everything got there", queue.dropped < total // 100, f"{queue.dropped} were dropped by the kernel")
        gap = victim.far_end.stats()["longest-gap-ms"]
        settle = time.monotonic() + (SETTLE if not self.options.brief else 1)
        while time.monotonic() < settle:
            victim.said.take()
            time.sleep(0.1)
        between(attack, victim)
        victim.is_heard()
        self.check("sound goes on both ways", True, f"longest gap {gap} ms")
        self._check_memory(victim, total, warm or victim.memory())
        load = victim.load()
        self.check("idle afterwards", load <= quiet * 2 + 0.05, f"{load:.1%} of a processor, {quiet:.1%} before")
        # Connections that say nothing are closed after as long as a transaction lasts.
        settle = time.monotonic() + SETTLE
        while victim.descriptors() > descriptors + 2 and time.monotonic() < settle:
            victim.said.take()
            time.sleep(0.1)
        self.check("no descriptor is left open", victim.descriptors() <= descriptors + 2, f"{descriptors} before, {victim.descriptors()} after")
        victim.check()

    def _check_memory(self, victim, total, warm):
        now, peak = victim.memory(), victim.memory("VmHWM")
        detail = f"{warm} kB after {WARM_UP:.0%}, {now} kB at the end, {peak} kB at most, {(now - warm) * 1024 / max(1, total * (1 - WARM_UP)):.0f} bytes each"
        if victim.is_sanitized or self.options.prefix:
            print(f"       memory, which the checker holds back: {detail}")
        else:
            self.check("memory is flat", now - warm <= ROOM * (8 if self.options.brief else 1), detail)


def sip(options, report):
    def between(attack, victim):
        took = attack.restore()
        status, _ = attack.ask(attack.inside[0])
        if status != 200:
            raise Spoiled(f"a valid OPTIONS in the dialog is answered {status}")
        return took + victim.hears(10)
    Assault(options, report).run("udp", Datagrams, min(10_000, max(1000, options.amount // 8)), between)


def rtp(options, report):
    step = min(50_000, max(1000, options.amount // 8))
    Assault(options, report).run("udp", Media, step, lambda attack, victim: victim.hears(10))


def tcp(options, report):
    def between(attack, victim):
        attack.ask()
        return victim.hears(10)
    Assault(options, report).run("tcp", Streams, min(4000, max(100, options.amount // 5)), between)
