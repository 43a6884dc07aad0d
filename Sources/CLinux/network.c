// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "network.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

int clinux_network_watch(void) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  if (fd < 0) return -1;
  struct sockaddr_nl address = {
    .nl_family = AF_NETLINK,
    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE,
  };
  if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) {
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
  }
  return fd;
}

/// A wireless link tells of itself all the time, what it scans for and finds. ifi_change says nothing: where a carrier
/// comes or goes, it is 0 too.
static bool is_wireless_talk(const struct nlmsghdr *header) {
  int length = (int)IFLA_PAYLOAD(header);
  struct rtattr *attribute = IFLA_RTA(NLMSG_DATA(header));
  for (; RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
    if (attribute->rta_type == IFLA_WIRELESS) return true;
  }
  return false;
}

static bool is_change(const struct nlmsghdr *header) {
  switch (header->nlmsg_type) {
  case RTM_NEWLINK:
    return !is_wireless_talk(header);
  case RTM_DELLINK:
  case RTM_NEWADDR:
  case RTM_DELADDR:
  case RTM_NEWROUTE:
  case RTM_DELROUTE:
    return true;
  default:
    return false;
  }
}

int clinux_network_drain(int fd) {
  bool changed = false;
  // Aligned as the messages in it must be.
  _Alignas(struct nlmsghdr) char buffer[16 * 1024];
  for (;;) {
    ssize_t length = recv(fd, buffer, sizeof buffer, 0);
    if (length < 0) {
      if (errno == EINTR) continue;
      if (errno == ENOBUFS) {
        // More changes than the kernel kept: some there were.
        changed = true;
        continue;
      }
      return errno == EAGAIN ? changed : -1;
    }
    unsigned rest = (unsigned)length;
    for (struct nlmsghdr *header = (struct nlmsghdr *)buffer; NLMSG_OK(header, rest); header = NLMSG_NEXT(header, rest)) {
      changed = changed || is_change(header);
    }
  }
}

static bool reaches_beyond(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) return true;
  return address->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

bool clinux_network_is_up(void) {
  struct ifaddrs *all = NULL;
  if (getifaddrs(&all) < 0) return true;
  bool up = false;
  for (const struct ifaddrs *one = all; one && !up; one = one->ifa_next) {
    const unsigned wanted = IFF_UP | IFF_RUNNING;
    up = one->ifa_addr && (one->ifa_flags & (wanted | IFF_LOOPBACK)) == wanted && reaches_beyond(one->ifa_addr);
  }
  freeifaddrs(all);
  return up;
}
