// SPDX-License-Identifier: Apache-2.0
#include "CSystemd.h"

#define METHOD(name, in, in_names, out, out_names) \
	SD_BUS_METHOD_WITH_NAMES(name, in, in_names, out, out_names, oc_bus_method, 0)
#define PROPERTY(name, signature, flags) SD_BUS_PROPERTY(name, signature, oc_bus_property, 0, flags)

enum {
	CONST = SD_BUS_VTABLE_PROPERTY_CONST,
	CHANGES = SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE,
	SILENT = 0,
	// Whoever wants to know asks, and is told what they may see: sd-bus leaves these out of all that it announces.
	ASKED_FOR = SD_BUS_VTABLE_PROPERTY_EMITS_INVALIDATION,
};

static const sd_bus_vtable manager[] = {
	SD_BUS_VTABLE_START(0),
	METHOD("Launch", "a{sv}", SD_BUS_PARAM(options), "o", SD_BUS_PARAM(session)),
	METHOD("Abort", "s", SD_BUS_PARAM(id), "", ),
	METHOD("EventsSince", "t", SD_BUS_PARAM(sequence), "a(ttsosa{sv})", SD_BUS_PARAM(events)),
	METHOD("Describe", "", , "s", SD_BUS_PARAM(json)),
	METHOD("CreateNotificationChannel", "a{sv}", SD_BUS_PARAM(channel), "", ),
	METHOD("DeleteNotificationChannel", "s", SD_BUS_PARAM(id), "", ),
	METHOD("BuildOngoingConferenceNotification", "a{sv}", SD_BUS_PARAM(notification), "", ),
	PROPERTY("Version", "s", CONST),
	PROPERTY("Engines", "as", SILENT),
	PROPERTY("NotificationSurface", "s", CHANGES),
	PROPERTY("NotificationChannels", "aa{sv}", CHANGES),
	PROPERTY("Sequence", "t", SILENT),
	SD_BUS_VTABLE_END,
};

static const sd_bus_vtable session[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("Abort", "", "", oc_bus_method, 0),
	SD_BUS_METHOD("HangUp", "", "", oc_bus_method, 0),
	METHOD("Return", "a{sv}", SD_BUS_PARAM(platform_data), "s", SD_BUS_PARAM(way)),
	METHOD("SetMuted", "b", SD_BUS_PARAM(muted), "", ),
	METHOD("SetOnHold", "b", SD_BUS_PARAM(on_hold), "", ),
	METHOD("SendDtmf", "s", SD_BUS_PARAM(digits), "", ),
	METHOD("SetAudio", "a{sv}", SD_BUS_PARAM(devices), "", ),
	METHOD("StartRecording", "s", SD_BUS_PARAM(file), "", ),
	SD_BUS_METHOD("StopRecording", "", "", oc_bus_method, 0),
	METHOD("SetNotification", "a{sv}", SD_BUS_PARAM(notification), "", ),
	METHOD("AttachTerminal", "", , "h", SD_BUS_PARAM(viewer)),
	SD_BUS_SIGNAL_WITH_NAMES("Event", "ttsa{sv}",
		SD_BUS_PARAM(sequence) SD_BUS_PARAM(time) SD_BUS_PARAM(name) SD_BUS_PARAM(details), 0),
	PROPERTY("Id", "s", CONST),
	PROPERTY("Title", "s", ASKED_FOR),
	PROPERTY("ApplicationId", "s", ASKED_FOR),
	PROPERTY("Uri", "s", ASKED_FOR),
	PROPERTY("Engine", "s", ASKED_FOR),
	PROPERTY("Unit", "s", ASKED_FOR),
	PROPERTY("State", "s", CHANGES),
	PROPERTY("EndReason", "s", CHANGES),
	PROPERTY("EndDetail", "s", ASKED_FOR),
	PROPERTY("Adopted", "b", CONST),
	PROPERTY("Muted", "b", CHANGES),
	PROPERTY("OnHold", "b", CHANGES),
	PROPERTY("LaunchedAt", "t", CONST),
	PROPERTY("JoinedAt", "t", CHANGES),
	PROPERTY("Duration", "t", SILENT),
	PROPERTY("SurvivesLogout", "b", CHANGES),
	PROPERTY("Token", "s", ASKED_FOR),
	PROPERTY("Media", "a{sv}", SILENT),
	PROPERTY("Recording", "s", ASKED_FOR),
	PROPERTY("Notification", "a{sv}", SILENT),
	SD_BUS_VTABLE_END,
};

const sd_bus_vtable *oc_manager_vtable(void) { return manager; }

const sd_bus_vtable *oc_session_vtable(void) { return session; }
