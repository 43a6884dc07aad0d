# SPDX-License-Identifier: Apache-2.0
"""A journal that takes nothing and a home that does not answer: calls go on, and so does all that is done with them."""

import re
import time

import pytest
from booted import wait_for
from calls import MANAGER, NAME, ROOT, SESSION, BusError, Calls
from frozen import is_stuck, killed, stopped_journal, user_with_disk
from hunghome import user_with_hung_home
from test_repair import call, names

CHANNEL = ("CreateNotificationChannel", "{'id': <'work'>, 'name': <'At work'>}")
PROGRAM = ["/bin/sleep", "1000"]
# Each of them is done in a fraction of a second; while something waits, it takes ten and more.
AT_ONCE = 5


@pytest.fixture(scope="module")
def disk_user(installed):
    with user_with_disk(installed, "disk-user") as (user, disk):
        yield user, disk


@pytest.fixture
def disk(disk_user):
    return disk_user[1]


@pytest.fixture
def disk_calls(disk_user):
    calls = Calls(disk_user[0])
    yield calls
    calls.ctl("abort", "--all")
    calls.user.systemctl("stop", "ongoingcalld")


class Clock:
    """How long things take."""

    def __call__(self, what, action):
        start = time.monotonic()
        result = action()
        took = time.monotonic() - start
        print(f"{what}: {took:.3f} s")
        assert took < AT_ONCE, f"{what} took {took:.1f} s"
        return result


def kill_daemon(calls):
    """Returns when another has the name. Before, nobody may ask for it: dbus-daemon writes to the journal that it starts
    somebody, and waits for that itself."""
    daemon = calls.daemon()
    killed(calls.user.bed, daemon)

    def another():
        # Of the old one's connection the bus may not have heard yet.
        result = calls.user.run("busctl", "--user", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                "org.freedesktop.DBus", "GetConnectionUnixProcessID", "s", NAME, check=False)  # fmt: skip
        return result.returncode == 0 and int(result.stdout.split()[1]) != daemon

    wait_for("another daemon", another, 30)


def assert_nothing_was_lost(far_end, before):
    after = far_end.stats()
    assert after["calls"] == 1
    assert after["lost"] == before["lost"]
    print(f"longest gap: {after['longest-gap-ms']:.0f} ms")


def test_a_stopped_journal_stops_nothing(calls, far_end, melody):
    clock = Clock()
    session, unit = call(calls, far_end, melody)
    before = far_end.reset()
    with stopped_journal(calls.user.bed):
        other = clock("launch", lambda: calls.launch(command=PROGRAM))
        clock("join", lambda: other.wait_until("joined"))
        # More than there is room for.
        for muted in ("true", "false") * 3:
            clock("mute", lambda muted=muted: session.call("SetMuted", muted))
        clock("a daemon that is killed", lambda: kill_daemon(calls))
        clock("answer", calls.events)
        third = clock("launch", lambda: calls.launch(command=PROGRAM))
        clock("hang up", lambda: third.call("HangUp"))
        assert session["State"] == "joined"
        assert_nothing_was_lost(far_end, before)
        clock("hang up", lambda: session.call("HangUp"))
    assert names(session)[-1] == "session-left"
    far_end.wait("bye")


def test_what_a_stopped_journal_has_no_room_for_is_counted(calls):
    # Each is a warning, whenever the file is read.
    calls.user.bed.install("[Calls]\n" + "Unknown=yes\n" * 60,
                           f"{calls.user.home}/.config/ongoingcall/ongoingcalld.conf", owner=calls.user)  # fmt: skip
    calls.events()
    with stopped_journal(calls.user.bed):
        # More than 256 KiB, of which no more wait.
        for _ in range(30):
            calls.user.systemctl("reload", "ongoingcalld")
        calls.launch(command=PROGRAM).wait_until("joined")
    wait_for("the journal to have what waited, and what did not", lambda: calls.said("entries were dropped"))
    lines = [entry["MESSAGE"] for entry in calls.journal()]
    dropped = next(line for line in lines if "entries were dropped" in line)
    print(dropped)
    assert re.search(r"the journal took no entries for \d+ s; [1-9]\d* entries were dropped", dropped)
    # Those before it are there in their order.
    assert lines.count("read the configuration again") > 3


def test_a_program_does_not_wait_for_a_stopped_journal(calls):
    """Nor do its lines get mixed up: those that there is no room for are missing as a whole."""
    calls.events()
    # 20 MB, of which a socket holds a part.
    loop = f"seq -f 'line %.0f {'x' * 1000}' 0 19999"
    printed = f"{calls.user.home}/printed"
    script = f"{loop}; touch {printed}; while :; do echo a later line; sleep 0.5; done"
    with stopped_journal(calls.user.bed):
        session = calls.launch(command=["/bin/sh", "-c", script])
        wait_for("the program to have printed all of it", lambda: calls.user.bed.path(printed).exists(), 30)

    def lines():
        entries = calls.user.journal.entries(f"--user-unit={session['Unit']}")
        texts = [entry["MESSAGE"] for entry in entries]
        return texts if texts[-1:] == ["a later line"] else None

    texts = wait_for("the journal to have the rest", lines, 60)
    kept = [text for text in texts if text.startswith("line ")]
    assert kept[:100] == [f"line {number} {'x' * 1000}" for number in range(100)]
    assert all(re.fullmatch(r"line \d+ x{1000}", text) for text in kept)
    (told,) = [text for text in texts if "lines were dropped" in text]
    # Later ones may be among them.
    assert 20000 - len(kept) <= int(re.search(r"(\d+) lines", told)[1]) < 20200 - len(kept)
    session.call("HangUp")


def test_a_frozen_home_stops_nothing(disk_calls, disk, far_end, melody):
    calls, clock = disk_calls, Clock()
    session, unit = call(calls, far_end, melody)
    before = far_end.reset()
    with disk.frozen():
        with pytest.raises(BusError) as raised:
            calls.call(*CHANNEL)
        assert f"the folder {calls.user.home}/.local/state/ongoingcall does not answer" in raised.value.message
        # What writes is stuck, and the daemon is not.
        writer = calls.user.bed.run("pgrep", "-u", calls.user.uid, "-x", "ongoingcalld-fs").stdout.strip()
        assert is_stuck(calls.user.bed, writer)
        other = clock("launch", lambda: calls.launch(command=PROGRAM))
        clock("join", lambda: other.wait_until("joined"))
        clock("mute", lambda: session.call("SetMuted", "true"))
        clock("unmute", lambda: session.call("SetMuted", "false"))
        clock("a daemon that is killed", lambda: kill_daemon(calls))
        clock("answer", calls.events)
        # It cannot be killed either, and keeps nobody waiting.
        assert is_stuck(calls.user.bed, writer)
        clock("a daemon that is replaced", lambda: calls.user.systemctl("restart", "ongoingcalld"))
        clock("hang up", lambda: other.call("HangUp"))
        assert session["State"] == "joined"
        assert_nothing_was_lost(far_end, before)
    expected = ["session-launched", "session-joined", "muted-changed", "muted-changed"]
    assert [name for name in names(session) if name in expected or "connection" in name] == expected
    # It answers again: so do those who ask for it.
    wait_for("the home to be written to", lambda: calls.call(*CHANNEL) == (), 20)
    assert "At work" in calls.user.run("cat", f"{calls.user.home}/.local/state/ongoingcall/channels.json").stdout
    session.call("HangUp")


def test_a_daemon_that_cannot_die_is_not_waited_for(disk_calls, disk):
    """As one would be whose own thread waits for the disk: it has the lock, and SIGKILL waits for it."""
    calls = disk_calls
    calls.user.systemctl("stop", "ongoingcalld")
    holder = (
        "import fcntl, os, sys; folder = sys.argv[1]; os.makedirs(folder, 0o700, exist_ok=True); "
        "lock = os.open(folder, os.O_RDONLY); fcntl.flock(lock, fcntl.LOCK_EX); print('locked', flush=True); "
        "sys.stdin.readline(); open(sys.argv[2], 'w').close()"
    )
    folder = f"/run/user/{calls.user.uid}/ongoingcalld"
    process = calls.user.spawn("python3", "-c", holder, folder, f"{calls.user.home}/new", stdin=-1, stdout=-1)
    assert process.stdout.readline() == b"locked\n"
    pid = calls.user.bed.run("pgrep", "-u", calls.user.uid, "-f", "fcntl.LOCK_EX").stdout.split()[-1]
    with disk.frozen():
        process.stdin.write(b"\n")
        process.stdin.flush()
        wait_for("the process to wait for the disk", lambda: is_stuck(calls.user.bed, pid))
        killed(calls.user.bed, pid)
        assert is_stuck(calls.user.bed, pid)
        Clock()("launch", lambda: calls.launch(command=PROGRAM)).wait_until("joined")
    process.wait(20)
    process.stdin.close()
    process.stdout.close()


def test_a_home_that_cannot_even_be_read_ends_no_call(installed, far_end, melody):
    """Nothing can be launched then, since the service manager reads the home itself; but the calls, and those who keep
    them, go on. Nothing here is run in that home."""
    with user_with_hung_home(installed, "far-user") as (user, home):
        calls, clock = Calls(user), Clock()
        session, unit = call(calls, far_end, melody)
        daemon, before = calls.daemon(), far_end.reset()

        def ask(member, *arguments):
            environment = [f"{name}={value}" for name, value in user.environment.items()
                           if name not in ("HOME", "PATH")]
            result = installed.run("setpriv", "--reuid", user.uid, "--regid", user.gid, "--clear-groups",
                                   "env", *environment, "busctl", "--user", "call", NAME, *arguments[:1], *member,
                                   *arguments[1:], check=False, timeout=60)  # fmt: skip
            return result.stdout + result.stderr

        def mute(muted):
            return ask((SESSION, "SetMuted"), session.path, "b", muted)

        def running():
            shown = installed.run("pgrep", "-u", user.uid, "-x", "ongoingcalld", check=False).stdout.split()
            return [int(number) for number in shown]

        with home.hung():
            refused = ask((MANAGER, "CreateNotificationChannel"), ROOT, "a{sv}", "1", "id", "s", "work")
            assert "does not answer" in refused
            assert clock("mute", lambda: mute("true")) == ""
            killed(installed, daemon)
            clock("another daemon", lambda: wait_for("another daemon", lambda: running() not in ([], [daemon]), 30))
            wait_for("its answer", lambda: clock("unmute", lambda: mute("false")) == "", 20)
            assert_nothing_was_lost(far_end, before)
        assert [name for name in names(session) if "connection" in name or "left" in name] == []
        calls.launch(command=PROGRAM).wait_until("joined")
        session.call("HangUp")
        far_end.wait("bye")
