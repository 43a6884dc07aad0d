// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#define _GNU_SOURCE
#include "CSofia.h"

#define NTA_AGENT_MAGIC_T struct csofia_agent
#define NTA_OUTGOING_MAGIC_T struct csofia_client
#define NTA_INCOMING_MAGIC_T struct csofia_server

#include <sofia-sip/msg.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mclass.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/sip_protos.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_tag_io.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "Connections.h"
#include "Loop.h"
#include "Origins.h"

/// Of a message that arrives.
enum { LARGEST = 65536, TEXT = 2 * LARGEST };
/// Of a connection that says nothing, or not all of a message: as long as a transaction may last.
enum { IDLE_MS = 32000 };

struct csofia_agent {
  nta_agent_t *nta;
  csofia_agent_handlers handlers;
  csofia_connections connections;
  /// Where it listens.
  csofia_place tcp, tls;
};

struct csofia_client {
  csofia_agent *agent;
  nta_outgoing_t *request;
  csofia_client_handler handler;
  void *context;
};

struct csofia_server {
  nta_incoming_t *request;
  csofia_server_handler handler;
  void *context;
};

struct csofia_arrival {
  csofia_agent *agent;
  msg_t *message;
  tport_t *transport;
};

// MARK: Messages as text

struct text {
  su_home_t home[1];
  char host[INET6_ADDRSTRLEN];
  csofia_packet packet;
};

static const char *transport_of(const sip_t *sip) {
  const char *name = sip->sip_via ? sip->sip_via->v_protocol : NULL;
  const char *slash = name ? strrchr(name, '/') : NULL;
  if (slash && strcasecmp(slash, "/TLS") == 0) return "tls";
  return slash && strcasecmp(slash, "/TCP") == 0 ? "tcp" : "udp";
}

/// Whether `text` has to be ended.
static bool text_begin(struct text *text, msg_t *message) {
  memset(text, 0, sizeof *text);
  su_home_init(text->home);
  sip_t *sip = sip_object(message);
  text->packet.bytes = msg_as_string(text->home, message, NULL, 0, &text->packet.length);
  if (!text->packet.bytes || text->packet.length > TEXT) {
    su_home_deinit(text->home);
    return false;
  }
  const su_sockaddr_t *from = msg_addr(message);
  su_inet_ntop(from->su_family, SU_ADDR(from), text->host, sizeof text->host);
  text->packet.host = text->host;
  text->packet.port = ntohs(from->su_port);
  text->packet.transport = transport_of(sip);
  return true;
}

static void text_end(struct text *text) { su_home_deinit(text->home); }

/// In the place of sofia-sip's: for a message that is still to come it makes room for all that is promised, with numbers
/// that overflow, and writes behind it.
static issize_t extract_body(msg_t *message, msg_pub_t *object, char bytes[], isize_t length, int is_whole) {
  sip_t *sip = (sip_t *)object;
  if (sip->sip_content_length && sip->sip_content_length->l_length > LARGEST) return -1;
  return sip_extract_body(message, sip, bytes, length, is_whole);
}

/// What sofia-sip reads messages by; NULL where there is no memory for it.
static const msg_mclass_t *message_class(void) {
  static msg_mclass_t *own;
  if (!own && (own = msg_mclass_clone(sip_default_mclass(), 0, 0))) own->mc_extract_body = extract_body;
  return own;
}

/// NULL where it is no SIP message that sofia-sip would take itself.
static msg_t *message_of(const char *bytes, size_t length) {
  msg_t *message = msg_make(message_class(), 0, bytes, (ssize_t)length);
  if (!message) return NULL;
  sip_t *sip = sip_object(message);
  if (sip && (sip->sip_request || sip->sip_status) && !sip->sip_error && sip_sanity_check(sip) == 0) return message;
  msg_destroy(message);
  return NULL;
}

// MARK: What arrives

static int arrived(csofia_agent *agent, nta_agent_t *nta, msg_t *message, sip_t *sip) {
  struct text text;
  if (!agent->handlers.context) {
    msg_destroy(message);
    return 0;
  }
  csofia_arrival arrival = {.agent = agent, .message = message, .transport = NULL};
  if (text_begin(&text, message)) {
    if (sip->sip_request) {
      arrival.transport = tport_delivered_by(nta_agent_tports(nta), message);
      agent->handlers.request(agent->handlers.context, &arrival, &text.packet);
    } else {
      agent->handlers.response(agent->handlers.context, &text.packet);
    }
    text_end(&text);
  }
  if (arrival.message) msg_destroy(arrival.message);
  return 0;
}

bool csofia_arrival_reply(csofia_arrival *arrival, const char *bytes, size_t length) {
  msg_t *reply = arrival->message ? message_of(bytes, length) : NULL;
  if (!reply) return false;
  msg_t *request = arrival->message;
  arrival->message = NULL;
  return nta_msg_mreply(
             arrival->agent->nta, reply, sip_object(reply), 0, NULL, request, NTATAG_TPORT(arrival->transport), TAG_END())
         == 0;
}

static int server_event(csofia_server *server, nta_incoming_t *request, const sip_t *sip) {
  struct text text;
  if (!sip) {
    server->handler(server->context, CSOFIA_UNACKNOWLEDGED, NULL);
    return 0;
  }
  msg_t *message = nta_incoming_getrequest_ackcancel(request);
  if (!message) return 0;
  if (text_begin(&text, message)) {
    csofia_server_event event =
        sip->sip_request->rq_method == sip_method_cancel ? CSOFIA_CANCELLED : CSOFIA_ACKNOWLEDGED;
    server->handler(server->context, event, &text.packet);
    text_end(&text);
  }
  msg_destroy(message);
  return 0;
}

csofia_server *csofia_arrival_keep(csofia_arrival *arrival, csofia_server_handler handler, void *context) {
  if (!arrival->message) return NULL;
  sip_t *sip = sip_object(arrival->message);
  if (sip->sip_request->rq_method == sip_method_ack) return NULL;
  csofia_server *server = calloc(1, sizeof *server);
  if (!server) return NULL;
  *server = (csofia_server){.handler = handler, .context = context};
  msg_t *message = arrival->message;
  arrival->message = NULL;
  server->request = nta_incoming_create(
      arrival->agent->nta, NULL, message, sip, NTATAG_TPORT(arrival->transport), TAG_END());
  if (!server->request) {
    free(server);
    return NULL;
  }
  nta_incoming_bind(server->request, server_event, server);
  return server;
}

bool csofia_server_reply(csofia_server *server, const char *bytes, size_t length, const char *tag) {
  msg_t *reply = message_of(bytes, length);
  if (!reply) return false;
  // An assertion of nta's.
  if (!sip_object(reply)->sip_cseq
      || sip_object(reply)->sip_cseq->cs_method != nta_incoming_method(server->request)) {
    msg_destroy(reply);
    return false;
  }
  if (tag) nta_incoming_tag(server->request, tag);
  return nta_incoming_mreply(server->request, reply) == 0;
}

void csofia_server_release(csofia_server *server) {
  // nta answers by itself what is released without an answer: 500.
  nta_incoming_destroy(server->request);
  free(server);
}

// MARK: What is sent

/// Its transport leaves it at the message. Negative where the connection was closed.
static int error_of(nta_outgoing_t *request) {
  msg_t *message = nta_outgoing_getrequest(request);
  int error = message ? msg_errno(message) : 0;
  if (message) msg_destroy(message);
  return error ? error : -1;
}

static int client_event(csofia_client *client, nta_outgoing_t *request, const sip_t *sip) {
  struct text text;
  msg_t *message = sip ? nta_outgoing_getresponse(request) : NULL;
  if (!sip || nta_sip_is_internal(sip)) {
    client->handler(client->context, NULL, sip && sip->sip_status->st_status != 408 ? error_of(request) : 0);
  } else if (message && text_begin(&text, message)) {
    csofia_connections_keep(&client->agent->connections, nta_outgoing_transport(request));
    client->handler(client->context, &text.packet, 0);
    text_end(&text);
  }
  if (message) msg_destroy(message);
  return 0;
}

static nta_outgoing_t *outgoing(
    csofia_agent *agent, const char *bytes, size_t length, const char *branch, const char *route, csofia_client *client) {
  msg_t *message = message_of(bytes, length);
  if (!message) return NULL;
  if (!sip_object(message)->sip_request) {
    msg_destroy(message);
    return NULL;
  }
  // As a user agent nta would acknowledge and end forks by itself, and keep repeated 2xx from us; as anything else it
  // would not repeat the 2xx that we send. It is asked when a transaction begins.
  nta_agent_set_params(agent->nta, NTATAG_UA(0), TAG_END());
  csofia_origin_begin(strstr(route, "transport=tls") ? &agent->tls : &agent->tcp);
  nta_outgoing_t *request = nta_outgoing_mcreate(
      agent->nta, client ? client_event : NULL, client, (const url_string_t *)route, message, NTATAG_USER_VIA(1),
      NTATAG_BRANCH_KEY(branch), NTATAG_STATELESS(client == NULL),
      // A CANCEL may follow it, and it says that somebody is there.
      NTATAG_PASS_100(1), TAG_END());
  csofia_origin_end();
  nta_agent_set_params(agent->nta, NTATAG_UA(1), TAG_END());
  if (!request) msg_destroy(message);
  return request;
}

csofia_client *csofia_client_create(
    csofia_agent *agent, const char *bytes, size_t length, const char *branch, const char *route,
    csofia_client_handler handler, void *context) {
  csofia_client *client = calloc(1, sizeof *client);
  if (!client) return NULL;
  *client = (csofia_client){.agent = agent, .handler = handler, .context = context};
  client->request = outgoing(agent, bytes, length, branch, route, client);
  if (client->request) return client;
  free(client);
  return NULL;
}

csofia_connection csofia_client_connection(const csofia_client *client) {
  tport_t *transport = nta_outgoing_transport(client->request);
  if (!transport) return CSOFIA_CLOSED;
  csofia_connection connection = tport_is_closed(transport)      ? CSOFIA_CLOSED
                                 : tport_is_connected(transport) ? CSOFIA_CONNECTED
                                                                 : CSOFIA_CONNECTING;
  tport_unref(transport);
  return connection;
}

void csofia_client_release(csofia_client *client) {
  nta_outgoing_destroy(client->request);
  free(client);
}

bool csofia_agent_send(
    csofia_agent *agent, const char *bytes, size_t length, const char *branch, const char *route) {
  return outgoing(agent, bytes, length, branch, route, NULL) != NULL;
}

// MARK: The agent

/// In the place of sofia-sip's function: names are resolved elsewhere, and its resolver has sockets of its own.
void *sres_resolver_create(su_root_t *root, const char *configuration, tag_type_t tag, tag_value_t value, ...) {
  return NULL;
}

csofia_agent *csofia_agent_create(csofia_loop *loop, csofia_agent_handlers handlers) {
  csofia_agent *agent = calloc(1, sizeof *agent);
  if (!agent) return NULL;
  agent->handlers = handlers;
  agent->connections.handlers = &agent->handlers;
  const msg_mclass_t *class = message_class();
  if (class) {
    agent->nta = nta_agent_create(
        csofia_loop_root(loop), (url_string_t *)-1, arrived, agent, NTATAG_MCLASS(class), NTATAG_UA(1), NTATAG_MAXSIZE(LARGEST),
        NTATAG_UDP_MTU(65535), NTATAG_CANCEL_487(0), NTATAG_TIMEOUT_408(1), NTATAG_USE_NAPTR(0), NTATAG_USE_SRV(0),
        // What is wrong with a field of an answer is for the call to judge: no answer at all is worse. Zero would be all.
        NTATAG_BAD_RESP_MASK(sip_mask_publish), TPTAG_STUN_SERVER(0), TAG_END());
  }
  if (agent->nta) return agent;
  free(agent);
  return NULL;
}

void csofia_agent_silence(csofia_agent *agent) { agent->handlers.context = NULL; }

void csofia_agent_destroy(csofia_agent *agent) {
  csofia_connections_forget(&agent->connections);
  csofia_origin_forget(&agent->tcp);
  csofia_origin_forget(&agent->tls);
  nta_agent_destroy(agent->nta);
  free(agent);
}

static int bound_port(csofia_agent *agent, const char *transport) {
  int port = -EADDRNOTAVAIL;
  for (tport_t *each = tport_primaries(nta_agent_tports(agent->nta)); each; each = tport_next(each)) {
    const tp_name_t *name = tport_name(each);
    if (strcasecmp(name->tpn_proto, transport) == 0) port = atoi(name->tpn_port);
  }
  return port;
}

int csofia_agent_bind(csofia_agent *agent, const char *transport, const char *host, uint16_t port) {
  char url[128], number[8] = "*";
  if (port) snprintf(number, sizeof number, "%u", port);
  snprintf(url, sizeof url, "%s:%s:%s;transport=%s", strcmp(transport, "tls") == 0 ? "sips" : "sip", host, number, transport);
  errno = 0;
  csofia_origin_note(strcmp(transport, "tls") == 0 ? &agent->tls : &agent->tcp);
  int status = nta_agent_add_tport(
      agent->nta, (url_string_t *)url, TPTAG_STUN_SERVER(0), TPTAG_CERTIFICATE(CSOFIA_NO_FOLDER),
      TPTAG_TLS_VERIFY_POLICY(TPTLS_VERIFY_OUT), TPTAG_TLS_VERIFY_DEPTH(10),
      // What could not be read stops a connection, but does not close it. A connection that the other side closes is told.
      TPTAG_IDLE(IDLE_MS), TPTAG_TIMEOUT(IDLE_MS), TPTAG_SDWN_ERROR(1), /* Over TLS it sends pongs unasked. */
      TPTAG_PONG2PING(strcmp(transport, "tcp") == 0), TAG_END());
  csofia_origin_note(NULL);
  if (status < 0) return errno ? -errno : -EADDRNOTAVAIL;
  return bound_port(agent, transport);
}
#endif
