# SPDX-License-Identifier: Apache-2.0
"""A record that cannot be gone on with costs its own call alone, which is left as it should be: with BYE."""

import json
import os

import pytest
from booted import wait_for
from farend import FarEnd
from names import message_ids


def cut_off(record):
    record.write_bytes(record.read_bytes().rstrip()[:-20])


def newer(record):
    record.write_text(json.dumps({**json.loads(record.read_text()), "version": 2}))


def impossible(record):
    contents = json.loads(record.read_text())
    contents["life"]["state"] = "ended"
    record.write_text(json.dumps(contents))


def claims_the_bus(record):
    record.write_text(json.dumps({**json.loads(record.read_text()), "unit": "dbus.service"}))


def without_end(record):
    os.truncate(record, 100_000_000)


def given_away(record):
    os.chown(record, 0, 0)
    record.chmod(0o644)


def a_pipe(record):
    record.unlink()
    os.mkfifo(record)


# What is done to the record, and what the journal is to say of it.
SPOILED = {
    cut_off: ["not one complete JSON object"],
    newer: ["version 2", "reads version 1"],
    impossible: ["ended", "without a reason"],
    claims_the_bus: ["dbus.service", "its session's is app-ongoingcall-sip@"],
    without_end: ["100000000 bytes", "at most 1048576"],
    given_away: ["user 0 with mode 644", "mode 600"],
    a_pipe: ["not a file"],
}


def spoil_and_kill(calls, session, spoil):
    """The daemon does not write while it is stopped, and no other is started before the record is spoiled."""
    daemon = calls.daemon()
    calls.user.bed.run("kill", "-STOP", str(daemon))
    spoil(calls.user.bed.path(f"/run/user/{calls.user.uid}/ongoingcalld/sessions/{session.id}.json"))
    calls.user.bed.run("kill", "-KILL", str(daemon))
    wait_for("another daemon", lambda: calls.daemon() not in (0, daemon))


@pytest.mark.parametrize("spoil", SPOILED, ids=lambda spoil: spoil.__name__)
def test_a_spoiled_record_ends_its_own_call_with_bye(calls, far_end, melody, spoil):
    settings = {"play-file": melody}
    with FarEnd() as other_end:
        session = calls.launch(uri=far_end.address, engine_settings=settings)
        other = calls.launch(uri=other_end.address, engine_settings=settings)
        unit = session.wait_until("joined")["Unit"]
        other.wait_until("joined")
        far_end.hear(packets=10)
        other_end.hear(packets=10)
        other_end.reset()
        bus = calls.user.unit("dbus.service", "MainPID")

        spoil_and_kill(calls, session, spoil)
        assert far_end.wait("bye")["by"] == "caller"
        wait_for("no call to be left at the far end", lambda: far_end.stats()["calls"] == 0)
        wait_for("its unit to be gone", lambda: calls.engine_units() == [other["Unit"]])
        assert calls.live() == [other.id]
        assert calls.user.unit("dbus.service", "MainPID") == bus
        stopped = calls.user.journal.entries(f"--unit={unit}")
        assert stopped and not any("SIGKILL" in entry["MESSAGE"] for entry in stopped)

        # The journal says which file, and why.
        said = [entry["MESSAGE"] for entry in calls.journal()
                if entry.get("MESSAGE_ID") == message_ids()["recordSkipped"]]  # fmt: skip
        assert len(said) == 1
        for words in [f"/run/user/{calls.user.uid}/ongoingcalld/sessions/{session.id}.json", *SPOILED[spoil]]:
            assert words in said[0]

        # The other call has noticed nothing, and numbers go on without coming twice.
        heard = other_end.hear(packets=25)
        assert (heard["lost"], heard["calls"]) == (0, 1)
        newest = calls.events()[-1]["sequence"]
        other.call("HangUp")
        assert [event["name"] for event in calls.events(newest)] == ["session-left"]
        other_end.wait("bye")
    calls.assert_nothing_runs()
