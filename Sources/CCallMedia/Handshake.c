// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Handshake.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// The far end may be slow to answer, but whoever waits for a voice does not wait longer.
enum { LONGEST_MS = 30000, FIRST_PAUSE_US = 200000, LONGEST_PAUSE_US = 3000000, LARGEST_SENT = 1200, LARGEST_CHAIN = 16384 };

struct handshake {
  struct media_handshake wanted;
  enum handshake_state state;
  SSL_CTX *context;
  SSL *ssl;
  handshake_send send;
  void *owner;
  /// The datagram that is being read.
  const uint8_t *datagram;
  int size;
  int64_t since;
  bool unknown_certificate;
  struct media_key send_key, receive_key;
  char why[256];
};

/// A stream would not keep datagrams apart.
static int write_datagram(BIO *bio, const char *data, int size) {
  struct handshake *handshake = BIO_get_data(bio);
  handshake->send(handshake->owner, (const uint8_t *)data, size);
  return size;
}

static int read_datagram(BIO *bio, char *data, int room) {
  struct handshake *handshake = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  if (handshake->size == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  int size = handshake->size < room ? handshake->size : room;
  memcpy(data, handshake->datagram, (size_t)size);
  handshake->size = 0;
  return size;
}

static long control(BIO *bio, int command, long number, void *pointer) {
  (void)bio, (void)number, (void)pointer;
  switch (command) {
  case BIO_CTRL_FLUSH: return 1;
  case BIO_CTRL_DGRAM_QUERY_MTU:
  case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return LARGEST_SENT;
  default: return 0;
  }
}

static BIO_METHOD *datagrams;

static void make_datagrams(void) {
  datagrams = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
  if (!datagrams) return;
  BIO_meth_set_write(datagrams, write_datagram);
  BIO_meth_set_read(datagrams, read_datagram);
  BIO_meth_set_ctrl(datagrams, control);
}

static bool has_fingerprint(const struct media_handshake *wanted, X509 *certificate) {
  for (int i = 0; i < wanted->fingerprint_count; i++) {
    const struct media_fingerprint *fingerprint = &wanted->fingerprints[i];
    const EVP_MD *hash = strcmp(fingerprint->hash, "sha-512") == 0   ? EVP_sha512()
                         : strcmp(fingerprint->hash, "sha-384") == 0 ? EVP_sha384()
                                                                     : EVP_sha256();
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (X509_digest(certificate, hash, digest, &size) && size == fingerprint->size &&
        CRYPTO_memcmp(digest, fingerprint->digest, size) == 0) {
      return true;
    }
  }
  return false;
}

/// No authority and no date says whose certificate it is (RFC 5763, 5).
static int check(X509_STORE_CTX *store, void *context) {
  struct handshake *handshake = context;
  X509 *certificate = X509_STORE_CTX_get0_cert(store);
  if (certificate && has_fingerprint(&handshake->wanted, certificate)) return 1;
  handshake->unknown_certificate = true;
  X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

static unsigned pause_before(SSL *ssl, unsigned last) {
  (void)ssl;
  if (last == 0) return FIRST_PAUSE_US;
  return last >= LONGEST_PAUSE_US / 2 ? LONGEST_PAUSE_US : 2 * last;
}

static bool use_own(SSL_CTX *context, const struct media_certificate *own) {
  const uint8_t *at = own->key;
  EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, own->key_size);
  bool used = key && SSL_CTX_use_certificate_ASN1(context, own->certificate_size, own->certificate) == 1 &&
              SSL_CTX_use_PrivateKey(context, key) == 1;
  EVP_PKEY_free(key);
  return used;
}

static bool set_up(struct handshake *handshake, const struct media_certificate *own) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, make_datagrams);
  SSL_CTX *context = handshake->context = SSL_CTX_new(DTLS_method());
  if (!datagrams || !context || !use_own(context, own)) return false;
  SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(context, LARGEST_CHAIN);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  SSL_CTX_set_cert_verify_callback(context, check, handshake);
  // It alone says 0 where all is well.
  bool profiles = SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_256_GCM:SRTP_AEAD_AES_128_GCM:"
                                                       "SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32") == 0;
  if (!profiles || !SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) ||
      !SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES")) {
    return false;
  }
  BIO *bio = BIO_new(datagrams);
  SSL *ssl = handshake->ssl = SSL_new(context);
  if (!bio || !ssl) {
    BIO_free(bio);
    return false;
  }
  BIO_set_data(bio, handshake);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
  SSL_set_mtu(ssl, LARGEST_SENT);
  DTLS_set_timer_cb(ssl, pause_before);
  if (handshake->wanted.active) SSL_set_connect_state(ssl);
  else SSL_set_accept_state(ssl);
  return true;
}

struct handshake *handshake_make(const struct media_handshake *wanted, const struct media_certificate *own,
                                 handshake_send send, void *owner, char why[256]) {
  struct handshake *handshake = calloc(1, sizeof *handshake);
  if (handshake) (handshake->wanted = *wanted, handshake->send = send, handshake->owner = owner);
  ERR_clear_error();
  if (handshake && set_up(handshake, own)) return handshake;
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  snprintf(why, 256, "no handshake for the keys of the sound is possible: %s", reason ? reason : "there is no memory");
  handshake_free(handshake);
  return NULL;
}

void handshake_free(struct handshake *handshake) {
  if (!handshake) return;
  SSL_free(handshake->ssl);
  SSL_CTX_free(handshake->context);
  explicit_bzero(handshake, sizeof *handshake);
  free(handshake);
}

static void fail(struct handshake *handshake, const char *why) {
  handshake->state = HANDSHAKE_FAILED;
  snprintf(handshake->why, sizeof handshake->why, "%s", why);
}

static void fail_by_error(struct handshake *handshake, int error) {
  const char *reason = ERR_reason_error_string(ERR_peek_last_error());
  char why[256];
  if (handshake->unknown_certificate) {
    snprintf(why, sizeof why, "the far end's certificate is not the one that its session description names "
                              "(a=fingerprint); somebody may be in between");
  } else {
    snprintf(why, sizeof why, "the DTLS handshake with the far end failed: %s",
             reason ? reason : error == SSL_ERROR_ZERO_RETURN ? "it ended it" : "it broke off");
  }
  fail(handshake, why);
}

/// RFC 5764, 4.2: both keys, then both salts, the client's first.
static bool export_keys(struct handshake *handshake) {
  static const struct {
    unsigned long profile;
    const char *suite;
    int key, salt;
  } suites[] = {
      {SRTP_AEAD_AES_256_GCM, "AEAD_AES_256_GCM", 32, 12},
      {SRTP_AEAD_AES_128_GCM, "AEAD_AES_128_GCM", 16, 12},
      {SRTP_AES128_CM_SHA1_80, "AES_CM_128_HMAC_SHA1_80", 16, 14},
      {SRTP_AES128_CM_SHA1_32, "AES_CM_128_HMAC_SHA1_32", 16, 14},
  };
  static const char label[] = "EXTRACTOR-dtls_srtp";
  const SRTP_PROTECTION_PROFILE *profile = SSL_get_selected_srtp_profile(handshake->ssl);
  for (unsigned i = 0; profile && i < sizeof suites / sizeof *suites; i++) {
    if (suites[i].profile != profile->id) continue;
    int key = suites[i].key, salt = suites[i].salt;
    uint8_t material[2 * (32 + 14)];
    if (SSL_export_keying_material(handshake->ssl, material, (size_t)(2 * (key + salt)), label, sizeof label - 1, NULL, 0,
                                   0) != 1) {
      return false;
    }
    struct media_key *keys[] = {handshake->wanted.active ? &handshake->send_key : &handshake->receive_key,
                                handshake->wanted.active ? &handshake->receive_key : &handshake->send_key};
    for (int end = 0; end < 2; end++) {
      snprintf(keys[end]->suite, sizeof keys[end]->suite, "%s", suites[i].suite);
      memcpy(keys[end]->material, material + end * key, (size_t)key);
      memcpy(keys[end]->material + key, material + 2 * key + end * salt, (size_t)salt);
      keys[end]->size = (uint8_t)(key + salt);
    }
    explicit_bzero(material, sizeof material);
    return true;
  }
  return false;
}

static void go_on(struct handshake *handshake) {
  ERR_clear_error();
  int result = SSL_do_handshake(handshake->ssl);
  if (result == 1) {
    if (export_keys(handshake)) handshake->state = HANDSHAKE_DONE;
    else fail(handshake, "the far end knows no encryption of sound (SRTP) that is known here");
    return;
  }
  int error = SSL_get_error(handshake->ssl, result);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail_by_error(handshake, error);
}

void handshake_take(struct handshake *handshake, const uint8_t *datagram, int size) {
  if (handshake->state == HANDSHAKE_FAILED || size <= 0) return;
  (handshake->datagram = datagram, handshake->size = size);
  if (handshake->state == HANDSHAKE_RUNS) {
    go_on(handshake);
  } else {
    uint8_t nothing[64];
    ERR_clear_error();
    SSL_read(handshake->ssl, nothing, sizeof nothing);
  }
  (handshake->datagram = NULL, handshake->size = 0);
}

void handshake_tick(struct handshake *handshake, int64_t now) {
  if (handshake->state != HANDSHAKE_RUNS) return;
  if (handshake->since == 0) {
    handshake->since = now;
    go_on(handshake);
    return;
  }
  ERR_clear_error();
  if (now - handshake->since >= LONGEST_MS || DTLSv1_handle_timeout(handshake->ssl) < 0) {
    fail(handshake, "the far end does not answer in the DTLS handshake that its keys come from");
  }
}

enum handshake_state handshake_state(const struct handshake *handshake) { return handshake->state; }

void handshake_keys(const struct handshake *handshake, struct media_key *send, struct media_key *receive) {
  (*send = handshake->send_key, *receive = handshake->receive_key);
}

const char *handshake_why(const struct handshake *handshake) { return handshake->why; }

bool handshake_is(const uint8_t *packet, int size) { return size > 0 && packet[0] >= 20 && packet[0] <= 63; }
#endif
