// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

// What the service manager has left for the daemon: the watchdog's interval and the fd store.
// Both return a negative errno on failure, 0 where there is nothing, and a positive number otherwise.

// The interval in which the service manager wants to be fed, in µs; 0 in `usec` where there is no watchdog.
int oc_watchdog_interval(uint64_t *usec);

// The descriptors that were kept. On success *names is to be freed by the caller, and so is every string in it; the
// descriptors are 3, 4, … The environment forgets them, so that no child takes them for its own.
int oc_fdstore_take(char ***names);
