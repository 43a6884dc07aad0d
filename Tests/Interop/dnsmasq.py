# SPDX-License-Identifier: Apache-2.0
"""dnsmasq as the name server of a domain: NAPTR, SRV and A, as its own options say them."""

from world import Program

DOMAIN = "example.org"


def service(host, port, priority=10, weight=0, transport="udp"):
    return f"--srv-host=_sip._{transport}.{DOMAIN},{host}.{DOMAIN},{port},{priority},{weight}"


def pointer(transport, order=10, preference=10):
    kind = {"udp": "SIP+D2U", "tcp": "SIP+D2T"}[transport]
    return f"--naptr-record={DOMAIN},{order},{preference},s,{kind},,_sip._{transport}.{DOMAIN}"


def address(host, number):
    return f"--host-record={host}.{DOMAIN},{number}"


class NameServer(Program):
    """`resolv.conf` is the file that leads to it."""

    def __init__(self, folder, *records):
        self.folder = folder
        self.resolv_conf = folder / "resolv.conf"
        self.resolv_conf.write_text("nameserver 127.0.0.1\n")
        self.serve(*records)

    def serve(self, *records):
        """From now on, and at once: what it says may be kept for no time."""
        super().__init__(
            ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--user=root",
             "--pid-file=", "--log-facility=-", "--log-queries", "--listen-address=127.0.0.1", "--bind-interfaces",
             f"--local=/{DOMAIN}/", *records], self.folder, "dnsmasq")  # fmt: skip
        self.wait_for_port(53)

    def change(self, *records):
        self.stop()
        self.serve(*records)

    @property
    def prefix(self):
        """What starts a program that asks it."""
        command = f'mount --bind {self.resolv_conf} /etc/resolv.conf && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", command, "sh"]
