# SPDX-License-Identifier: Apache-2.0
"""What becomes of a call's notification on each notification server, as a table in Markdown. Tests/Desktops/run runs it."""

import argparse
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "Testbed"), str(TESTS / "EndToEnd")]

from beds import INSTALL, PROGRAMS_INSIDE, boot, built_programs, new_user  # noqa: E402
from booted import wait_for  # noqa: E402
from booted.networks import enter_new_network  # noqa: E402
from calls import UNIT, Calls  # noqa: E402
from engines import install as install_engine  # noqa: E402
from farend import FarEnd, tone  # noqa: E402
from gvariant import Options  # noqa: E402
from notifications import Cinnamon, Dunst, Gnome, LXQt, Mako, Mate, Plasma, SwayNC, Xfce  # noqa: E402

SERVERS = [Dunst, Mako, Xfce, LXQt, Mate, SwayNC, Gnome, Cinnamon, Plasma]
FACE = "#ff00ff"
CONFIGURATION = "[Notifications]\nDismissedSec=1\n"
CONFIGURATION_FILE = ".config/ongoingcall/ongoingcalld.conf"


class Trial:
    """One server. Each column is a method, in the order in which they are tried, and says what it saw."""

    def __init__(self, calls, far_end, server, seconds):
        self.calls, self.far_end, self.server, self.seconds = calls, far_end, server, seconds

    def launch(self, title="Stand-up"):
        session = self.calls.launch(uri=self.far_end.address, title=title, engine_settings={"play-file": "/srv/tone.wav"})
        session.wait_until("joined")
        return session

    def one(self, count=1):
        wait_for(f"{count} on {self.server.program}, which has {self.server.count()}",
                 lambda: self.server.count() == count)  # fmt: skip

    def posted(self):
        self.session = self.launch()
        if hasattr(self.server, "banner"):
            # Updates would take the buttons away; they come when the banner's time is over.
            wait_for("buttons", lambda: "Hang up" in (self.server.banner() or []), 4)
        post = self.server.next_post(lambda post: "Since" in post.body)
        assert post.timeout == 0 and f"hang-up.{self.session.id}" in post.actions, post
        self.one()
        time.sleep(1)  # Its animation.
        self.server.screenshot()
        return "yes"

    def in_place(self):
        self.shown = self.server.windows() if hasattr(self.server, "windows") else None
        self.calls.ctl("mute", check=True)
        self.muted = self.server.next_post(lambda post: "Muted" in post.body)
        assert self.muted.replaced > 0
        self.one()
        return "yes"

    def silent_update(self):
        if hasattr(self.server, "banner"):
            assert self.muted.hints["urgency"] == 0 or not self.server.is_silent
            self.server.expire_banner()
            wait_for("the banner to go", lambda: self.server.banner() is None)
            self.calls.ctl("unmute", check=True)
            self.server.next_post(lambda post: "Muted" not in post.body)
            time.sleep(1)  # A banner would be up.
            assert (self.server.banner() is None) == self.server.is_silent
            if hasattr(self.server, "on_lock_screen"):
                # GNOME leaves out what has not changed since it was seen.
                assert "OngoingCall" in self.server.on_lock_screen()
            return "yes" if self.server.is_silent else "a banner"
        # The same window, and no sound.
        assert self.muted.hints["suppress-sound"] is True
        assert self.shown is None or self.server.windows() == self.shown
        self.calls.ctl("unmute", check=True)
        return "yes"

    def dismissed_then_back(self):
        self.server.skip_posts()
        self.server.dismiss()
        self.server.next_post(lambda post: "Since" in post.body)
        self.one()
        return "yes"

    def killed_then_back(self):
        killed = self.calls.daemon()
        self.calls.user.bed.run("kill", "-KILL", str(killed))
        wait_for("the next daemon", lambda: self.calls.daemon() not in (0, killed))
        wait_for("it to have met the server", lambda: self.session["Notification"]["state"] == "shown")
        time.sleep(1)
        self.one()
        return "yes"

    def not_disturbing_told(self):
        def told():
            return self.calls.ctl("status").stdout

        if not hasattr(self.server, "be_quiet"):
            return "“handed to”" if "handed to" in told() else f"no: {told()}"
        if "handed to" in told():
            return "“handed to”"
        for turn in [self.server.be_quiet, *([self.server.turn_off] if hasattr(self.server, "turn_off") else [])]:
            turn(True)
            try:
                wait_for("the status to say so", lambda: "held back" in told())
            finally:
                turn(False)
            wait_for("the status to say so", lambda: "shown by" in told())
        return "yes"

    def others_held_back(self):
        if not hasattr(self.server, "is_inhibited"):
            return "–"
        assert not self.server.is_inhibited()
        self.calls.user.install(CONFIGURATION + "DoNotDisturb=yes\n", CONFIGURATION_FILE)
        self.calls.user.systemctl("reload", UNIT)
        self.server.next_post(lambda post: post.hints["urgency"] == 2)
        wait_for("it to be granted", self.server.is_inhibited)
        with self.server.another():
            time.sleep(1)  # Its animation.
            # The call's own is seen, and nothing else.
            self.one()
        assert "shown by" in self.calls.ctl("status").stdout
        self.killed_then_back()
        wait_for("the next daemon to ask", self.server.is_inhibited)
        self.calls.user.install(CONFIGURATION, CONFIGURATION_FILE)
        self.calls.user.systemctl("reload", UNIT)
        wait_for("it to end", lambda: not self.server.is_inhibited())
        self.one()
        return "yes"

    def image(self):
        self.calls.user.bed.run("convert", "-size", "64x64", f"xc:{FACE}", "/srv/face.png")
        session = self.calls.launch(uri=self.far_end.address, engine_settings={"play-file": "/srv/tone.wav"},
                                    notification=Options(icon="/srv/face.png"))  # fmt: skip
        try:
            wait_for("the image to be seen", lambda: self.server.shows(FACE), 10)
        finally:
            self.calls.ctl("abort", session.id, check=True)
        wait_for("it to be gone", lambda: not self.server.shows(FACE))
        return "yes"

    def six_at_once(self):
        for number in range(3):
            self.launch(f"Call {number + 2}")
        for number in range(2):
            self.calls.launch(uri="gone:somebody", title=f"Lost {number + 1}")
        wait_for("the last to be posted", lambda: any("Lost 2" in post.summary for post in self.server.posted))
        time.sleep(8)  # What GNOME is told when banners are over.
        before, closed = len(self.server.posted), len(self.server.closed)
        if hasattr(self.server, "count_banners"):
            self.server.count_banners()
        time.sleep(self.seconds)
        shown = self.server.count() if self.server.tells_all else None
        banners = self.server.banners() if hasattr(self.server, "banners") else None
        print(f"{self.server.program}: {self.seconds:.0f} s of six notifications: {len(self.server.posted) - before} posts, "
              f"{len(self.server.closed) - closed} closings, banners: {banners}, at the end there: {shown}",
              file=sys.stderr)  # fmt: skip
        assert len(self.server.posted) == before, self.server.posted[before:]
        assert len(self.server.closed) == closed, self.server.closed[closed:]
        assert not banners and shown in (None, 6)
        live = [session for session in self.calls.live() if session != self.session.id]
        for session in live:
            self.calls.ctl("abort", session, check=True)
        return "yes"

    def buttons(self):
        if not hasattr(self.server, "hang_up"):
            self.calls.ctl("abort", self.session.id, check=True)
            return "not tried"
        self.server.hang_up(self.session.id)
        assert self.session.wait_until("ended")["EndReason"] == "hung-up"
        return "yes"

    def withdrawn(self):
        # The notices of the two that failed stay.
        wait_for("its notification to go", lambda: self.server.count() == self.rest)
        return "yes"


# In this order; the table has them in the other.
TRIED = ["posted", "in_place", "silent_update", "dismissed_then_back", "killed_then_back", "not_disturbing_told",
         "others_held_back", "buttons", "withdrawn", "image", "six_at_once"]  # fmt: skip
COLUMNS = {"posted": "posted", "buttons": "buttons", "in_place": "in place", "silent_update": "silent update",
           "dismissed_then_back": "dismissed → back", "killed_then_back": "SIGKILL → back",
           "not_disturbing_told": "do not disturb told",
           "others_held_back": "… asked for", "withdrawn": "withdrawn", "image": "image", "six_at_once": "six at once"}  # fmt: skip


def try_out(kind, bed, far_end, seconds):
    cells = dict.fromkeys(TRIED, "no")
    with new_user(bed) as user:
        user.install(CONFIGURATION, CONFIGURATION_FILE)
        install_engine(user, "gone")
        calls = Calls(user)
        try:
            with kind(user) as server:
                calls.start()
                trial = Trial(calls, far_end, server, seconds)
                trial.rest = 0
                for name in TRIED:
                    if name == "six_at_once":
                        trial.session = trial.launch()
                    try:
                        cells[name] = getattr(trial, name)()
                    except (AssertionError, KeyError, AttributeError, NotImplementedError) as error:
                        print(f"{kind.__name__}, {name}: {error!r}", file=sys.stderr)
                        if name == "buttons":
                            calls.ctl("abort", trial.session.id)
        except Exception:
            traceback.print_exc()
    return cells


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("server", nargs="*")
    arguments = parser.parse_args()
    chosen = [kind for kind in SERVERS if not arguments.server or kind.program in arguments.server]
    enter_new_network()
    rows = {}
    with boot(built_programs(), base=os.environ["ONGOINGCALL_DESKTOPS"]) as bed, FarEnd() as far_end, tempfile.TemporaryDirectory() as folder:
        bed.run(INSTALL, "--system", "--bin-dir", PROGRAMS_INSIDE)
        bed.install(tone(Path(folder) / "tone.wav"), "/srv/tone.wav")
        for kind in chosen:
            rows[kind.program] = try_out(kind, bed, far_end, arguments.seconds)
            print(kind.program, rows[kind.program], file=sys.stderr, flush=True)
    print("| server | " + " | ".join(COLUMNS.values()) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(cells[column] for column in COLUMNS) + " |")
    sys.exit(any(cell.startswith("no") for cells in rows.values() for cell in cells.values()))


if __name__ == "__main__":
    main()
