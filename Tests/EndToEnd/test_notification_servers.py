# SPDX-License-Identifier: Apache-2.0
"""The ongoing notification on real servers, with what real ones and their users do to it."""

import random
import time

import pytest
from booted import wait_for
from buses import on_both_buses
from calls import MANAGER, PROPERTIES, ROOT
from farend import now
from notifications import Dunst, Mako, Xfce

SURFACE = ("Get", f"'{MANAGER}'", "'NotificationSurface'")


def surface(calls):
    (value,) = calls.call(*SURFACE, path=ROOT, interface=PROPERTIES)
    return value


def keep_a_program(calls):
    session = calls.launch(command=["/bin/sleep", "1000"], title="Stand-up")
    session.wait_until("joined")
    return session


@pytest.mark.parametrize("kind", [Dunst, Mako, Xfce])
def test_it_is_there_as_long_as_the_call_and_hangs_it_up(calls, far_end, melody, kind, record_property):
    with kind(calls.user) as server:
        session = calls.launch(uri=far_end.address, title="Stand-up", engine_settings={"play-file": melody})
        session.wait_until("joined")
        server.wait_for_one("Since ")
        server.screenshot()
        calls.ctl("mute", check=True)
        server.wait_for_one("Muted · ")
        muted = next(post for post in server.posted if "Muted" in post.body)
        assert muted.replaced > 0, "it is replaced in place"
        calls.ctl("unmute", check=True)
        wait_for("it to say so", lambda: "Muted" not in server.wait_for_one("Since").body)
        asked_at = now()
        server.hang_up(session.id)
        took = far_end.wait("bye")["at"] - asked_at
        record_property("milliseconds-to-bye", round(took))
        print(f"{server.program}: BYE after {took:.0f} ms")
        assert took < 5000
        server.wait_for_none()
        assert session.wait_until("ended")["EndReason"] == "hung-up"
        assert [event["name"] for event in session.events()][-1] == "session-left"


@pytest.mark.parametrize("kind", [Dunst, Mako])
def test_dismissed_it_comes_back_and_is_no_hang_up(calls, kind):
    calls.user.install("[Notifications]\nDismissedSec=1\n", ".config/ongoingcall/ongoingcalld.conf")
    with kind(calls.user) as server:
        session = keep_a_program(calls)
        for _ in range(3):
            posts = len(server.posted)
            server.wait_for_one("Since ")
            server.dismiss()
            wait_for("it to be posted again", lambda: len(server.posted) > posts)
        server.wait_for_one("Since ")
        assert session["State"] == "joined"
        # The tap works after all that, and the notification is still there.
        server.return_to(session.id)
        wait_for("the event", lambda: session.events()[-1]["name"] == "return-requested")
        server.wait_for_one("Since ")


@on_both_buses
@pytest.mark.parametrize("kind", [Dunst, Mako])
def test_whoever_is_killed_there_is_one_again(bed, calls, kind):
    with kind(calls.user) as server:
        wait_for("the server to be met", lambda: surface(calls) == "plain")
        session = keep_a_program(calls)
        server.wait_for_one("Since ")
        server.kill()
        wait_for("the surface to follow", lambda: surface(calls) == "none")
        server.start()
        server.wait_for_one("Since ")
        wait_for("the surface to follow", lambda: surface(calls) == "plain")
        killed, posts = calls.daemon(), len(server.posted)
        bed.run("kill", "-KILL", str(killed))
        wait_for("the next daemon to have met the server",
                 lambda: calls.daemon() not in (0, killed) and surface(calls) == "plain")  # fmt: skip
        if kind is Dunst:
            # Which tells of its buttons only the one who has posted it.
            wait_for("the next daemon to post it", lambda: len(server.posted) > posts)
            assert server.wait_for_one("Since ").replaced > 0
        server.return_to(session.id)
        wait_for("the event", lambda: session.events()[-1]["name"] == "return-requested")
        # Else it is as it was: there is nothing to post.
        assert len(server.posted) == posts + (kind is Dunst) and server.count() == 1
        session.call("SetNotification", "{'text': <'changed'>}")
        assert server.wait_for_one("changed").replaced > 0
        calls.user.systemctl("stop", "ongoingcalld")
        server.wait_for_none()


@on_both_buses
def test_a_server_that_crashes_is_started_again_by_the_bus(calls):
    class Activatable(Dunst):
        def activated(self):
            return f"/usr/bin/dunst -conf {self.user.home}/dunstrc"

        def start(self):
            self.command()
            self.user.busctl("call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                             "UpdateActivationEnvironment", "a{ss}", "1", "DISPLAY", self.environment["DISPLAY"])  # fmt: skip

    with Activatable(calls.user) as server:
        keep_a_program(calls)
        for _ in range(3):
            server.wait_for_one("Since ")
            posts = len(server.posted)
            server.signal("KILL")
            wait_for("another server to get it", lambda: len(server.posted) > posts)
        server.wait_for_one("Since ")


def test_a_server_that_hangs_costs_nothing(calls):
    with Dunst(calls.user) as server:
        calls.start()
        server.signal("STOP")
        took = []
        for _ in range(3):
            started = time.monotonic()
            session = keep_a_program(calls)
            assert calls.ctl("status", session.id).returncode == 0
            took.append(time.monotonic() - started)
            if len(took) < 3:
                calls.ctl("abort", session.id, check=True)
        print(f"launched, looked at: {took}")
        wait_for("the surface to be none", lambda: surface(calls) == "none", seconds=30)
        assert session.id in calls.ctl("status", session.id).stdout
        server.signal("CONT")
        server.wait_for_one("Since ")
        assert surface(calls) == "plain"
        calls.ctl("abort", session.id, check=True)
        server.wait_for_none()


def test_a_hundred_restarts_leave_one_for_each_call(bed, calls, far_end, melody):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    with Mako(calls.user) as server:
        sessions = [keep_a_program(calls), calls.launch(uri=far_end.address, engine_settings={"play-file": melody})]
        sessions[1].wait_until("joined")
        live = sorted(session.id for session in sessions)
        restarts = 0

        def kill_daemon():
            if process := calls.daemon():
                bed.run("kill", "-KILL", str(process), check=False)

        def replace_server():
            server.kill()
            server.start()

        while restarts < 100:
            for _ in range(chance.randint(1, 5)):
                weights = {kill_daemon: 6, replace_server: 3, lambda: calls.user.systemctl("restart", "ongoingcalld"): 1}
                chance.choices(list(weights), weights.values())[0]()
                time.sleep(chance.choice([0, 0, 0.02, 0.1]))
                restarts += 1
            wait_for(f"one for each, after {restarts} restarts", lambda: server.sessions() == live, seconds=40)
        assert [session["State"] for session in sessions] == ["joined", "joined"]
        calls.ctl("abort", live[0], check=True)
        wait_for("one to be left", lambda: server.sessions() == [live[1]])
        calls.ctl("abort", live[1], check=True)
        server.wait_for_none()
