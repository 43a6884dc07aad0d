// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "CSystemd.h"

int oc_notify(int socket, const char *state, int passed) {
  struct pollfd room = {.fd = socket, .events = POLLOUT};
  if (poll(&room, 1, 0) == 0) return -EAGAIN;
  return passed < 0 ? sd_notify(false, state) : sd_pid_notify_with_fds(0, false, state, &passed, 1);
}

int oc_watchdog_interval(uint64_t *usec) {
  *usec = 0;
  return sd_watchdog_enabled(false, usec);
}

int oc_fdstore_take(char ***names) { return sd_listen_fds_with_names(true, names); }
