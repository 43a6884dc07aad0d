# SPDX-License-Identifier: Apache-2.0
"""The engine and real programs: one test a row of the table in table.py, one run a far end that can play it."""

import time

import g711
import sound
import table
from bare_far_end import BareFarEnd
from scene import THIRD, THIRD_PORT, VOICE
from sip_engine import LEFT_IN
from world import ADDRESS, until

DIGITS = "159#*0"
# Seconds from an engine's death to its successor's first packet at the far end: what is promised. How fast it is where
# nothing else runs is in the survival table.
AUDIO_BACK = 1.0
KILLS = 3


def sound_both_ways(scene):
    scene.call()
    scene.wait_for_sound(100)
    scene.leave()
    scene.check_engine_heard()
    scene.check_far_end_heard()


def test_call(scene):
    sound_both_ways(scene)


def test_early_media(scene):
    scene.join()
    scene.wire.wait_for_sip(lambda m: m.status == 183 and m.body, what="183 with a description")
    scene.engine.wait_for_state("ringing")
    if scene.kind in table.SILENT_EARLY:
        # What it takes is sound of the engine's: it goes on for a while before the answer.
        scene.wire.wait_for_rtp_to(scene.far_end.media_ports, 25)
        assert not scene.rtp_of_far_end(), "it is not silent any more: see SILENT_EARLY"
    else:
        until(lambda: scene.loudness_so_far() > 0.03, 5, "sound before the answer",
              lambda: scene.engine.reader.pump(0.05))
    assert not [m for m in scene.wire.sip() if m.status == 200], "that was not early"
    scene.engine.ping()
    assert not [m for m in scene.engine.messages if m.get("state") == "joined"]
    if scene.kind != table.SIPP:
        scene.far_end.accept()
    scene.engine.wait_for_state("joined")
    scene.wait_for_sound(100)
    scene.leave()
    scene.check_engine_heard()
    scene.check_far_end_heard()


def test_hold_by_engine(scene):
    scene.call()
    since = time.time()
    scene.engine.send({"type": "set-held", "held": True})
    scene.engine.wait_for_state("joined", held=True)
    held_at = time.time()
    offer = scene.wire.wait_for_sip(lambda m: m.method == "INVITE" and m.direction != "sendrecv", since=since)
    answer = scene.wait_for_answer("INVITE", since)
    assert (offer.direction, answer.status, answer.direction) == ("sendonly", 200, "recvonly")
    # Held, and not for a moment only.
    for _ in range(3):
        scene.engine.wait_for_type("media")
    back_at = time.time()
    scene.engine.send({"type": "set-held", "held": False})
    scene.engine.wait_for_state("joined", held=False)
    if scene.kind == table.SIPP:
        said = g711.samples([p for p in scene.wire.rtp_to(scene.far_end.media_ports, held_at + 0.2) if p.at < back_at])
        assert sound.loudness(said) < 0.01, "who is held must not hear the microphone"
    scene.check_goes_on()
    scene.leave()


def test_hold_by_far_end(scene):
    since = time.time()
    scene.call()
    if scene.kind != table.SIPP:
        since = time.time()
        scene.far_end.hold()
    offer = scene.wire.wait_for_sip(
        lambda m: m.method == "INVITE" and m.direction in ("sendonly", "inactive"), since=since, what="hold")
    answer = scene.wait_for_answer("INVITE", offer.packet.at)
    assert answer.status == 200
    assert answer.direction == {"sendonly": "recvonly", "inactive": "inactive"}[offer.direction]
    ports = scene.engine_ports()
    for _ in range(2):
        scene.engine.wait_for_type("media")
    if scene.kind != table.SIPP:
        scene.far_end.unhold()
    again = scene.wire.wait_for_sip(
        lambda m: m.method == "INVITE" and m.body and m.direction == "sendrecv", since=answer.packet.at,
        what="end of the hold")
    heard = [p for p in scene.wire.rtp_to(scene.far_end.media_ports, answer.packet.at + 0.3, ports)
             if p.at < again.packet.at]
    assert not heard, f"{len(heard)} packets of the microphone went to a far end that does not listen"
    answer = scene.wait_for_answer("INVITE", again.packet.at)
    assert (answer.status, answer.direction) == (200, "sendrecv")
    scene.check_goes_on()
    scene.leave()


def test_dtmf(scene):
    scene.call()
    half = len(DIGITS) // 2
    for digits in (DIGITS[:half], DIGITS[half:]):
        scene.engine.send({"type": "send-dtmf", "digits": digits})
    if scene.kind == table.SIPP:
        until(lambda: scene.wire.digits_to(scene.far_end.media_ports) == DIGITS, 10, f"{DIGITS} on the wire",
              lambda: scene.wire.wait_for_rtp_to(scene.far_end.media_ports, 5))
    else:
        scene.far_end.wait_for_digits(DIGITS)
    scene.check_goes_on()
    scene.leave()


def test_late_offer(scene):
    since = time.time()
    scene.call()
    asked = scene.wire.wait_for_sip(
        lambda m: m.method == "INVITE" and not m.body and m.tag("to"), since=since, what="INVITE without an offer")
    offer = scene.wait_for_answer("INVITE", asked.packet.at)
    assert (offer.status, offer.direction) == (200, "sendrecv") and offer.media_port
    scene.wire.wait_for_sip(lambda m: m.method == "ACK" and m.body, since=asked.packet.at, what="answer in the ACK")
    scene.check_goes_on()
    scene.leave()
    scene.check_engine_heard()


def test_declined_transfer(scene):
    since = time.time()
    scene.call()
    if scene.kind != table.SIPP:
        scene.far_end.transfer(THIRD)
    assert scene.wait_for_answer("REFER", since).status == 202
    asked = scene.engine.wait_for(lambda m: m.get("transfer-request"), what="request")["transfer-request"]
    assert asked.startswith("sip:third@")
    scene.engine.send({"type": "answer-transfer", "answer": "declined"})
    scene.wire.wait_for_sip(lambda m: m.method == "NOTIFY" and "603 Decline" in m.body, what="notice of the refusal")
    if scene.kind == table.ASTERISK:
        scene.far_end.wait_for_refused_transfer()
    if scene.kind in table.ENDS_AFTER_REFUSAL:
        assert scene.engine.wait_for_state("ended")["reason"] == "removed"
    else:
        scene.check_goes_on()
    called = scene.wire.select(lambda p: p.target[1] == THIRD_PORT)
    assert not called, f"somebody else was called: {called[0].payload[:60]}"
    assert len({m.call_id for m in scene.invitations()}) == 1
    if scene.kind not in table.ENDS_AFTER_REFUSAL:
        scene.leave()


def test_transfer(scene):
    scene.call()
    with BareFarEnd(ADDRESS) as third:
        scene.engine.send({"type": "transfer", "target": third.uri})
        invite = third.receive("INVITE")
        third.reply(invite, 200, "OK", body=third.sdp())
        third.receive("ACK")
        ended = scene.engine.wait_for_end()
        assert (ended["reason"], ended["detail"]) == ("hung-up", f"transferred to {third.uri}")


def test_hang_up_by_engine(scene):
    scene.call()
    assert scene.leave()["reason"] == "hung-up"
    if scene.kind != table.SIPP:
        assert scene.far_end.calls() == 0
    assert scene.engine.wait_for_exit(LEFT_IN + 1) == 0


def test_hang_up_by_far_end(scene):
    scene.join()
    scene.engine.wait_for_state("joined")
    if scene.kind != table.SIPP:
        scene.far_end.wait_for_call()
        scene.wait_for_sound()
        scene.far_end.hang_up()
    assert scene.engine.wait_for_state("ended")["reason"] == "removed"
    assert scene.wait_for_answer("BYE", 0).status == 200
    assert scene.engine.wait_for_exit() == 0
    if scene.kind == table.SIPP:
        scene.far_end.wait_for_success()


def killed_again_and_again(scene):
    """The dialog goes on, with every successor; the far end rings once, and is heard and hears."""
    scene.call()
    first = scene.invitations()
    engine, taken = scene.engine, []
    for _ in range(KILLS):
        resume, at = scene.kill(engine)
        engine = scene.new_engine()
        scene.join(engine, resume=resume)
        taken.append(scene.wire.wait_for_rtp_to(scene.far_end.media_ports, since=at).at - at)
        engine.wait_for_state("joined", timeout=15)
        scene.check_goes_on(engine)
    scene.note("/".join(f"{seconds * 1000:.0f}" for seconds in taken) + " ms")
    assert scene.invitations() == [] or len(scene.invitations()) == len(first), "a second call was begun"
    check_one_dialog(scene)
    last = time.time()
    scene.wait_for_sound(150)
    scene.leave(engine)
    scene.check_engine_heard()
    scene.check_far_end_heard(since=last)
    assert max(taken) <= AUDIO_BACK, taken


def check_one_dialog(scene):
    """Everything in one dialog, the caller's CSeq growing: as far as it can be read on the wire."""
    requests = [m for m in scene.wire.sip() if m.method in ("INVITE", "UPDATE", "BYE", "OPTIONS") and m.tag("to")]
    begun = [m for m in scene.invitations()]
    if not begun:
        return
    assert {m.call_id for m in requests} == {begun[0].call_id}
    ours = [m for m in requests if m.tag("from") == begun[0].tag("from")]
    assert len({m.tag("to") for m in ours}) == 1
    # Behind proxies each comes once a hop.
    numbers = [m.sequence for m in ours]
    assert numbers == sorted(numbers) and len(set(numbers)) >= KILLS, numbers


def test_engine_killed(scene):
    killed_again_and_again(scene)


def test_call_over_tcp(scene):
    sound_both_ways(scene)


def test_call_over_tls(scene):
    sound_both_ways(scene)


def test_engine_killed_over_tcp(scene):
    killed_again_and_again(scene)


def test_engine_killed_over_tls(scene):
    killed_again_and_again(scene)


def test_call_by_dtls(scene):
    """Whoever reads all packets hears noise."""
    since = time.time()
    sound_both_ways(scene)
    assert scene.is_by_dtls_on_the_wire()
    said = g711.samples(scene.wire.rtp_to(scene.far_end.media_ports, since))
    assert len(said) > 8000 or scene.kind == table.LINPHONE, "it is to be µ-law, which could be heard"
    assert sound.share_of_tone(said[:8000], 8000, VOICE) < 0.2


def test_hold_by_engine_by_dtls(scene):
    test_hold_by_engine(scene)
    assert scene.is_by_dtls_on_the_wire() == 1


def test_engine_killed_by_dtls(scene):
    killed_again_and_again(scene)
    assert scene.is_by_dtls_on_the_wire() == 1


# The table itself


def test_every_cell_is_played_or_has_its_reason():
    rows = {name.removeprefix("test_") for name, value in globals().items()
            if name.startswith("test_") and "scene" in value.__code__.co_varnames[:value.__code__.co_argcount]}
    assert rows == set(table.CELLS)
    assert all(cell in table.CELLS and far_end in table.FAR_ENDS for far_end, cell in table.CANNOT)
