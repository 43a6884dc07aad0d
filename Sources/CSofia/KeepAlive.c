// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#define _GNU_SOURCE
#include "CSofia.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/// A process of one call has fewer descriptors.
enum { DESCRIPTORS = 256 };

/// 0 where it is no numeric address.
static socklen_t address_of(const char *host, uint16_t port, struct sockaddr_storage *address) {
  memset(address, 0, sizeof *address);
  struct sockaddr_in *four = (struct sockaddr_in *)address;
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
  if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return sizeof *four;
  }
  if (inet_pton(AF_INET6, host, &six->sin6_addr) != 1) return 0;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  return sizeof *six;
}

static bool is_bound(int descriptor, const struct sockaddr_storage *address) {
  struct sockaddr_storage own;
  socklen_t length = sizeof own;
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockname(descriptor, (struct sockaddr *)&own, &length) != 0 || own.ss_family != address->ss_family) return false;
  if (getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_DGRAM) return false;
  const struct sockaddr_in *four = (const struct sockaddr_in *)&own, *other4 = (const struct sockaddr_in *)address;
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&own, *other6 = (const struct sockaddr_in6 *)address;
  if (own.ss_family == AF_INET)
    return four->sin_port == other4->sin_port && four->sin_addr.s_addr == other4->sin_addr.s_addr;
  return six->sin6_port == other6->sin6_port && memcmp(&six->sin6_addr, &other6->sin6_addr, sizeof six->sin6_addr) == 0;
}

/// sofia-sip tells nobody which socket is whose: it is found by its address.
bool csofia_keep_alive(const char *own_host, uint16_t own_port, const char *host, uint16_t port) {
  static const char ping[] = "\r\n\r\n";
  struct sockaddr_storage own, target;
  socklen_t length = address_of(host, port, &target);
  if (length == 0 || address_of(own_host, own_port, &own) == 0) return false;
  for (int descriptor = 3; descriptor < DESCRIPTORS; descriptor++) {
    if (!is_bound(descriptor, &own)) continue;
    return sendto(descriptor, ping, sizeof ping - 1, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&target, length) > 0;
  }
  return false;
}
#endif
