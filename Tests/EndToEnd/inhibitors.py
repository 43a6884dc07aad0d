# SPDX-License-Identifier: Apache-2.0
"""What keeps the machine from sleeping, as logind lists it."""

import json

MANAGER = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")


def inhibitors(user):
    """OngoingCall's for that user: a set of (what, mode)."""
    answer = user.bed.run("busctl", "--json=short", "call", *MANAGER, "ListInhibitors").stdout
    return {(what, mode) for what, who, _, mode, uid, _ in json.loads(answer)["data"][0]
            if who == "OngoingCall" and uid == user.uid}  # fmt: skip


DELAYS = {("sleep", "delay"), ("shutdown", "delay")}
IDLE = ("idle", "block")
BLOCK = ("sleep", "block")
LID = ("handle-lid-switch", "block")
