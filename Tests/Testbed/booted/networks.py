# SPDX-License-Identifier: Apache-2.0
"""Two machines of a test's own, as network namespaces: the caller's here, the far end's there, and links between.

    with Networks() as networks, Testbed().up(network=networks.near) as bed:
        networks.here("link", "set", networks.links[0].name, "down")
"""

import ctypes
import itertools
import os
import subprocess
import threading

HOME = "198.51.100.193"
"""The far end's own address, which both links lead to."""
ALONE = "203.0.113.10"
"""A machine's address in a network of its own."""
CLONE_NEWNET = 0x40000000
_serials = itertools.count()
_libc = ctypes.CDLL(None, use_errno=True)


def enter_new_network():
    """Puts this thread, and what it starts from now on, into a network of its own, with a link that leads nowhere.

    The testbeds that it boots have the same one: nobody else uses their ports, and nobody else's packets come there.
    """
    if _libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "a network namespace needs root")
    for words in ("link set lo up", "link add call type veth peer name end", f"address add {ALONE}/24 dev call",
                  "link set call up", "link set end up", f"route add default dev call src {ALONE}"):  # fmt: skip
        subprocess.run(["ip", *words.split()], check=True)


class Link:
    """A veth pair: its ends and their addresses, in a network of 64 addresses."""

    def __init__(self, number):
        self.name = f"link{number}"
        base = 64 * number
        self.there, self.here, self.here_too = (f"198.51.100.{base + n}" for n in (1, 2, 3))


class Networks:
    """A context manager: leaving it deletes the namespaces, and with them all that is in them."""

    def __init__(self, links=1):
        serial = next(_serials)
        self.near, self.far = (f"call-{os.getpid()}-{serial}-{end}" for end in ("near", "far"))
        self.links = [Link(number) for number in range(links)]

    def ip(self, namespace, *words):
        subprocess.run(["ip", "-netns", namespace, *words], check=True, capture_output=True, text=True)

    def here(self, *words):
        self.ip(self.near, *words)

    def there(self, *words):
        self.ip(self.far, *words)

    def lead_through(self, link):
        self.here("route", "replace", "default", "via", link.there)

    def restore(self):
        """Undoes whatever was done to links, addresses and routes here."""
        for link in self.links:
            self.here("address", "flush", "dev", link.name)
            self.here("address", "add", f"{link.here}/26", "dev", link.name)
            for namespace in (self.near, self.far):
                self.ip(namespace, "link", "set", link.name, "up")
        self.lead_through(self.links[0])

    @staticmethod
    def inside(namespace):
        """What to put before a command, which keeps its process id."""
        return ["nsenter", f"--net=/run/netns/{namespace}"]

    def __enter__(self):
        try:
            for namespace in (self.near, self.far):
                subprocess.run(["ip", "netns", "add", namespace], check=True)
                self.ip(namespace, "link", "set", "lo", "up")
            self.there("address", "add", f"{HOME}/32", "dev", "lo")
            for link in self.links:
                self.here("link", "add", link.name, "type", "veth", "peer", "name", link.name, "netns", self.far)
                self.here("address", "add", f"{link.here}/26", "dev", link.name)
                self.there("address", "add", f"{link.there}/26", "dev", link.name)
                for namespace in (self.near, self.far):
                    self.ip(namespace, "link", "set", link.name, "up")
            self.lead_through(self.links[0])
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for namespace in (self.near, self.far):
            subprocess.run(["ip", "netns", "delete", namespace], check=False, capture_output=True)


class Monitor:
    """Calls back, in a thread of its own, whenever a link, an address or a route of a namespace changes."""

    def __init__(self, namespace, callback):
        self.process = subprocess.Popen(
            ["ip", "-netns", namespace, "-oneline", "monitor", "link", "address", "route"],
            stdout=subprocess.PIPE, bufsize=0)
        self.thread = threading.Thread(target=self._run, args=(callback,), daemon=True)
        self.thread.start()

    def _run(self, callback):
        for _ in self.process.stdout:
            try:
                callback()
            except OSError:
                """Whom to tell has just gone, or is yet to come."""

    def close(self):
        self.process.kill()
        self.process.wait(5)
        self.thread.join(5)
        self.process.stdout.close()
