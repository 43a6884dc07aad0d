# SPDX-License-Identifier: Apache-2.0
"""A user's desktop, as far as a call meets it: a notification server whose user is the test, and an application."""

import json
import subprocess
import threading

from booted import wait_for

# Both in one process, which the test drives by lines of JSON.
PROGRAM = r"""#!/usr/bin/python3
import json, sys
import dbus, dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
NOTIFICATIONS, APPLICATION = "org.freedesktop.Notifications", "org.example.Phone"

def say(**what):
    print(json.dumps(what), flush=True)

def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return bool(value) if isinstance(value, dbus.Boolean) else int(value) if isinstance(value, int) else str(value)

class Notifications(dbus.service.Object):
    ids = 0

    @dbus.service.method(NOTIFICATIONS, in_signature="", out_signature="ssss")
    def GetServerInformation(self):
        return "test", "test", "1", "1.2"

    @dbus.service.method(NOTIFICATIONS, in_signature="", out_signature="as")
    def GetCapabilities(self):
        return CAPABILITIES

    @dbus.service.method(NOTIFICATIONS, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, name, replaces, icon, summary, body, actions, hints, expires):
        if not replaces:
            Notifications.ids += 1
        number = int(replaces) or Notifications.ids
        # One that is to expire soon is posted once more, to stay, as soon as its id is known.
        if expires > 0:
            return number
        say(event="notify", id=number, summary=str(summary), body=str(body), actions=plain(actions)[::2],
            hints=plain(hints), expires=int(expires))
        return number

    @dbus.service.method(NOTIFICATIONS, in_signature="u", out_signature="")
    def CloseNotification(self, number):
        say(event="close", id=int(number))
        self.NotificationClosed(number, 3)

    @dbus.service.signal(NOTIFICATIONS, signature="uu")
    def NotificationClosed(self, number, reason):
        pass

    @dbus.service.signal(NOTIFICATIONS, signature="us")
    def ActionInvoked(self, number, key):
        pass

    @dbus.service.signal(NOTIFICATIONS, signature="us")
    def ActivationToken(self, number, token):
        pass

class Application(dbus.service.Object):
    @dbus.service.method("org.freedesktop.Application", in_signature="a{sv}", out_signature="")
    def Activate(self, platform_data):
        say(event="activate", data=plain(platform_data))

def obey(source, condition):
    line = sys.stdin.readline()
    if not line:
        loop.quit()
        return False
    order = json.loads(line)
    if order["token"]:
        notifications.ActivationToken(order["id"], order["token"])
    notifications.ActionInvoked(order["id"], order["key"])
    return True

CAPABILITIES = sys.argv[1:]
names = [dbus.service.BusName(name, bus, do_not_queue=True) for name in (NOTIFICATIONS, APPLICATION)]
notifications = Notifications(bus, "/org/freedesktop/Notifications")
application = Application(bus, "/org/example/Phone")
GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, obey)
loop = GLib.MainLoop()
say(event="ready")
loop.run()
"""


class Desktop:
    """The application is org.example.Phone, at /org/example/Phone."""

    def __init__(self, user, *capabilities):
        user.install(PROGRAM, "desktop", mode=0o755)
        self.events = []
        self.process = user.spawn(f"{user.home}/desktop", *(capabilities or ("actions", "body")),
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.wait("ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=10)
        finally:
            self.process.kill()
            self.process.wait()
            self._reader.join()
            self.process.stdout.close()

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def wait(self, event, seconds=20.0, **fields):
        """The first event with these fields; a string is one that begins like it."""

        def fits(seen):
            return seen["event"] == event and all(
                seen[name].startswith(value) if isinstance(value, str) else seen[name] == value
                for name, value in fields.items())  # fmt: skip

        return wait_for(f"{event} {fields}", lambda: next(filter(fits, list(self.events)), None), seconds)

    def press(self, notification, key, token=""):
        self.process.stdin.write(json.dumps({"id": notification["id"], "key": key, "token": token}) + "\n")

    def shown(self):
        """The summaries of what is there just now, by their notifications' ids."""
        there = {}
        for event in list(self.events):
            if event["event"] == "notify":
                there[event["id"]] = event["summary"]
            elif event["event"] == "close":
                there.pop(event["id"], None)
        return there
