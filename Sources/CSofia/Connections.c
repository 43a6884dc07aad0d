// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#define _GNU_SOURCE
#include "Connections.h"

#include <arpa/inet.h>
#include <sofia-sip/su.h>
#include <string.h>

static void forget(csofia_connections *connections, unsigned place) {
  tport_t *transport = connections->kept[place].transport;
  int watch = connections->kept[place].watch;
  if (!transport) return;
  memset(&connections->kept[place], 0, sizeof connections->kept[place]);
  if (watch) tport_release(transport, watch, NULL, NULL, (tp_client_t *)connections, 0);
  tport_unref(transport);
}

void csofia_connections_forget(csofia_connections *connections) {
  for (unsigned place = 0; place < CSOFIA_CONNECTIONS; place++) forget(connections, place);
}

/// Not forgotten within it: sofia-sip goes on with it.
static void lost(tp_stack_t *stack, tp_client_t *client, tport_t *transport, msg_t *message, int error) {
  csofia_connections *connections = (csofia_connections *)client;
  unsigned place = 0;
  while (place < CSOFIA_CONNECTIONS && connections->kept[place].transport != transport) place++;
  if (place == CSOFIA_CONNECTIONS || !connections->kept[place].watch) return;
  tport_release(transport, connections->kept[place].watch, NULL, NULL, client, 0);
  connections->kept[place].watch = 0;
  const csofia_agent_handlers *handlers = connections->handlers;
  if (!handlers->context) return;
  const su_sockaddr_t *peer = (const su_sockaddr_t *)tport_get_address(transport)->ai_addr;
  char host[INET6_ADDRSTRLEN] = "";
  su_inet_ntop(peer->su_family, SU_ADDR(peer), host, sizeof host);
  handlers->lost(handlers->context, host, ntohs(peer->su_port), tport_has_tls(transport) ? "tls" : "tcp");
}

/// Its own, else a free one, else that of the connection that was not used for longest.
static unsigned place_of(const csofia_connections *connections, const tport_t *transport) {
  unsigned place = CSOFIA_CONNECTIONS - 1;
  for (unsigned each = CSOFIA_CONNECTIONS; each-- > 0;) {
    if (connections->kept[each].transport == transport) return each;
    if (connections->kept[place].watch && !connections->kept[each].watch) place = each;
  }
  return place;
}

void csofia_connections_keep(csofia_connections *connections, tport_t *transport) {
  if (!transport || !tport_is_secondary(transport)) {
    if (transport) tport_unref(transport);
    return;
  }
  unsigned place = place_of(connections, transport);
  int watch = connections->kept[place].watch;
  if (connections->kept[place].transport == transport) {
    tport_unref(transport);
  } else {
    forget(connections, place);
    tp_client_t *client = (tp_client_t *)connections;
    watch = tport_is_closed(transport) ? 0 : tport_pend(transport, NULL, lost, client);
  }
  memmove(&connections->kept[1], &connections->kept[0], place * sizeof connections->kept[0]);
  connections->kept[0].transport = transport;
  connections->kept[0].watch = watch > 0 ? watch : 0;
}
#endif
