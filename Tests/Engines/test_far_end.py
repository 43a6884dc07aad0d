# SPDX-License-Identifier: Apache-2.0
"""The measuring far end itself, against packets of which every one is known."""

import random
import signal
import struct
import subprocess
import time

import pytest
from engine_process import TimedOut
from bare_far_end import BareFarEnd
from far_end import PROGRAM, FarEnd

PACKET = 0.02


class Caller(BareFarEnd):
    """Calls ongoingcall-farend, and sends it RTP packets one by one."""

    def call(self, far_end):
        self.destination = ("127.0.0.1", far_end.port)
        from_, to = f"{self.contact};tag=caller", f"<{far_end.uri}>"
        call_id = f"call-{random.getrandbits(48):x}"
        self.request("INVITE", far_end.uri, self.destination, call_id, 1, from_, to, body=self.sdp())
        answer = self.receive("INVITE", status=200)
        self.dialog = (call_id, from_, answer.fields["to"])
        self.request("ACK", far_end.uri, self.destination, call_id, 1, from_, answer.fields["to"])
        line = next(line for line in answer.body.split("\r\n") if line.startswith("m=audio"))
        self.media_destination = ("127.0.0.1", int(line.split()[1]))
        far_end.wait_for("running", tapped=True)
        self.uri_called = far_end.uri

    def hang_up(self):
        call_id, from_, to = self.dialog
        self.request("BYE", self.uri_called, self.destination, call_id, 2, from_, to)

    def packet(self, sequence, source=1):
        header = struct.pack("!BBHII", 0x80, 0, sequence & 0xFFFF, (sequence * 160) & 0xFFFFFFFF, source)
        self.media.sendto(header + b"\xff" * 160, self.media_destination)

    def packets(self, sequences, source=1, pause=PACKET):
        for sequence in sequences:
            self.packet(sequence, source)
            time.sleep(pause)


@pytest.fixture
def call():
    with FarEnd("--stats-every", 0) as far_end, Caller() as caller:
        caller.call(far_end)
        yield caller, far_end


def reading(far_end, packets):
    """The reading when so many packets have been counted."""
    deadline = time.monotonic() + 5
    while True:
        stats = far_end.stats()
        if stats["packets"] >= packets or time.monotonic() > deadline:
            return stats
        time.sleep(PACKET)


def test_every_packet_is_counted_over_the_wrap_of_the_numbers(call):
    caller, far_end = call
    caller.packets(range(65500, 65600))
    stats = reading(far_end, 100)
    assert (stats["packets"], stats["lost"], stats["duplicates"], stats["streams"]) == (100, 0, 0, 1)
    assert stats["kernel-times"]


def test_lost_packets_are_counted_and_late_ones_taken_back(call):
    caller, far_end = call
    missing = {10, 11, 12, 40}
    caller.packets(n for n in range(60) if n not in missing)
    assert reading(far_end, 56)["lost"] == 4
    caller.packets([11])
    assert reading(far_end, 57)["lost"] == 3


def test_duplicates_do_not_hide_losses(call):
    caller, far_end = call
    caller.packets([1, 2, 2, 2, 5, 5, 6])
    stats = reading(far_end, 7)
    assert (stats["lost"], stats["duplicates"]) == (2, 3)


def test_loss_of_a_burst_of_a_minute_is_a_loss(call):
    caller, far_end = call
    caller.packets([*range(10), *range(2510, 2520)])
    assert reading(far_end, 20)["lost"] == 2500


def test_sender_that_starts_anew_is_no_loss(call):
    caller, far_end = call
    caller.packets([*range(10), *range(30000, 30010)])
    stats = reading(far_end, 20)
    assert (stats["lost"], stats["streams"]) == (0, 1)


def test_new_source_is_a_stream_of_its_own(call):
    caller, far_end = call
    caller.packets(range(100, 110), source=1)
    caller.packets([7, 8, 10], source=2)
    stats = reading(far_end, 13)
    assert (stats["lost"], stats["streams"]) == (1, 2)


def test_longest_gap_is_measured_also_from_one_source_to_the_next(call):
    caller, far_end = call
    for before, after, gap in [(1, 1, 0.15), (1, 2, 0.3)]:
        caller.packets(range(10), source=before)
        time.sleep(gap - PACKET)
        caller.packets(range(10, 20), source=after)
        longest = reading(far_end, 20)["longest-gap-ms"]
        assert gap * 1000 - 5 <= longest <= gap * 1000 + 60
        far_end.command("reset")
        far_end.wait_for("stats")


def test_reset_starts_anew_without_forgetting_where_the_numbers_were(call):
    caller, far_end = call
    caller.packets([1, 2, 5])
    assert reading(far_end, 3)["lost"] == 2
    far_end.command("reset")
    cleared = far_end.wait_for("stats")
    assert (cleared["packets"], cleared["lost"], cleared["longest-gap-ms"]) == (0, 0, 0)
    caller.packets([6, 8])
    stats = reading(far_end, 2)
    assert (stats["packets"], stats["lost"]) == (2, 1)


def test_far_end_that_was_stopped_does_not_count_its_own_pause(call):
    """The time of a packet is when it came to the socket, not when this process got to read it."""
    caller, far_end = call
    caller.packets(range(10))
    far_end.process.send_signal(signal.SIGSTOP)
    try:
        caller.packets(range(10, 30))
    finally:
        far_end.process.send_signal(signal.SIGCONT)
    caller.packets(range(30, 40))
    stats = reading(far_end, 40)
    assert (stats["packets"], stats["lost"]) == (40, 0)
    assert stats["longest-gap-ms"] < 300


def test_end_of_the_call_is_told_with_whose_it_is(call):
    caller, far_end = call
    caller.hang_up()
    bye = far_end.wait_for("bye", timeout=2)
    assert bye["by"] == "caller"
    assert far_end.events() == ["listening", "incoming", "ringing", "answered", "running", "bye"]


def test_calls_that_are_up_are_counted(call):
    caller, far_end = call
    assert far_end.stats()["calls"] == 1
    caller.hang_up()
    far_end.wait_for("bye", timeout=2)
    assert far_end.stats()["calls"] == 0


def test_replacement_is_refused_and_all_else_is_not():
    with FarEnd("--refuse-replaces", 603) as far_end, Caller() as caller:
        caller.call(far_end)
        call_id, from_, to = caller.dialog
        replaces = f"Replaces: {call_id};to-tag={to.rpartition('=')[2]};from-tag=caller"
        caller.request(
            "INVITE", far_end.uri, caller.destination, "second", 1, from_, f"<{far_end.uri}>", extra=[replaces],
            body=caller.sdp())
        refusal = caller.receive("INVITE", status=603)
        assert refusal.fields["call-id"] == "second" and refusal.tag("to")
        far_end.wait_for("refused-replacement")
        assert far_end.stats()["calls"] == 1
        caller.hang_up()
        far_end.wait_for("bye", timeout=2, call=1)


def test_far_end_that_ignores_answers_again_when_it_heeds(call):
    caller, far_end = call
    far_end.command("ignore")
    # Its answer says that the command before it was heard, too.
    far_end.stats()
    caller.hang_up()
    with pytest.raises(TimedOut):
        caller.receive("BYE", status=200, timeout=0.5)
    assert far_end.stats()["calls"] == 1
    far_end.command("heed")
    caller.receive("BYE", status=200)


def test_far_end_that_vanishes_says_nothing(call):
    caller, far_end = call
    far_end.command("vanish")
    assert far_end.process.wait(5) == 0
    with pytest.raises(TimedOut):
        caller.receive("BYE", timeout=0.5)


@pytest.mark.parametrize("option", [["--port", "x"], ["--reject", "200"], ["--nonsense"], ["--play"]])
def test_wrong_option_is_said(option):
    result = subprocess.run(
        [PROGRAM, *option], capture_output=True, text=True, timeout=10, check=False)
    assert result.returncode == 64
    assert option[0] in result.stderr
