// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <string.h>

#include "include/CCallMedia.h"

enum { DAY = 86400, VALID_DAYS = 30 };

static bool fill(X509 *certificate, EVP_PKEY *key) {
  uint64_t serial = 0;
  X509_NAME *name = X509_get_subject_name(certificate);
  // It is of one call, and says nothing about who calls.
  return RAND_bytes((uint8_t *)&serial, sizeof serial) == 1 && X509_set_version(certificate, X509_VERSION_3) &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"call", -1, -1, 0) &&
         X509_set_issuer_name(certificate, name) && X509_gmtime_adj(X509_getm_notBefore(certificate), -DAY) &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), (long)VALID_DAYS * DAY) &&
         X509_set_pubkey(certificate, key) && X509_sign(certificate, key, EVP_sha256()) > 0;
}

static bool write_down(X509 *certificate, EVP_PKEY *key, struct media_certificate *out) {
  int size = i2d_X509(certificate, NULL), key_size = i2d_PrivateKey(key, NULL);
  if (size <= 0 || size > (int)sizeof out->certificate || key_size <= 0 || key_size > (int)sizeof out->key) return false;
  uint8_t *at = out->certificate, *key_at = out->key;
  (out->certificate_size = i2d_X509(certificate, &at), out->key_size = i2d_PrivateKey(key, &key_at));
  return X509_digest(certificate, EVP_sha256(), out->digest, NULL) == 1;
}

bool media_make_certificate(struct media_certificate *out) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *certificate = X509_new();
  memset(out, 0, sizeof *out);
  bool made = key && certificate && fill(certificate, key) && write_down(certificate, key, out);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return made;
}
#endif
