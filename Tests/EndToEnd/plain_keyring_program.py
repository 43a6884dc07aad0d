# SPDX-License-Identifier: Apache-2.0
"""A Secret Service that refuses to encrypt, and would be sent passwords as they are."""

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib


class NotSupported(dbus.DBusException):
    _dbus_error_name = "org.freedesktop.DBus.Error.NotSupported"


class Service(dbus.service.Object):
    @dbus.service.method("org.freedesktop.Secret.Service", in_signature="sv", out_signature="vo")
    def OpenSession(self, algorithm, _):
        if algorithm != "plain":
            raise NotSupported("only plain")
        return dbus.String("", variant_level=1), dbus.ObjectPath("/org/freedesktop/secrets/session/1")

    @dbus.service.method("org.freedesktop.DBus.Properties", in_signature="s", out_signature="a{sv}")
    def GetAll(self, _):
        return {"Collections": dbus.Array([], "o")}


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SessionBus()
name = dbus.service.BusName("org.freedesktop.secrets", bus)
service = Service(bus, "/org/freedesktop/secrets")
print("ready", flush=True)
GLib.MainLoop().run()
