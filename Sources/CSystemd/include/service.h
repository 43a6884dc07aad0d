// SPDX-License-Identifier: Apache-2.0
//
// The service manager's side of the daemon: sd_notify(3), the watchdog and the fd store. All return a negative errno on
// failure, 0 where there is nothing, or nobody to tell, and a positive number otherwise.
#pragma once

#include <stdint.h>

/// sd_notify(3) of `state`, with a duplicate of the descriptor `passed` where that is not negative. It waits where the
/// manager is stopped and its socket is full: `socket`, which is connected to it, tells. -EAGAIN is that it would wait.
int oc_notify(int socket, const char *state, int passed);

/// The interval in which the service manager wants to be fed, in µs; 0 in `usec` where there is no watchdog.
int oc_watchdog_interval(uint64_t *usec);

/// The descriptors that were kept. On success *names is to be freed by the caller, and so is every string in it; the
/// descriptors are 3, 4, … The environment forgets them, so that no child takes them for its own.
int oc_fdstore_take(char ***names);
