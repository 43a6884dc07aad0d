# SPDX-License-Identifier: Apache-2.0
"""What all faults are played on: a booted systemd with OngoingCall installed, and a link to a far end's machine."""

import contextlib
import tempfile
from pathlib import Path

from beds import INSTALL, PROGRAMS_INSIDE, boot, built_programs
from booted import Networks, Sleep, machine
from farend import FarEnd, tone

MELODY = "/srv/tone.wav"


class Ground:
    def __init__(self, networks, bed):
        self.networks, self.bed = networks, bed
        self.link = networks.links[0]
        self.sleep = Sleep(bed)

    def install(self):
        """By new files in the place of the old ones, as an upgrade does it."""
        self.bed.run(INSTALL, "--system", "--bin-dir", PROGRAMS_INSIDE)

    def far_end(self, *options):
        there = self.networks.inside(self.networks.far)
        return FarEnd("--stats-every", "10", *options, host=self.link.there, prefix=there)


@contextlib.contextmanager
def ground():
    machine.require()
    programs = built_programs()
    with Networks() as networks, boot(programs, network=networks.near) as bed:
        with tempfile.TemporaryDirectory() as folder:
            bed.install(tone(Path(folder) / "tone.wav"), MELODY)
        ground = Ground(networks, bed)
        ground.install()
        yield ground
