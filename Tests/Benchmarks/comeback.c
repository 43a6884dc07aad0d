// SPDX-License-Identifier: Apache-2.0
// Kills the owner of a bus name again and again, asks it something at once, and prints the microseconds from SIGKILL to
// the answer of its successor: of the daemon and of the control by turns.
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>

struct service {
	const char *name, *path, *interface;
};

static uint64_t now(void) {
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_nsec / 1000u;
}

static void rest(long milliseconds) {
	struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
	nanosleep(&time, NULL);
}

static int ask(sd_bus *bus, const struct service *service) {
	return sd_bus_call_method(bus, service->name, service->path, service->interface, "EventsSince", NULL, NULL, "t", UINT64_MAX);
}

static pid_t owner(sd_bus *bus, const char *name) {
	sd_bus_creds *creds = NULL;
	pid_t pid = 0;
	if (sd_bus_get_name_creds(bus, name, SD_BUS_CREDS_PID, &creds) < 0 || sd_bus_creds_get_pid(creds, &pid) < 0) {
		fprintf(stderr, "%s has no owner\n", name);
		exit(1);
	}
	sd_bus_creds_unref(creds);
	return pid;
}

static uint64_t comeback(sd_bus *bus, const struct service *service) {
	pid_t pid = owner(bus, service->name);
	uint64_t killed = now();
	kill(pid, SIGKILL);
	// What reaches the one that is killed is refused by the bus; what comes later waits for the next one.
	for (int r; (r = ask(bus, service)) < 0;) {
		if (now() - killed > 20 * 1000000u) {
			fprintf(stderr, "%s does not come back: %s\n", service->name, strerror(-r));
			exit(1);
		}
	}
	return now() - killed;
}

int main(int argc, char **argv) {
	const struct service daemon = {"org.ongoingcall.Calls1", "/org/ongoingcall/Calls1", "org.ongoingcall.Calls1.Manager"};
	const struct service control = {"org.ongoingcall.Control", "/control", "org.ongoingcall.Control"};
	long pairs = argc > 1 ? strtol(argv[1], NULL, 10) : 30;
	sd_bus *bus = NULL;
	if (sd_bus_open_user(&bus) < 0 || ask(bus, &daemon) < 0 || ask(bus, &control) < 0) {
		return 1;
	}
	for (long i = -2; i < pairs; i++) {
		uint64_t ours = comeback(bus, &daemon);
		rest(500);
		uint64_t theirs = comeback(bus, &control);
		rest(500);
		if (i >= 0) {
			printf("%llu %llu\n", (unsigned long long)ours, (unsigned long long)theirs);
			fflush(stdout);
		}
	}
	return 0;
}
