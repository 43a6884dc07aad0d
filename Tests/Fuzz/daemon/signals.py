# SPDX-License-Identifier: Apache-2.0
"""Others of the bus, of a sandbox, and of the machine forge what the service manager, the login manager, the notification
server and the bus itself would tell the daemon. Nothing comes of it."""

import collections

from beds import new_user
from booted import wait_for
from calls import BusError
from flatpak import Flatpak
from report import Broken

from .house import house

ROUND = 2000
# Lines of the journal that so many forgeries may cause: each is somebody's log.
LINES = 200


def signals(options, report):
    """The amount is that of signals and replies, of all forgers together."""
    counts, size = collections.Counter(), min(ROUND, max(100, options.amount // 4))
    with house() as home, new_user(home.bed) as stranger:
        home.keep({"uri": "good:kept"}, {"command": ["/bin/sleep", "10000"]})
        quiet = home.descriptors() + 2, home.stored()
        for number in report.rounds(-(-options.amount // (4 * size))):
            before = home.status()
            try:
                events = {session.id: session.events() for session in home.kept}
                cursor = home.user.journal.cursor()
                for found in forge(home, stranger, report, number, size):
                    counts.update(found["counts"])
                home.check_is_same(before)
                home.check_kept()
                for session in home.kept:
                    if (now := session.events()) != events[session.id]:
                        raise Broken(f"{session.id} has had events of nobody's: {now[len(events[session.id]):]}")
                home.end_the_others()
                home.wait_for_descriptors(*quiet)
                home.bed.run("journalctl", "--sync")
                lines = len(home.calls.journal(f"--after-cursor={cursor}"))
                if lines > LINES:
                    raise Broken(f"the journal has {lines} lines more")
            except (AssertionError, BusError) as error:
                return report.broken(number, error)
            report.say(f"round {number}: {dict(counts)}, {lines} lines in the journal")
        report.check("forged signals and replies change nothing", True, ", ".join(f"{name} {count}" for name, count in counts.most_common()))


def forge(home, stranger, report, number, size):
    """Meanwhile a call is launched, muted, and ended, as ever."""
    common = {"count": size, "process": home.calls.daemon(), "units": [session.unit for session in home.kept], "own_bus_name": ":1.1"}
    seed = f"{report.options.seed}/signals/{number}"
    whose = (("user", None, False), ("sandbox", Flatpak(home.user, "org.example.Phone"), False), ("own", None, True), ("stranger", stranger, True))
    forgers = [home.start("forger", by=by, seed=f"{seed}/{name}", system=system, **common) for name, by, system in whose]
    try:
        while any(forger.poll() is None for forger in forgers):
            session = home.calls.launch(uri="good:meanwhile")
            session.wait_until("joined")
            session.call("SetMuted", "true")
            wait_for("the call to be muted", lambda: session["Muted"])
            session.call("HangUp")
            if (reason := session["EndReason"]) != "hung-up":
                raise Broken(f"a call that was hung up has ended as {reason}")
    except BusError as error:
        raise Broken(f"what anybody does cannot be done meanwhile: {error}") from None
    finally:
        found = [home.finish(forger, 100) for forger in forgers]
    return found
