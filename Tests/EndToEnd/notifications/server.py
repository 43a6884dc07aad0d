# SPDX-License-Identifier: Apache-2.0
import subprocess

from booted import wait_for

NAME = "org.freedesktop.Notifications"
BUS = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")


class NotificationServer:
    """A program that serves notifications; it may come and go while what is around it stays."""

    program = None
    # How it is spawned.
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def __init__(self, user):
        self.user = user
        self.environment = {}
        self.server = None
        self._processes = []

    def __enter__(self):
        try:
            self._let_nobody_else_start_one()
            self.prepare()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def spawn(self, *command, env=None, **options):
        """Starts what ends with the `with`."""
        process = self.user.spawn(*command, env={"LANG": "C.UTF-8", **self.environment, **(env or {})},
                                  encoding="utf-8", **{**NotificationServer.options, **options})  # fmt: skip
        self._processes.append(process)
        return process

    def run(self, *command, **options):
        return self.user.run(*command, env=self.environment, **options)

    def _let_nobody_else_start_one(self):
        """Which of those that are installed here the bus would start is an accident."""
        self.user.install(f"[D-BUS Service]\nName={NAME}\nExec={self.activated()}\n",
                          f".local/share/dbus-1/services/{NAME}.service")  # fmt: skip
        self.user.busctl("call", *BUS, "ReloadConfig")

    def activated(self):
        return "/bin/false"

    def prepare(self):
        """What it needs around it."""

    def command(self):
        raise NotImplementedError

    def start(self):
        self.server = self.spawn(*self.command(), **self.options)
        wait_for(f"{self.program} to serve notifications", self.is_there)

    def is_there(self):
        return self.user.busctl("call", *BUS, "NameHasOwner", "s", NAME)["data"] == [True]

    def signal(self, name):
        self.user.bed.run("pkill", f"-{name}", "-u", self.user.name, "-x", self.program)

    def kill(self):
        self.signal("KILL")
        wait_for(f"{self.program} to be gone", lambda: not self.is_there())
