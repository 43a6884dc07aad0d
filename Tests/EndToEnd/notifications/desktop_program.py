#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A notification server and an application in one process, which lines of JSON drive and which says what happens."""

import json
import sys

import dbus
import dbus.service
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
        return NAME, "test", "1", "1.2"

    @dbus.service.method(NOTIFICATIONS, in_signature="", out_signature="as")
    def GetCapabilities(self):
        return CAPABILITIES

    @dbus.service.method(NOTIFICATIONS, in_signature="susssasa{sv}i", out_signature="u")
    def Notify(self, name, replaces, icon, summary, body, actions, hints, expires):
        if not replaces:
            Notifications.ids += 1
        number = int(replaces) or Notifications.ids
        say(event="notify", id=number, summary=str(summary), body=str(body), actions=plain(actions)[::2],
            hints=plain(hints), expires=int(expires))
        return number

    @dbus.service.method(NOTIFICATIONS, in_signature="u", out_signature="")
    def CloseNotification(self, number):
        say(event="close", id=int(number))
        self.NotificationClosed(number, 3)

    @dbus.service.method(NOTIFICATIONS, in_signature="ssa{sv}", out_signature="u", sender_keyword="sender")
    def Inhibit(self, application, reason, hints, sender):
        Notifications.ids += 1
        say(event="inhibit", id=Notifications.ids, application=str(application), reason=str(reason))
        # As Plasma does, it ends with who has asked for it.
        bus.watch_name_owner(sender, lambda owner, number=Notifications.ids: owner or say(event="lapse", id=number))
        return Notifications.ids

    @dbus.service.method(NOTIFICATIONS, in_signature="u", out_signature="")
    def UnInhibit(self, number):
        say(event="uninhibit", id=int(number))

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
    if "key" in order:
        press(**order)
    else:
        storm(**order)
    return True


def press(id, key, token):
    if token:
        notifications.ActivationToken(id, token)
    notifications.ActionInvoked(id, key)


def storm(id, keys, presses, departures):
    for number in range(presses):
        notifications.ActionInvoked(id, keys[number % len(keys)])
    for _ in range(departures):
        bus.release_name(NOTIFICATIONS)
        bus.request_name(NOTIFICATIONS)
    bus.flush()
    say(event="stormed")


NAME, *CAPABILITIES = sys.argv[1:]
names = [dbus.service.BusName(name, bus, do_not_queue=True) for name in (NOTIFICATIONS, APPLICATION)]
notifications = Notifications(bus, "/org/freedesktop/Notifications")
application = Application(bus, "/org/example/Phone")
GLib.io_add_watch(sys.stdin, GLib.IO_IN | GLib.IO_HUP, obey)
loop = GLib.MainLoop()
say(event="ready")
loop.run()
