// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

/// A socket that becomes readable whenever a link, an address or a route of this machine changes (rtnetlink(7));
/// non-blocking, close-on-exec.
int clinux_network_watch(void);

/// Reads away what such a socket has to say. Returns whether any of it was a change.
int clinux_network_drain(int fd);

/// Whether an address beyond this machine is configured on a link that is up.
bool clinux_network_is_up(void);
