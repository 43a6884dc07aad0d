// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

// The service manager's side of the daemon: sd_notify(3), the watchdog and the fd store.
// All return a negative errno on failure, 0 where there is no service manager to tell, and a positive number otherwise.

// READY=1 and STATUS=; `status` is one line.
int oc_notify_ready(const char *status);
// RELOADING=1, with the time that systemd wants to know from version 253 on.
int oc_notify_reloading(void);
int oc_notify_status(const char *status);
int oc_notify_stopping(const char *status);

// The interval in which the service manager wants to be fed, in µs; 0 in `usec` where there is no watchdog.
int oc_watchdog_interval(uint64_t *usec);
int oc_watchdog_feed(void);

// Gives a duplicate of `fd` to the service manager to keep under `name` (at most 255 printable characters but ":").
// It is kept though its other end hangs up, so that nothing that was still to be read is lost.
int oc_fdstore_add(const char *name, int fd);
int oc_fdstore_remove(const char *name);

// The descriptors that were kept. On success *names is to be freed by the caller, and so is every string in it; the
// descriptors are 3, 4, … The environment forgets them, so that no child takes them for its own.
int oc_fdstore_take(char ***names);
