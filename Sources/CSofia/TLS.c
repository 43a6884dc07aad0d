// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#define _GNU_SOURCE
#include "CSofia.h"
#include "Loop.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/// Far ends of one call: more than its route and its redirections have.
enum { EXPECTATIONS = 16 };

static struct {
  char host[INET6_ADDRSTRLEN];
  uint16_t port;
  char name[256];
} expected[EXPECTATIONS];
static unsigned next;

static csofia_tls_failed failure_handler;
static void *failure_context;

void csofia_tls_expect(const char *host, uint16_t port, const char *name) {
  unsigned place = next;
  for (unsigned i = 0; i < EXPECTATIONS; i++)
    if (expected[i].port == port && strcmp(expected[i].host, host) == 0) place = i;
  if (place == next) next = (next + 1) % EXPECTATIONS;
  snprintf(expected[place].host, sizeof expected[place].host, "%s", host);
  snprintf(expected[place].name, sizeof expected[place].name, "%s", name);
  expected[place].port = port;
}

void csofia_tls_on_failure(csofia_tls_failed failed, void *context) {
  failure_handler = failed;
  failure_context = context;
}

/// Empty where it is not connected.
static void peer_of(const SSL *ssl, char host[INET6_ADDRSTRLEN], uint16_t *port) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  host[0] = '\0';
  if (getpeername(SSL_get_fd(ssl), (struct sockaddr *)&address, &length) != 0) return;
  const struct sockaddr_in *four = (const struct sockaddr_in *)&address;
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&address;
  bool is_six = address.ss_family == AF_INET6;
  *port = ntohs(is_six ? six->sin6_port : four->sin_port);
  inet_ntop(address.ss_family, is_six ? (const void *)&six->sin6_addr : &four->sin_addr, host, INET6_ADDRSTRLEN);
}

static const char *name_at(const char *host, uint16_t port) {
  for (unsigned i = 0; i < EXPECTATIONS; i++)
    if (expected[i].port == port && strcmp(expected[i].host, host) == 0) return expected[i].name;
  return NULL;
}

/// In the contexts of sofia-sip; others may make connections of their own.
static int mark = -1;

static void mark_as_of_sofia(SSL_CTX *context) {
  if (mark < 0) mark = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
  if (mark >= 0) SSL_CTX_set_ex_data(context, mark, &mark);
}

static bool is_of_sofia(const SSL *ssl) { return mark >= 0 && SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), mark) == &mark; }

static bool demand(SSL *ssl, const char *name) {
  X509_VERIFY_PARAM *check = SSL_get0_param(ssl);
  SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
  if (!SSL_set_min_proto_version(ssl, TLS1_2_VERSION)) return false;
  if (X509_VERIFY_PARAM_set1_ip_asc(check, name)) return true;
  X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, name) && SSL_set_tlsext_host_name(ssl, name);
}

/// The file of them; empty where the system's count.
static char authorities[4096];

static void describe(const SSL *ssl, const char *name, int error, char *text, size_t size) {
  long verdict = SSL_get_verify_result(ssl);
  unsigned long code = ERR_peek_last_error();
  if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH)
    snprintf(text, size, "its certificate is not for %s", name);
  else if (verdict != X509_V_OK && authorities[0])
    snprintf(text, size, "its certificate cannot be trusted: %s; add its authority to the account's CA file, %.512s",
             X509_verify_cert_error_string(verdict), authorities);
  else if (verdict != X509_V_OK)
    snprintf(text, size, "its certificate cannot be trusted: %s; add its authority to this machine's (update-ca-certificates)",
             X509_verify_cert_error_string(verdict));
  else if (code && ERR_reason_error_string(code))
    snprintf(text, size, "the handshake failed: %s", ERR_reason_error_string(code));
  else
    snprintf(text, size, "it ended the connection in the handshake");
}

/// In the place of OpenSSL's function, which sofia-sip calls by this name. Connections of others pass through.
int SSL_connect(SSL *ssl) {
  static int (*connect_really)(SSL *);
  if (!connect_really) connect_really = (int (*)(SSL *))dlsym(RTLD_NEXT, "SSL_connect");
  char host[INET6_ADDRSTRLEN];
  uint16_t port = 0;
  peer_of(ssl, host, &port);
  const char *name = name_at(host, port);
  if (!name && !is_of_sofia(ssl)) return connect_really(ssl);
  if (!name) {
    if (failure_handler) failure_handler(failure_context, host, port, "no name is known that its certificate must be for");
    return -1;
  }
  if (SSL_in_before(ssl)) {
    ERR_clear_error();
    if (!demand(ssl, name)) return -1;
  }
  int result = connect_really(ssl);
  int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, result);
  if (error == SSL_ERROR_NONE || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return result;
  char text[896];
  describe(ssl, name, error, text, sizeof text);
  if (failure_handler) failure_handler(failure_context, host, port, text);
  return result;
}

bool csofia_tls_trust(const char *file, char *why, size_t size) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  ERR_clear_error();
  bool works = context && strlen(file) < sizeof authorities && SSL_CTX_load_verify_file(context, file) == 1;
  SSL_CTX_free(context);
  // If it has none, none count: not the system's either.
  snprintf(authorities, sizeof authorities, "%s", strlen(file) < sizeof authorities ? file : "/");
  if (works) return true;
  unsigned long first = ERR_peek_error();
  const char *reason =
    ERR_SYSTEM_ERROR(first) ? strerror(ERR_GET_REASON(first)) : ERR_reason_error_string(ERR_peek_last_error());
  snprintf(why, size, "%s", reason ? reason : "it cannot be read");
  return false;
}

/// In the place of OpenSSL's function: sofia-sip knows one file in one folder, and not where the system's certificates
/// are, nor SSL_CERT_FILE.
int SSL_CTX_load_verify_locations(SSL_CTX *context, const char *file, const char *folder) {
  static int (*load_really)(SSL_CTX *, const char *, const char *);
  if (!load_really)
    load_really = (int (*)(SSL_CTX *, const char *, const char *))dlsym(RTLD_NEXT, "SSL_CTX_load_verify_locations");
  if (folder && strcmp(folder, CSOFIA_NO_FOLDER) == 0) {
    mark_as_of_sofia(context);
    if (!authorities[0]) return SSL_CTX_set_default_verify_paths(context);
    // An empty store trusts nobody. Without it, sofia-sip has no TLS at all, and does not say why.
    (void)SSL_CTX_load_verify_file(context, authorities);
    return 1;
  }
  return load_really(context, file, folder);
}
#endif
