// SPDX-License-Identifier: Apache-2.0
// sofia-sip's loop, transports and transactions, without its tag lists and macros. Built with the trait SIP only.
//
// Everything belongs to the one thread that runs the loop. Text and packets that a callback is given are its caller's
// and gone when it returns.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

// MARK: The loop

typedef struct csofia_loop csofia_loop;
typedef struct csofia_watch csofia_watch;
typedef struct csofia_timer csofia_timer;

enum { CSOFIA_READABLE = 1, CSOFIA_WRITABLE = 2, CSOFIA_BROKEN = 4 };

typedef void (*csofia_ready)(void *context, int events);
typedef void (*csofia_fired)(void *context);

/// NULL where the system gives no descriptors.
csofia_loop *csofia_loop_create(void);
void csofia_loop_destroy(csofia_loop *loop);
/// Returns after `csofia_loop_stop`.
void csofia_loop_run(csofia_loop *loop);
void csofia_loop_stop(csofia_loop *loop);
/// Milliseconds of CLOCK_MONOTONIC, and of CLOCK_BOOTTIME, which counts the sleep of the machine too.
int64_t csofia_now(void);
int64_t csofia_now_with_sleep(void);

/// The descriptor stays its caller's, who keeps it open as long as the watch. NULL where the system refuses.
csofia_watch *csofia_watch_create(csofia_loop *loop, int descriptor, int events, csofia_ready ready, void *context);
void csofia_watch_change(csofia_watch *watch, int events);
/// May be called from its own callback, as for timers.
void csofia_watch_destroy(csofia_watch *watch);

/// Fires once.
csofia_timer *csofia_timer_create(csofia_loop *loop, int64_t milliseconds, csofia_fired fired, void *context);
void csofia_timer_destroy(csofia_timer *timer);

// MARK: The agent

typedef struct csofia_agent csofia_agent;
typedef struct csofia_client csofia_client;
typedef struct csofia_server csofia_server;
typedef struct csofia_arrival csofia_arrival;

/// One message as it came, and from where: numeric, an IPv6 address without brackets.
typedef struct {
  const char *bytes;
  size_t length;
  const char *host;
  uint16_t port;
  const char *transport; // "udp", "tcp" or "tls"
} csofia_packet;

typedef struct {
  void *context;
  /// A request that is no retransmission. Only while this runs, `arrival` can be answered or kept; else it is ignored.
  void (*request)(void *context, csofia_arrival *arrival, const csofia_packet *packet);
  /// A response that belongs to no client transaction that nta still has.
  void (*response)(void *context, const csofia_packet *packet);
  /// The connection that the far end has answered by is gone; only once.
  void (*lost)(void *context, const char *host, uint16_t port, const char *transport);
} csofia_agent_handlers;

/// Without transports.
csofia_agent *csofia_agent_create(csofia_loop *loop, csofia_agent_handlers handlers);
/// Its handlers are not called any more.
void csofia_agent_silence(csofia_agent *agent);
/// Not from within its handlers, nor those of its transactions, which are to be released before.
void csofia_agent_destroy(csofia_agent *agent);
/// Binds to `host` (numeric; IPv6 in brackets) and `port`, 0 being any; gives the port, or an errno, negative.
int csofia_agent_bind(csofia_agent *agent, const char *transport, const char *host, uint16_t port);

/// Connects a socket that is none of sofia-sip's, from a port that the system chooses.
int csofia_connect_apart(int descriptor, const struct sockaddr *address, socklen_t length);

/// Answers without keeping anything; false where the text is no SIP or cannot be sent.
bool csofia_arrival_reply(csofia_arrival *arrival, const char *bytes, size_t length);

typedef enum { CSOFIA_ACKNOWLEDGED, CSOFIA_CANCELLED, CSOFIA_UNACKNOWLEDGED } csofia_server_event;
/// `packet` is NULL for CSOFIA_UNACKNOWLEDGED: no ACK has come for 32 s.
typedef void (*csofia_server_handler)(void *context, csofia_server_event event, const csofia_packet *packet);

/// Makes a transaction of it. NULL for an ACK, or without memory.
csofia_server *csofia_arrival_keep(csofia_arrival *arrival, csofia_server_handler handler, void *context);
/// `tag` is the one of To in the response: an ACK is known by it.
bool csofia_server_reply(csofia_server *server, const char *bytes, size_t length, const char *tag);
/// Its callback is not called any more; what has been answered is repeated as long as it has to be.
void csofia_server_release(csofia_server *server);

/// `packet` is NULL where nta gave up by itself: `error` is an errno then, or 0 where nobody has answered.
typedef void (*csofia_client_handler)(void *context, const csofia_packet *packet, int error);

/// Sends a request of ours with its own Via, along `route` (a SIP URI with a numeric host). NULL if it cannot be.
csofia_client *csofia_client_create(
    csofia_agent *agent, const char *bytes, size_t length, const char *branch, const char *route,
    csofia_client_handler handler, void *context);
typedef enum { CSOFIA_CONNECTING, CSOFIA_CONNECTED, CSOFIA_CLOSED } csofia_connection;
/// Of a transaction over a stream.
csofia_connection csofia_client_connection(const csofia_client *client);
/// Its callback is not called any more. What is retransmitted by itself goes on.
void csofia_client_release(csofia_client *client);
/// Sends without a transaction: an ACK.
bool csofia_agent_send(
    csofia_agent *agent, const char *bytes, size_t length, const char *branch, const char *route);

/// Sends an empty line from the UDP socket that is bound to the first address to the second one, both numeric, IPv6
/// without brackets. False where there is no such socket, or it cannot send.
bool csofia_keep_alive(const char *own_host, uint16_t own_port, const char *host, uint16_t port);

// MARK: TLS

/// A handshake with that address and port has failed, for the reason `text`.
typedef void (*csofia_tls_failed)(void *context, const char *host, uint16_t port, const char *text);

/// Whom the certificate at that address must be for (a name, or a number) from now on: sofia-sip knows neither the
/// server name indication, nor wildcards, nor addresses in certificates, nor tells why a handshake failed.
void csofia_tls_expect(const char *host, uint16_t port, const char *name);
/// From now on, certificates must be of the authorities of this PEM file, and not of the system's. False, and `why`,
/// where it has none.
bool csofia_tls_trust(const char *file, char *why, size_t size);
/// One of a process; NULL for none.
void csofia_tls_on_failure(csofia_tls_failed failed, void *context);

// MARK: Hashes, by OpenSSL

enum { CSOFIA_LARGEST_HASH = 64 };

/// `algorithm` is OpenSSL's name of it. The size of the hash; 0 where OpenSSL does not have it.
size_t csofia_hash(const char *algorithm, const uint8_t *bytes, size_t length, uint8_t hash[CSOFIA_LARGEST_HASH]);

// MARK: Names, by c-ares

typedef struct csofia_resolver csofia_resolver;

/// An address, numeric; or a service, with its priority as `order`; or a pointer, with its preference as `weight`.
typedef struct {
  const char *name;
  const char *service;
  const char *flags;
  uint16_t order, weight, port;
} csofia_name;

typedef enum {
  CSOFIA_NAMES_FOUND,
  CSOFIA_NAMES_NONE,
  /// No name server answers.
  CSOFIA_NAMES_SILENCE,
  CSOFIA_NAMES_CANCELLED,
  CSOFIA_NAMES_FAILED
} csofia_names_status;

/// Called once, maybe before the function that asks returns. `text` says what c-ares makes of it.
typedef void (*csofia_names_found)(
    void *context, csofia_names_status status, const csofia_name *names, size_t count, const char *text);

/// As resolv.conf says. `lookups` is "f" for the hosts file, "b" for name servers, or both in their order;
/// `milliseconds` is what a name server has for its first answer. NULL without memory.
csofia_resolver *csofia_resolver_create(csofia_loop *loop, const char *lookups, int milliseconds);
/// What is under way is CSOFIA_NAMES_CANCELLED.
void csofia_resolver_destroy(csofia_resolver *resolver);
/// A and AAAA, sorted by RFC 6724.
void csofia_resolve_addresses(csofia_resolver *resolver, const char *name, csofia_names_found found, void *context);
/// SRV.
void csofia_resolve_services(csofia_resolver *resolver, const char *name, csofia_names_found found, void *context);
/// NAPTR.
void csofia_resolve_pointers(csofia_resolver *resolver, const char *name, csofia_names_found found, void *context);

// MARK: What Glibc's module lacks

/// A socket that becomes readable when links, addresses or routes change; an errno, negative, where there is none.
int csofia_network_changes(void);
/// Blocks SIGTERM and SIGINT, and gives a descriptor that becomes readable by them; an errno, negative.
int csofia_stop_signals(void);
/// The next that has come, or 0.
int csofia_next_signal(int descriptor);
