# SPDX-License-Identifier: Apache-2.0
"""coturn: what a machine behind NAT asks for its address, and what passes media on where there is no other way."""

from world import ADDRESS, Program

PORT = 3478
RELAY_PORTS = range(31000, 31100)


class TURNServer(Program):
    def __init__(self, folder, user, password, realm="turn.invalid", address=ADDRESS, log="turnserver"):
        self.address = f"{address}:{PORT}"
        super().__init__(
            ["turnserver", "-n", "-L", address, "-E", address, "-p", str(PORT), "-a", "-u", f"{user}:{password}",
             "-r", realm, "--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", "--simple-log", "-v",
             f"--min-port={RELAY_PORTS[0]}", f"--max-port={RELAY_PORTS[-1]}", f"--pidfile={folder}/{log}.pid",
             f"--userdb={folder}/{log}.db"], folder, log)  # fmt: skip
        self.wait_for_port(PORT)
