// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

// A socket that becomes readable whenever a link, an address or a route of this machine changes (rtnetlink(7));
// non-blocking, closed on exec. Returns a negative errno on failure.
int oc_network_watch(void);

// Reads away what such a socket has to say. Returns whether any of it was a change, or a negative errno.
int oc_network_drain(int fd);

// Whether an address beyond this machine is configured on a link that is up.
bool oc_network_is_up(void);
