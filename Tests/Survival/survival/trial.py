# SPDX-License-Identifier: Apache-2.0
"""Plays one fault: a call, the fault, what it cost, and the call's end."""

import time

from beds import new_user
from booted import wait_for

from .outcome import Outcome
from .scene import SETTLED, Scene


def play(ground, fault):
    outcome = Outcome(fault)
    started = time.monotonic()
    try:
        with new_user(ground.bed) as user, ground.far_end(*fault.far_end_options(ground)) as far_end:
            _play(Scene(ground, user, far_end), fault, outcome)
    except Exception as error:
        # The one that is told first is the cause.
        outcome.problems.append(f"{type(error).__name__}: {error}")
    outcome.seconds = time.monotonic() - started
    return outcome


def _play(scene, fault, outcome):
    outcome.problems, outcome.notes = scene.problems, scene.notes
    fault.place(scene)
    fault.settle(scene)
    before = len(scene.far_end.events)
    over = None
    try:
        over = fault.play(scene)
    except AssertionError as error:
        # What it has cost is to be seen all the same.
        scene.problems.append(str(error))
    _measure(scene, fault, outcome, before)
    outcome.back = over and scene.silence_after(over)
    _end(scene, outcome)
    fault.finish(scene)
    violations = scene.far_end.violations()
    scene.demand(not violations, f"against the rules, says the far end: {'; '.join(violations)}")


def _is_heard(scene):
    try:
        scene.far_end.hear(SETTLED, seconds=30)
        return scene.session.wait_until("joined")
    except AssertionError as error:
        scene.problems.append(str(error))
        return False


def _measure(scene, fault, outcome, before):
    is_heard = _is_heard(scene)
    heard = scene.far_end.stats()
    outcome.gap, outcome.lost = heard["longest-gap-ms"], heard["lost"]
    said = {event["event"] for event in scene.far_end.events[before:]}
    outcome.alive = bool(is_heard) and heard["calls"] == 1 and "bye" not in said
    scene.demand(len(scene.said("incoming")) == 1, "there was another call at the far end")
    scene.demand(not scene.said("replaced", "refused-replacement"), "it went on in another dialog")
    scene.demand(outcome.lost == 0 or not fault.loses_nothing, f"{outcome.lost} packets were lost")
    outcome.events = scene.told()
    outcome.judge_events(scene.events)
    retold = scene.retold()
    scene.demand(not retold, f"told otherwise before: {retold}")


def _end(scene, outcome):
    scene.client("abort", scene.session.id)
    try:
        wait_for("the far end to know", lambda: scene.far_end.stats()["calls"] == 0, 5)
    except AssertionError:
        outcome.ghost = True
    last = scene.told()[len(outcome.events):]
    told = [(event["name"], event["details"].get("reason")) for event in last]
    scene.demand(told == [("session-left", "aborted")], f"of its end the call tells {told}")
    try:
        # The user does not wait for the far end's word; the engine does.
        wait_for(f"{scene.unit} to be gone", lambda: scene.unit not in scene.calls.engine_units(), 10)
    except AssertionError as error:
        scene.problems.append(str(error))
