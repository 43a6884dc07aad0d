# SPDX-License-Identifier: Apache-2.0
"""The SIP engine as a process, for the tests of it."""

import os
import time

from engine_process import EngineProcess, executable

# Seconds in which an engine that is told to leave has left.
LEFT_IN = 1.0


class SIPEngine(EngineProcess):
    """ongoingcall-sip with a runtime folder of its own."""

    def __init__(self, folder, env=None, prefix=()):
        self.runtime = folder / f"runtime-{time.monotonic_ns()}"
        self.runtime.mkdir()
        self.log = folder / "engine.log"
        log = open(self.log, "ab")
        super().__init__(
            [*prefix, executable("ongoingcall-sip")], stderr=log, cwd=folder,
            env={"PATH": os.environ["PATH"], "RUNTIME_DIRECTORY": str(self.runtime), **(env or {})})
        log.close()

    def join(self, uri, muted=False, resume=None, lease=60, account=None, **settings):
        self.hello(lease=lease)
        names = {key.replace("_", "-"): str(value) for key, value in settings.items()}
        request = {"type": "join", "uri": uri, "muted": muted, "settings": names}
        more = {"resume": resume, "account": account}
        self.send(request | {key: value for key, value in more.items() if value})

    def wait_for_end(self, timeout=10, farewell=5):
        """The `ended` state, after which the engine must exit with success: when the far end knows, at the latest."""
        ended = self.wait_for_state("ended", timeout)
        assert self.wait_for_exit(farewell) == 0
        return ended

    def wait_for_log(self, text, timeout=10):
        """Until it has said that to the journal."""
        deadline = time.monotonic() + timeout
        while text not in self.log.read_text():
            assert time.monotonic() < deadline, f"it does not say “{text}”: {self.log.read_text()}"
            time.sleep(0.02)

    def wait_for_media(self, more, timeout=10):
        """The counters when so many more packets went and came than by now."""
        first = self.wait_for_type("media")
        return self.wait_for(
            lambda m: m.get("type") == "media" and m["sent"] >= first["sent"] + more
            and m["received"] >= first["received"] + more, timeout, f"{more} more packets each way")


def states(engine):
    """The course of the call: what is said again with another `resume`, say, is no new state."""
    said = [m["state"] for m in engine.messages if m.get("type") == "state"]
    return [state for before, state in zip([None, *said], said) if state != before]
