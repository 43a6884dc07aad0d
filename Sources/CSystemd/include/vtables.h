// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <systemd/sd-bus.h>

// A table for sd_bus_add_object_vtable(3) with room for so many members, from [1] on; NULL where there is no memory.
// sd-bus keeps pointers to it and to the strings in it. Its userdata is what the Swift module Systemd registers an
// object with.
sd_bus_vtable *oc_vtable(size_t members);

// `names` are those of all arguments, each with a NUL at its end, and then another NUL.
void oc_vtable_method(sd_bus_vtable *row, const char *name, const char *takes, const char *gives, const char *names);
void oc_vtable_signal(sd_bus_vtable *row, const char *name, const char *gives, const char *names);

// How a change of a property is told: never, with its value, by its name, or not at all.
enum oc_announcement { OC_NEVER, OC_VALUE, OC_NAME, OC_SILENT };
void oc_vtable_property(sd_bus_vtable *row, const char *name, const char *signature, enum oc_announcement announcement);

// Implemented in Swift (Systemd/ExportedObject.swift).
int oc_bus_method(sd_bus_message *call, void *userdata, sd_bus_error *error);
int oc_bus_property(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *userdata, sd_bus_error *error);
