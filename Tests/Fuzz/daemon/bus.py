# SPDX-License-Identifier: Apache-2.0
"""Several clients, one of them in a sandbox, call everything that the daemon has on the bus, while calls live and die."""

import collections

from calls import ROOT
from flatpak import Flatpak
from report import Broken

from .house import SECRET, house

CLIENTS = 3
ROUND = 1000
# kB that the daemon may have grown by: what sessions that have ended leave for a minute, and what is kept of freed memory.
ROOM = 24 * 1024


def bus(options, report):
    """The amount is that of calls, of all clients together."""
    size = min(ROUND, max(50, options.amount // (CLIENTS + 1)))
    results, slowest, warm, done, shown = collections.Counter(), (0, ""), None, 0, set()
    with house() as home:
        kept = home.keep({"uri": "good:kept"}, {"command": ["/bin/sleep", "10000"]})
        before, look = home.status(), home.audit()
        quiet = home.descriptors(), home.stored()
        phone = Flatpak(home.user, "org.example.Phone")
        for number in report.rounds(-(-options.amount // (size * (CLIENTS + 1)))):
            try:
                for found in storm(home, phone, kept, report, number, size, before["process"]):
                    results.update(found["results"])
                    slowest = max(slowest, tuple(found["slowest"]))
                    for name, texts in found["examples"].items():
                        if name not in shown:
                            report.say(f"{name}: {' | '.join(map(ascii, texts))}")
                            shown.add(name)
                    if found["faults"]:
                        raise Broken("\n         ".join(found["faults"]))
                home.check_is_same(before)
                home.check_kept()
                home.end_the_others()
                home.check_records(look)
                home.wait_for_descriptors(*quiet)
            except AssertionError as error:
                return report.broken(number, error)
            done += size * (CLIENTS + 1)
            warm = warm or home.memory()
            report.say(f"round {number}: {done} calls, {home.memory()} kB, {dict(results.most_common(8))}")
        report.check("the daemon answers, and stays", True, f"{results['answers']} answers, {results['calls'] + results['hasty']} calls, "
                     f"{results['crooked']} crooked; the slowest after {slowest[0]:.2f} s, {slowest[1]}")  # fmt: skip
        report.check("errors are of the families that there are", True,
                     ", ".join(f"{name.rpartition('.')[2]} {count}" for name, count in results.most_common() if "Error" in name))  # fmt: skip
        report.check("calls that nobody ends go on", True)
        now = home.memory()
        report.check("memory is flat", now - warm < ROOM, f"{warm} kB after the first round, {now} kB at the end, {home.memory('VmHWM')} kB at most")
        report.check("nothing in the journal alarms", not home.alarms(), "; ".join(home.alarms()[:3]))


def storm(home, phone, kept, report, number, size, daemon):
    """A round; what each client has found."""
    common = {"calls": size, "largest": 1 << 16 if report.options.brief else 1 << 18, "engines": ["good"], "home": home.user.home,
              "others": [daemon, 1]}  # fmt: skip
    paths = [f"{ROOT}/session/{session.id}" for session in kept]
    clients = [home.start("storm", seed=f"{report.options.seed}/bus/{number}/{client}", keep=paths, **common) for client in range(CLIENTS)]
    clients.append(home.start("storm", by=phone, seed=f"{report.options.seed}/bus/{number}/sandbox", keep=[], secret=SECRET, **common))
    return [home.finish(client, 400) for client in clients]
