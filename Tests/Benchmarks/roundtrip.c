// SPDX-License-Identifier: Apache-2.0
// Calls EventsSince of the daemon and of the control by turns, and prints the nanoseconds of every pair.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

static uint64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static uint64_t timed(sd_bus *bus, const char *name, const char *path, const char *interface) {
	sd_bus_message *reply = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	uint64_t started = now();
	int r = sd_bus_call_method(bus, name, path, interface, "EventsSince", &error, &reply, "t", UINT64_MAX);
	uint64_t took = now() - started;
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", name, error.message ? error.message : strerror(-r));
		exit(1);
	}
	sd_bus_message_unref(reply);
	return took;
}

int main(int argc, char **argv) {
	long pairs = argc > 1 ? strtol(argv[1], NULL, 10) : 2000;
	sd_bus *bus = NULL;
	if (sd_bus_open_user(&bus) < 0) {
		return 1;
	}
	for (long i = -200; i < pairs; i++) {
		uint64_t daemon = timed(bus, "org.ongoingcall.Calls1", "/org/ongoingcall/Calls1", "org.ongoingcall.Calls1.Manager");
		uint64_t control = timed(bus, "org.ongoingcall.Control", "/control", "org.ongoingcall.Control");
		if (i >= 0) {
			printf("%llu %llu\n", (unsigned long long)daemon, (unsigned long long)control);
		}
	}
	return 0;
}
