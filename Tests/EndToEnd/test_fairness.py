# SPDX-License-Identifier: Apache-2.0
"""One client does whatever it can, and nobody else has anything of it: no other client, no call, and not the daemon."""

import contextlib
import statistics
import subprocess
from pathlib import Path

import echo
import pytest
from booted import wait_for
from buses import on_both_buses
from gvariant import Typed

pytestmark = on_both_buses
FLOODS = Path(__file__).with_name("floods.py")
MIB = 1024
# What is measured is on a machine that has other things to do: the goal, 100 ms, is held against a control by
# Tests/Benchmarks/run. Without any of this it is 36 seconds.
WORST_MS, USUAL_MS = 5000, 100


@pytest.fixture
def floods(calls):
    calls.user.install(FLOODS.read_bytes(), "floods.py")

    def start(*arguments):
        words = [str(argument) for argument in arguments]
        return calls.user.spawn("python3", "floods.py", *words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    return start


@contextlib.contextmanager
def running(process, said):
    """For as long as it is needed; `said` is the line that it begins with."""
    try:
        assert process.stdout.readline().decode().strip() == said
        yield process
    finally:
        process.communicate()


def output(process):
    out = process.communicate(timeout=300)[0].decode()
    assert process.returncode == 0, out
    return out


@pytest.fixture
def live(calls):
    session = calls.launch(command=["/bin/sleep", "10000"])
    session.wait_until("joined")
    return session


@pytest.fixture
def over(calls):
    """A session whose HangUp is answered at once, so that nothing is measured but the way there and back."""
    session = calls.launch(command=["/bin/true"])
    session.wait_until("ended")
    return session


def status(calls, key):
    """In KiB."""
    lines = calls.user.bed.run("cat", f"/proc/{calls.daemon()}/status").stdout.splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(f"{key}:")))


def processor_seconds(calls):
    fields = calls.user.bed.run("cat", f"/proc/{calls.daemon()}/stat").stdout.rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def probe(floods, count, session):
    """The milliseconds of so many calls of HangUp."""
    rows = output(floods("probe", count, session.path)).split("\n")
    return [float(row.split()[0]) for row in rows if row]


def assert_unharmed(calls, daemon, *sessions):
    assert calls.daemon() == daemon
    for session in sessions:
        assert session["State"] == "joined"
        assert "session-joined" in [event["name"] for event in session.events()]


@pytest.mark.parametrize("form", [[], ["string"]], ids=["bytes", "string"])
def test_a_large_message_costs_what_reading_it_costs(calls, floods, live, form):
    daemon, before, spent = calls.daemon(), status(calls, "VmRSS"), processor_seconds(calls)
    for mebibytes in (1, 8, 32, 60):
        answer = output(floods("large", mebibytes, *form))
        assert "org.ongoingcall.Calls1.Error.LimitReached" in answer and "262144 bytes" in answer
    assert processor_seconds(calls) - spent < 1
    assert status(calls, "VmHWM") - before < 80 * MIB
    assert status(calls, "VmRSS") - before < 8 * MIB
    assert_unharmed(calls, daemon, live)


@pytest.mark.parametrize(
    "kind", ["return", "mute", "silent", "launch", "objects", "describe", "events", "introspect", "get", "unknown"]
)
def test_a_flood_of_one_client_delays_nobody(calls, floods, live, over, kind):
    count = 50_000 if kind == "unknown" else 20_000
    daemon, lines = calls.daemon(), len(calls.journal())
    with running(floods("flood", kind, count, live.path, "read"), "sent"):
        times = probe(floods, 50, over)
        print(f"{kind}: HangUp p50 {statistics.median(times):.1f} ms, max {max(times):.0f} ms")
    assert max(times) < WORST_MS and statistics.median(times) < USUAL_MS
    # Calls that want no answer may make the daemon change its connection, and so itself.
    assert_unharmed(calls, calls.daemon() if kind == "silent" else daemon, live)
    # What came before is still to be read, by people and by clients.
    assert len(calls.journal()) - lines < 300
    assert len(live.events()) < 150


def test_every_call_of_a_flood_is_answered(calls, floods, live):
    daemon = calls.daemon()
    flood = floods("flood", "get", 20_000, live.path, "read")
    with running(flood, "sent"):
        answers, errors = map(int, flood.stdout.readline().split())
    assert answers >= 20_000 > errors
    assert_unharmed(calls, daemon, live)


def test_clients_that_do_not_read_do_not_have_the_daemon_cut_off(calls, floods, over):
    sessions = [calls.launch(command=["/bin/sleep", "10000"], environment=[f"X={'x' * 12_000}"]) for _ in range(8)]
    for session in sessions:
        session.wait_until("joined")
    daemon = calls.daemon()
    with contextlib.ExitStack() as stack:
        for kind in ("objects", "describe", "objects", "describe", "objects"):
            stack.enter_context(running(floods("flood", kind, 3000, over.path), "sent"))
        times = probe(floods, 300, over)
    assert max(times) < WORST_MS and statistics.median(times) < USUAL_MS
    assert_unharmed(calls, daemon, *sessions)
    assert not calls.said("the connection to the bus is lost")


@pytest.fixture
def echo_call(calls):
    echo.install(calls.user)
    with echo.Caller() as caller:
        session = calls.launch(uri=caller.uri, alone_timeout=Typed("uint32", 0))
        session.wait_until("joined")
        yield session


@pytest.mark.parametrize(("count", "seconds"), [(600, 4), (1600, 8)], ids=["150 a second", "200 a second"])
def test_wishes_in_a_storm_end_in_the_last_one(calls, floods, echo_call, count, seconds):
    daemon, engine = calls.daemon(), calls.user.unit(echo_call["Unit"], "MainPID")
    assert output(floods("mutes", count, seconds, echo_call.path)).strip() == "0"
    wait_for("the microphone to be shut", lambda: echo_call["Muted"])
    assert_unharmed(calls, daemon, echo_call)
    assert calls.user.unit(echo_call["Unit"], "MainPID") == engine
    names = [event["name"] for event in echo_call.events()]
    assert not {"connection-lost", "connection-closed"} & set(names)
    # What an engine was told is what somebody may have wanted for a moment.
    assert names.count("muted-changed") <= 20 * seconds + 2


def test_the_last_wish_is_kept_where_the_engine_dies_in_the_storm(calls, floods, echo_call):
    storm = floods("mutes", 600, 4, echo_call.path)
    wait_for("the storm to have begun", lambda: "muted-changed" in [event["name"] for event in echo_call.events()])
    calls.user.systemctl("kill", "--signal", "KILL", echo_call["Unit"])
    output(storm)
    echo_call.wait_until("joined")
    wait_for("the microphone to be shut", lambda: echo_call["Muted"])
