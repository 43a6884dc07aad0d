// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#define _GNU_SOURCE
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "CSofia.h"

/// Open descriptors beyond which nobody is let in: this process has some fifty.
enum { MOST_DESCRIPTORS = 256 };

/// In the place of the C library's function, which sofia-sip calls by this name: it takes connections without end, and
/// turns round and round when there are no descriptors left.
int accept(int listener, struct sockaddr *address, socklen_t *length) {
  int descriptor = accept4(listener, address, length, 0);
  if (descriptor < MOST_DESCRIPTORS) return descriptor;
  close(descriptor);
  errno = ECONNABORTED;
  return -1;
}

int csofia_network_changes(void) {
  int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (descriptor < 0) return -errno;
  struct sockaddr_nl address = {
      .nl_family = AF_NETLINK,
      .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
  };
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) == 0) return descriptor;
  int code = errno;
  close(descriptor);
  return -code;
}

int csofia_stop_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, NULL);
  int descriptor = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

int csofia_next_signal(int descriptor) {
  struct signalfd_siginfo information;
  return read(descriptor, &information, sizeof information) == sizeof information ? (int)information.ssi_signo : 0;
}
#endif
