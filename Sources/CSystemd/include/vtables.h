// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemd/sd-bus.h>

// The interfaces of packaging/dbus-1/org.ongoingcall.Calls1.xml, for sd_bus_add_object_vtable(3).
// Their userdata is what the Swift module Systemd registers an object with; nothing else may use them.
const sd_bus_vtable *oc_manager_vtable(void);
const sd_bus_vtable *oc_session_vtable(void);

// Implemented in Swift (Systemd/ExportedObject.swift).
int oc_bus_method(sd_bus_message *call, void *userdata, sd_bus_error *error);
int oc_bus_property(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *userdata, sd_bus_error *error);
