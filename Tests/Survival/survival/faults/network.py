# SPDX-License-Identifier: Apache-2.0
import time

from farend import now

from ..fault import Fault
from . import takeover


class Down(Fault):
    events = ("connection-lost", "connection-restored")
    loses_nothing = False
    goal = ("audio back", 50)

    def __init__(self, seconds):
        self.name = f"link-down-{seconds}"
        self.text = f"link down for {seconds} s"
        self.seconds = seconds

    def briefly(self):
        return self if self.seconds < 10 else None

    def play(self, scene):
        networks, link = scene.ground.networks, scene.ground.link
        began = now()
        networks.here("link", "set", link.name, "down")
        try:
            scene.wait_for_event("connection-lost")
            # The fault itself, not a wait for something.
            time.sleep(max(0, began / 1000 + self.seconds - time.monotonic()))
        finally:
            over = now()
            networks.here("link", "set", link.name, "up")
            networks.lead_through(link)
        scene.wait_for_event("connection-restored")
        return over


class AddressChanged(Fault):
    name = "address-changed"
    text = "address changed"
    events = Down.events
    loses_nothing = False
    goal = ("audio back", 500)

    def play(self, scene):
        networks, link = scene.ground.networks, scene.ground.link
        addresses = [f"{address}/26" for address in (link.here, link.here_too)]
        networks.here("address", "delete", addresses[0], "dev", link.name)
        networks.here("address", "add", addresses[1], "dev", link.name)
        networks.lead_through(link)
        # So that the next change has an address to change to.
        link.here, link.here_too = link.here_too, link.here
        scene.wait_for_event("connection-restored")


class AddressChangedByHandshake(AddressChanged):
    name = "address-changed-dtls"
    text = "address changed; encrypted by DTLS"
    launch = takeover.BY_HANDSHAKE

    def play(self, scene):
        super().play(scene)
        scene.demand(takeover.secured(scene) == 1, "there was another handshake")
