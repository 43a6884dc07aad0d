// SPDX-License-Identifier: Apache-2.0
// The control of the round-trip benchmark: the least that an sd-bus service in C can be. It answers the same call as
// the daemon, with the same reply.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

static int events_since(sd_bus_message *call, void *userdata, sd_bus_error *error) {
	uint64_t sequence;
	int r = sd_bus_message_read(call, "t", &sequence);
	if (r < 0) {
		return r;
	}
	return sd_bus_reply_method_return(call, "a(ttsosa{sv})", 0);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("EventsSince", "t", "a(ttsosa{sv})", events_since, 0),
	SD_BUS_VTABLE_END,
};

int main(void) {
	sd_event *event = NULL;
	sd_bus *bus = NULL;
	int r;
	if ((r = sd_event_default(&event)) < 0 || (r = sd_bus_open_user(&bus)) < 0 ||
		(r = sd_bus_attach_event(bus, event, SD_EVENT_PRIORITY_NORMAL)) < 0 ||
		(r = sd_bus_add_object_vtable(bus, NULL, "/control", "org.ongoingcall.Control", vtable, NULL)) < 0 ||
		(r = sd_bus_request_name(bus, "org.ongoingcall.Control", 0)) < 0 || (r = sd_event_loop(event)) < 0) {
		fprintf(stderr, "control: %s\n", strerror(-r));
		return 1;
	}
	return 0;
}
