// SPDX-License-Identifier: Apache-2.0
// Where connections come from: sofia-sip lets the system choose a port. A server that goes by a Contact looks for the
// connection whose other end is there, so it has to be the port that the agent listens at.
#ifdef SIP
// With _GNU_SOURCE these functions take another type than the one that they have.
#define _DEFAULT_SOURCE
#include "Origins.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Far ends of one call: more than its route and its redirections have.
enum { ORIGINS = 16 };

/// Of this thread's connections, by where they lead: sofia-sip may repeat one at any time.
static _Thread_local struct {
  csofia_place to, from;
} origins[ORIGINS];
static _Thread_local unsigned next;
static _Thread_local const csofia_place *sender;
static _Thread_local csofia_place *listener;

void csofia_origin_note(csofia_place *place) { listener = place; }
void csofia_origin_begin(const csofia_place *place) { sender = place && place->any.sa_family ? place : NULL; }
void csofia_origin_end(void) { sender = NULL; }

void csofia_origin_forget(const csofia_place *place) {
  for (unsigned i = 0; i < ORIGINS; i++)
    if (memcmp(&origins[i].from, place, sizeof *place) == 0) memset(&origins[i], 0, sizeof origins[i]);
}

static bool is_stream(int descriptor) {
  int type = 0;
  socklen_t length = sizeof type;
  return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_STREAM;
}

static bool is_same(const csofia_place *one, const struct sockaddr *other) {
  if (one->any.sa_family != other->sa_family) return false;
  if (other->sa_family == AF_INET) {
    const struct sockaddr_in *four = (const struct sockaddr_in *)other;
    return four->sin_port == one->four.sin_port && four->sin_addr.s_addr == one->four.sin_addr.s_addr;
  }
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)other;
  return six->sin6_port == one->six.sin6_port
         && memcmp(&six->sin6_addr, &one->six.sin6_addr, sizeof six->sin6_addr) == 0;
}

static const csofia_place *origin_of(const struct sockaddr *address, socklen_t length) {
  bool is_known = address && (address->sa_family == AF_INET || address->sa_family == AF_INET6);
  if (!is_known || length > sizeof(csofia_place)) return NULL;
  unsigned place = next;
  for (unsigned i = 0; i < ORIGINS; i++)
    if (is_same(&origins[i].to, address)) place = i;
  if (sender) {
    memset(&origins[place], 0, sizeof origins[place]);
    memcpy(&origins[place].to, address, length);
    origins[place].from = *sender;
    if (place == next) next = (next + 1) % ORIGINS;
  }
  return is_same(&origins[place].to, address) ? &origins[place].from : NULL;
}

/// Where it cannot, the system chooses the port.
static bool leave_from(int descriptor, const csofia_place *from) {
  int yes = 1;
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  socklen_t length = from->any.sa_family == AF_INET ? sizeof from->four : sizeof from->six;
  if (syscall(SYS_bind, descriptor, &from->any, length) != 0) return false;
  // Another connection may follow between the same two ports, also after the death of this process: the system must not
  // keep what is left of this one.
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  return true;
}

/// A connection that a router has forgotten is noticed, and one that is idle is not forgotten (RFC 5626, 4.4.1).
static void keep_alive(int descriptor) {
  int yes = 1, idle = 90, pause = 10, tries = 3;
  unsigned patience = 30000;
  setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &pause, sizeof pause);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &tries, sizeof tries);
  setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience, sizeof patience);
}

/// Another socket in its place, whose port the system chooses.
static bool renew(int descriptor, int family) {
  int flags = fcntl(descriptor, F_GETFL);
  int fresh = socket(family, SOCK_STREAM | SOCK_CLOEXEC | (flags & O_NONBLOCK ? SOCK_NONBLOCK : 0), 0);
  if (fresh < 0) return false;
  bool is_there = dup2(fresh, descriptor) == descriptor && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
  close(fresh);
  if (is_there) keep_alive(descriptor);
  return is_there;
}

int csofia_connect_apart(int descriptor, const struct sockaddr *address, socklen_t length) {
  return (int)syscall(SYS_connect, descriptor, address, length);
}

/// In the place of the system's function, which sofia-sip calls by this name. All other sockets pass through.
int connect(int descriptor, const struct sockaddr *address, socklen_t length) {
  const csofia_place *from = is_stream(descriptor) ? origin_of(address, length) : NULL;
  if (!from) return csofia_connect_apart(descriptor, address, length);
  keep_alive(descriptor);
  leave_from(descriptor, from);
  int result = csofia_connect_apart(descriptor, address, length);
  // There is one between these two ports already, for another name of the same server.
  if (result == 0 || errno != EADDRNOTAVAIL || !renew(descriptor, address->sa_family)) return result;
  return csofia_connect_apart(descriptor, address, length);
}

/// The same. Newer versions of sofia-sip choose the address that a connection comes from, but not the port.
int bind(int descriptor, const struct sockaddr *address, socklen_t length) {
  if ((!sender && !listener) || !is_stream(descriptor)) return (int)syscall(SYS_bind, descriptor, address, length);
  if (sender && leave_from(descriptor, sender)) return 0;
  int result = (int)syscall(SYS_bind, descriptor, address, length);
  if (!listener || result != 0) return result;
  int yes = 1;
  socklen_t size = sizeof *listener;
  memset(listener, 0, sizeof *listener);
  if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) != 0
      || getsockname(descriptor, &listener->any, &size) != 0)
    memset(listener, 0, sizeof *listener);
  return result;
}
#endif
