# SPDX-License-Identifier: Apache-2.0
"""Engines that break every rule of the channel, while a call that nobody touches goes on, and the daemon is killed."""

import collections
import threading

from booted import wait_for
from report import Broken

from .house import house

ROUND = 50
AT_ONCE = 16
KILLS = 8
# Seconds within which an engine has told the far end, and one or two others after it.
FAREWELL = 100
SCHEMES = ["hostile", "hostile", "hostile-again", "hostile-more"]
ROOM = 24 * 1024


def engine(options, report):
    """The amount is that of calls. In every fourth round the daemon is killed, again and again."""
    results, reasons, warm, done = collections.Counter(), collections.Counter(), None, 0
    with house() as home:
        home.keep({"uri": "good:kept"}, {"command": ["/bin/sleep", "10000"]})
        look = home.audit()
        quiet = home.descriptors(), home.stored()
        for number in report.rounds(-(-options.amount // ROUND)):
            count = min(ROUND, options.amount - (number - 1) * ROUND) if options.round is None else ROUND
            try:
                before = home.status()
                found = battle(home, report, number, count, kills=number % 4 == 0)
                results.update(found["results"])
                reasons.update(found["reasons"])
                if found["faults"]:
                    raise Broken("\n         ".join(found["faults"]))
                if number % 4:
                    home.check_is_same(before)
                    home.wait_for_units(FAREWELL)
                    home.check_records(look)
                else:
                    home.end_the_others(FAREWELL)
                    look.anew()
                home.check_kept()
                home.wait_for_descriptors(*quiet, seconds=30)
            except AssertionError as error:
                return report.broken(number, error)
            done += count
            warm = warm or home.memory()
            report.say(f"round {number}: {done} calls, {home.memory()} kB, {dict(reasons)}")
        report.check("each call ends once, and nothing of it is left", True,
                     f"{done} calls: " + ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()))  # fmt: skip
        report.check("calls that nobody ends go on", True)
        now = home.memory()
        report.check("memory is flat", now - warm < ROOM, f"{warm} kB after the first round, {now} kB at the end, {home.memory('VmHWM')} kB at most")
        alarms = home.alarms("--identifier=ongoingcalld")
        report.check("nothing in the journal alarms", not alarms, "; ".join(alarms[:3]))


def battle(home, report, number, count, kills):
    client = home.start("sessions", seed=f"{report.options.seed}/engine/{number}", count=count, at_once=AT_ONCE, schemes=SCHEMES, home=home.user.home,
                        suffix=".brief" if report.options.brief else "", asks=kills)  # fmt: skip
    if not kills:
        return home.finish(client, 300)
    rng, over = report.rng(number, "kills"), threading.Event()

    def kill():
        # Not for ever: what has its time to end begins anew with each of them.
        for _ in range(KILLS):
            if over.wait(rng.choice([0.2, 0.7, 1.5])):
                return
            if process := home.calls.daemon():
                home.bed.run("kill", "-KILL", str(process), check=False)
                wait_for("another daemon", lambda: home.status()["process"] not in (0, process), 30)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        return home.finish(client, 300)
    finally:
        over.set()
        killer.join()
        asked = home.calls.ctl("list")
        if asked.returncode != 0:
            raise Broken(f"after it was killed, the daemon is {home.status()}: {asked.stderr}; {[entry['MESSAGE'] for entry in home.calls.journal()][-8:]}")
