# SPDX-License-Identifier: Apache-2.0
"""An authority of the test's own, and a certificate of it for the far end."""

import subprocess

from world import ADDRESS


def make(folder, address=ADDRESS):
    """The authority's certificate, and a file with the far end's certificate and key."""
    authority, key = folder / "authority.pem", folder / "authority.key"
    request, server, server_key = folder / "server.csr", folder / "server.pem", folder / "server.key"
    extension = folder / "server.ext"
    extension.write_text(f"subjectAltName=IP:{address},DNS:{address}\nbasicConstraints=CA:FALSE\n")

    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", 2, "-subj", "/CN=test authority",
            "-keyout", key, "-out", authority)
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={address}", "-keyout", server_key, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", authority, "-CAkey", key, "-CAcreateserial", "-days", 2,
            "-extfile", extension, "-out", server)
    both = folder / "server-with-key.pem"
    both.write_text(server.read_text() + server_key.read_text())
    return authority, both
