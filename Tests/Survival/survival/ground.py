# SPDX-License-Identifier: Apache-2.0
"""What all faults are played on: a booted systemd with OngoingCall installed, and a link to a far end's machine."""

import contextlib
import functools
import tempfile
from pathlib import Path

import certificates
from beds import INSTALL, PROGRAMS_INSIDE, boot, built_programs
from booted import Networks, Sleep, machine
from farend import FarEnd, tone

MELODY = "/srv/tone.wav"
AUTHORITY = "/usr/local/share/ca-certificates/far-end.crt"


class Ground:
    def __init__(self, networks, bed, folder):
        self.networks, self.bed, self.folder = networks, bed, folder
        self.link = networks.links[0]
        self.sleep = Sleep(bed)

    def install(self):
        """By new files in the place of the old ones, as an upgrade does it."""
        self.bed.run(INSTALL, "--system", "--bin-dir", PROGRAMS_INSIDE)

    def far_end(self, *options):
        there = self.networks.inside(self.networks.far)
        return FarEnd("--stats-every", "10", *options, host=self.link.there, prefix=there)

    @functools.cached_property
    def certificate(self):
        """A far end's, with its key, of an authority that everybody here trusts from now on."""
        authority, certificate = certificates.make(self.folder, self.link.there)
        self.bed.install(authority, AUTHORITY)
        self.bed.run("update-ca-certificates")
        return certificate


@contextlib.contextmanager
def ground(bus):
    machine.require(bus)
    programs = built_programs()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        networks = stack.enter_context(Networks())
        bed = stack.enter_context(boot(programs, network=networks.near, bus=bus))
        bed.install(tone(folder / "tone.wav"), MELODY)
        ground = Ground(networks, bed, folder)
        ground.install()
        yield ground
