// SPDX-License-Identifier: Apache-2.0
#include "CSystemd.h"

int oc_watchdog_interval(uint64_t *usec) {
	*usec = 0;
	return sd_watchdog_enabled(false, usec);
}

int oc_fdstore_take(char ***names) { return sd_listen_fds_with_names(true, names); }
