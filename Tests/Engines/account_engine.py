# SPDX-License-Identifier: Apache-2.0
"""A SIP engine that calls by an account, and keeps its password to itself."""

import hashlib
import json
import urllib.parse
from pathlib import Path

from sip_engine import SIPEngine

USER, PASSWORD = "me", "tr0ub4dor-and-3"
ADDRESS = f"sip:{USER}@127.0.0.1"
REALMS = ("far end", "a proxy", "other", "server", "provider.invalid")


def asks(*options, user=USER, password=PASSWORD):
    """Options of a far end that asks for it."""
    return "--password", f"{user}:{password}", *options


def secrets(user, password, realms=REALMS):
    """What must be seen nowhere: the password, written in any way, and what is as good as it for a realm."""
    forms = {password, json.dumps(password)[1:-1], urllib.parse.quote(password)}
    for realm in realms:
        for name in ("md5", "sha256", "sha512_256"):
            forms.add(hashlib.new(name, f"{user}:{realm}:{password}".encode()).hexdigest())
    return [form.encode() for form in forms if form]


class AccountEngine(SIPEngine):
    """Leaving it fails the test where the password is in anything that it said, wrote or showed."""

    account = {}

    def call(self, uri, resume=None, settings=None, **account):
        """Underscores in the account's keys stand for hyphens; what is None is left out."""
        account = {"address": ADDRESS, "auth_user": USER, "password": PASSWORD} | account
        self.account = {key.replace("_", "-"): value for key, value in account.items() if value is not None}
        self.join(uri, resume=resume, account=self.account, **(settings or {}))

    def wait_for(self, predicate, timeout=10, what="message"):
        self.check_process()
        return super().wait_for(predicate, timeout, what)

    def secrets(self):
        user = self.account.get("auth-user", USER)
        return secrets(user, self.account["password"]) if self.account.get("password") else []

    def check_process(self):
        """What everybody on the machine may read of a process."""
        for name in ("cmdline", "environ"):
            try:
                self._check(Path(f"/proc/{self.pid}/{name}").read_bytes(), f"/proc/PID/{name}")
            except (FileNotFoundError, ProcessLookupError):
                pass  # It has ended.

    def check_all(self):
        self.check_process()
        said = json.dumps(self.messages, ensure_ascii=False).encode()
        self._check(said + b"".join(self.reader.unparsed), "what it said")
        self._check(self.log.read_bytes(), "its log")
        for path in self.runtime.rglob("*"):
            if path.is_file():
                self._check(path.read_bytes(), path.name)

    def _check(self, data, where):
        for secret in self.secrets():
            assert secret not in data, f"the password, or what stands for it, is in {where}"

    def __exit__(self, kind, *exception):
        try:
            if kind is None:
                self.reader.drain()
                self.check_all()
        finally:
            super().__exit__(kind, *exception)
