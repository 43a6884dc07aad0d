# SPDX-License-Identifier: Apache-2.0
"""A home network behind a router with NAT, as namespaces; the provider and the far end are outside."""

import itertools
import os
import subprocess

from world import ADDRESS, Program

ROUTER, OUTSIDE = "203.0.113.5", "203.0.113.1"
HOME, NEXT_HOME, GATEWAY = "10.9.8.7", "10.9.8.8", "10.9.8.1"
CONTROL = "127.0.0.1:2223"
MEDIA_PORTS = range(30000, 30200)
_serials = itertools.count()

RULES = """\
table ip nat {{
  chain out {{
    type nat hook postrouting priority 100
    oifname "wan" meta l4proto {{ tcp, udp }} masquerade{ports}
  }}
  chain in {{
    type filter hook input priority 0
    iifname "wan" meta l4proto {{ tcp, udp }} drop
  }}
}}
"""
# A port that is not used any more is soon another one's, and every new one is chosen anew.
ANY_PORTS = " to :40000-49999 random"


class HomeNetwork:
    """A context manager: leaving it deletes the namespaces."""

    def __init__(self, idle_seconds=30, keeps_ports=False):
        """A router that keeps ports, if it can, shows the same one to everybody, as most do at home."""
        serial = next(_serials)
        self.router, self.home = (f"nat-{os.getpid()}-{serial}-{end}" for end in ("router", "home"))
        self.idle_seconds = idle_seconds
        self.rules = RULES.format(ports="" if keeps_ports else ANY_PORTS)

    @property
    def prefix(self):
        """What starts a program at home."""
        return ["nsenter", f"--net=/run/netns/{self.home}"]

    def _ip(self, namespace, words):
        subprocess.run(["ip", *(["-netns", namespace] if namespace else []), *words.split()], check=True)

    def in_router(self, *argv, **run):
        return subprocess.run(["nsenter", f"--net=/run/netns/{self.router}", *argv], check=True, **run)

    def __enter__(self):
        for namespace in (self.router, self.home):
            subprocess.run(["ip", "netns", "add", namespace], check=True)
            self._ip(namespace, "link set lo up")
        self._ip("", f"link add outside type veth peer name wan netns {self.router}")
        self._ip("", f"address add {OUTSIDE}/24 dev outside")
        self._ip("", "link set outside up")
        # Whoever outside is asked by one address answers from it.
        self._ip("", f"route replace 203.0.113.0/24 dev outside src {ADDRESS}")
        self._ip(self.router, f"link add lan type veth peer name lan netns {self.home}")
        for name, address in (("wan", ROUTER), ("lan", GATEWAY)):
            self._ip(self.router, f"address add {address}/24 dev {name}")
            self._ip(self.router, f"link set {name} up")
        self._ip(self.router, f"route add default via {OUTSIDE}")
        self._ip(self.home, f"address add {HOME}/24 dev lan")
        self._ip(self.home, "link set lan up")
        self._ip(self.home, f"route add default via {GATEWAY}")
        self.in_router("sysctl", "-qw", "net.ipv4.ip_forward=1")
        self.in_router("nft", "-f", "-", input=self.rules, text=True)
        for name in ("udp_timeout", "udp_timeout_stream"):
            self.in_router("sysctl", "-qw", f"net.netfilter.nf_conntrack_{name}={self.idle_seconds}")
        return self

    def rebind(self):
        """The router forgets who has which port; what comes next gets another one."""
        self.in_router("conntrack", "-F", capture_output=True)

    def move(self):
        """The machine at home goes by another address; it still has the one of before."""
        self._ip(self.home, f"address add {NEXT_HOME}/24 dev lan")
        self._ip(self.home, f"route replace default via {GATEWAY} src {NEXT_HOME}")

    def __exit__(self, *_):
        for namespace in (self.router, self.home):
            subprocess.run(["ip", "netns", "delete", namespace], check=False)
        subprocess.run(["ip", "link", "delete", "outside"], check=False, capture_output=True)


class MediaRelay(Program):
    """rtpengine, without its kernel module."""

    def __init__(self, folder):
        super().__init__(
            ["rtpengine", "--foreground", "--log-stderr", "--log-level=5", f"--interface={ADDRESS}",
             f"--listen-ng={CONTROL}", "--table=-1", f"--port-min={MEDIA_PORTS[0]}", f"--port-max={MEDIA_PORTS[-1]}",
             f"--pidfile={folder}/rtpengine.pid"], folder, "rtpengine")  # fmt: skip
        self.wait_for_port(2223)
