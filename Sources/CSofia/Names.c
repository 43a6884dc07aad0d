// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#define _GNU_SOURCE
#include "CSofia.h"

#include <ares.h>
#include <ares_nameser.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

// The parsers for replies still are where c-ares has newer ones.
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

enum { SOCKETS = 16, ANSWERS = 32 };

struct csofia_resolver {
  csofia_loop *loop;
  ares_channel channel;
  csofia_timer *timer;
  struct socket_watch {
    struct csofia_resolver *resolver;
    csofia_watch *watch;
    int descriptor;
  } sockets[SOCKETS];
};

struct query {
  csofia_resolver *resolver;
  csofia_names_found found;
  void *context;
  bool is_naptr;
};

static void rearm(csofia_resolver *resolver);

static void timed_out(void *context) {
  csofia_resolver *resolver = context;
  ares_process_fd(resolver->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  rearm(resolver);
}

static void rearm(csofia_resolver *resolver) {
  if (resolver->timer) csofia_timer_destroy(resolver->timer);
  resolver->timer = NULL;
  struct timeval wait;
  if (!ares_timeout(resolver->channel, NULL, &wait)) return;
  // Rounded down it would wake up for nothing.
  int64_t milliseconds = (int64_t)wait.tv_sec * 1000 + (wait.tv_usec + 999) / 1000;
  resolver->timer = csofia_timer_create(resolver->loop, milliseconds + 1, timed_out, resolver);
}

static void socket_ready(void *context, int events) {
  struct socket_watch *place = context;
  csofia_resolver *resolver = place->resolver;
  ares_process_fd(
      resolver->channel, events & (CSOFIA_READABLE | CSOFIA_BROKEN) ? place->descriptor : ARES_SOCKET_BAD,
      events & CSOFIA_WRITABLE ? place->descriptor : ARES_SOCKET_BAD);
  rearm(resolver);
}

static void socket_changed(void *context, ares_socket_t descriptor, int readable, int writable) {
  csofia_resolver *resolver = context;
  int events = (readable ? CSOFIA_READABLE : 0) | (writable ? CSOFIA_WRITABLE : 0);
  struct socket_watch *own = NULL, *free_place = NULL;
  for (int i = 0; i < SOCKETS; i++) {
    struct socket_watch *place = &resolver->sockets[i];
    if (!place->watch)
      free_place = place;
    else if (place->descriptor == descriptor)
      own = place;
  }
  if (own && !events) {
    csofia_watch_destroy(own->watch);
    own->watch = NULL;
  } else if (own) {
    csofia_watch_change(own->watch, events);
  } else if (events && free_place) {
    *free_place = (struct socket_watch){.resolver = resolver, .descriptor = descriptor};
    free_place->watch = csofia_watch_create(resolver->loop, descriptor, events, socket_ready, free_place);
  }
}

csofia_resolver *csofia_resolver_create(csofia_loop *loop, const char *lookups, int milliseconds) {
  csofia_resolver *resolver = calloc(1, sizeof *resolver);
  if (!resolver) return NULL;
  resolver->loop = loop;
  char *order = strdup(lookups);
  struct ares_options options = {
      .sock_state_cb = socket_changed,
      .sock_state_cb_data = resolver,
      .lookups = order,
      .timeout = milliseconds,
      .tries = 3,
  };
  int status = ARES_ENOMEM;
  if (order && ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS)
    status = ares_init_options(
        &resolver->channel, &options,
        ARES_OPT_SOCK_STATE_CB | ARES_OPT_LOOKUPS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  free(order);
  if (status == ARES_SUCCESS) return resolver;
  free(resolver);
  return NULL;
}

void csofia_resolver_destroy(csofia_resolver *resolver) {
  ares_destroy(resolver->channel);
  if (resolver->timer) csofia_timer_destroy(resolver->timer);
  for (int i = 0; i < SOCKETS; i++)
    if (resolver->sockets[i].watch) csofia_watch_destroy(resolver->sockets[i].watch);
  free(resolver);
}

static csofia_names_status status_of(int status) {
  switch (status) {
  case ARES_SUCCESS: return CSOFIA_NAMES_FOUND;
  case ARES_ENOTFOUND:
  case ARES_ENODATA:
  case ARES_EBADNAME: return CSOFIA_NAMES_NONE;
  case ARES_ETIMEOUT:
  case ARES_ECONNREFUSED: return CSOFIA_NAMES_SILENCE;
  case ARES_ECANCELLED:
  case ARES_EDESTRUCTION: return CSOFIA_NAMES_CANCELLED;
  default: return CSOFIA_NAMES_FAILED;
  }
}

static struct query *query(csofia_resolver *resolver, csofia_names_found found, void *context, bool is_naptr) {
  struct query *query = calloc(1, sizeof *query);
  if (query) *query = (struct query){resolver, found, context, is_naptr};
  return query;
}

static void addresses_found(void *context, int status, int timeouts, struct ares_addrinfo *result) {
  struct query *query = context;
  csofia_name names[ANSWERS];
  char text[ANSWERS][INET6_ADDRSTRLEN];
  size_t count = 0;
  for (struct ares_addrinfo_node *node = result ? result->nodes : NULL; node && count < ANSWERS; node = node->ai_next) {
    const void *bytes = node->ai_family == AF_INET6 ? (const void *)&((struct sockaddr_in6 *)node->ai_addr)->sin6_addr
                                                    : (const void *)&((struct sockaddr_in *)node->ai_addr)->sin_addr;
    if (!inet_ntop(node->ai_family, bytes, text[count], sizeof text[count])) continue;
    names[count] = (csofia_name){.name = text[count]};
    count++;
  }
  query->found(query->context, status_of(status), names, count, ares_strerror(status));
  if (result) ares_freeaddrinfo(result);
  free(query);
}

void csofia_resolve_addresses(csofia_resolver *resolver, const char *name, csofia_names_found found, void *context) {
  struct query *own = query(resolver, found, context, false);
  if (!own) return found(context, CSOFIA_NAMES_FAILED, NULL, 0, "out of memory");
  struct ares_addrinfo_hints hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
  ares_getaddrinfo(resolver->channel, name, NULL, &hints, addresses_found, own);
  rearm(resolver);
}

static size_t services(const unsigned char *reply, int length, csofia_name *names, void **memory, int *status) {
  struct ares_srv_reply *first = NULL;
  size_t count = 0;
  *status = ares_parse_srv_reply(reply, length, &first);
  for (struct ares_srv_reply *each = first; each && count < ANSWERS; each = each->next)
    names[count++] = (csofia_name){
        .name = each->host, .order = each->priority, .weight = each->weight, .port = each->port};
  *memory = first;
  return count;
}

static size_t pointers(const unsigned char *reply, int length, csofia_name *names, void **memory, int *status) {
  struct ares_naptr_reply *first = NULL;
  size_t count = 0;
  *status = ares_parse_naptr_reply(reply, length, &first);
  for (struct ares_naptr_reply *each = first; each && count < ANSWERS; each = each->next)
    names[count++] = (csofia_name){
        .name = each->replacement, .order = each->order, .weight = each->preference,
        .service = (const char *)each->service, .flags = (const char *)each->flags};
  *memory = first;
  return count;
}

static void records_found(void *context, int status, int timeouts, unsigned char *reply, int length) {
  struct query *query = context;
  csofia_name names[ANSWERS];
  size_t count = 0;
  void *memory = NULL;
  if (status == ARES_SUCCESS)
    count = (query->is_naptr ? pointers : services)(reply, length, names, &memory, &status);
  query->found(query->context, status_of(status), names, count, ares_strerror(status));
  if (memory) ares_free_data(memory);
  free(query);
}

static void ask(csofia_resolver *resolver, const char *name, int type, csofia_names_found found, void *context) {
  struct query *own = query(resolver, found, context, type == T_NAPTR);
  if (!own) return found(context, CSOFIA_NAMES_FAILED, NULL, 0, "out of memory");
  ares_query(resolver->channel, name, C_IN, type, records_found, own);
  rearm(resolver);
}

void csofia_resolve_services(csofia_resolver *resolver, const char *name, csofia_names_found found, void *context) {
  ask(resolver, name, T_SRV, found, context);
}

void csofia_resolve_pointers(csofia_resolver *resolver, const char *name, csofia_names_found found, void *context) {
  ask(resolver, name, T_NAPTR, found, context);
}
#endif
