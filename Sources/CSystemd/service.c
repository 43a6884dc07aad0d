// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "CSystemd.h"

static int notify_format(const char *format, const char *value) {
	char *state = NULL;
	if (asprintf(&state, format, value) < 0) {
		return -ENOMEM;
	}
	int r = sd_notify(false, state);
	free(state);
	return r;
}

int oc_notify_ready(const char *status) { return notify_format("READY=1\nSTATUS=%s", status); }

int oc_notify_reloading(void) {
	struct timespec now;
	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0) {
		return -errno;
	}
	return sd_notifyf(false, "RELOADING=1\nMONOTONIC_USEC=%lld",
	                  (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

int oc_notify_status(const char *status) { return notify_format("STATUS=%s", status); }

int oc_notify_stopping(const char *status) { return notify_format("STOPPING=1\nSTATUS=%s", status); }

int oc_watchdog_interval(uint64_t *usec) {
	*usec = 0;
	return sd_watchdog_enabled(false, usec);
}

int oc_watchdog_feed(void) { return sd_notify(false, "WATCHDOG=1"); }

int oc_fdstore_add(const char *name, int fd) {
	char *state = NULL;
	if (asprintf(&state, "FDSTORE=1\nFDPOLL=0\nFDNAME=%s", name) < 0) {
		return -ENOMEM;
	}
	int r = sd_pid_notify_with_fds(0, false, state, &fd, 1);
	free(state);
	return r;
}

int oc_fdstore_remove(const char *name) { return notify_format("FDSTOREREMOVE=1\nFDNAME=%s", name); }

int oc_fdstore_take(char ***names) { return sd_listen_fds_with_names(true, names); }
