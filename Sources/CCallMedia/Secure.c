// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Secure.h"

#include <pthread.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

struct secure {
  srtp_t session;
  srtp_policy_t policy;
  uint8_t material[64];
  /// Until the first packet has shown which one is right.
  bool seeks;
  uint32_t expected;
};

static void start(void) { srtp_init(); }

static bool set_suite(srtp_policy_t *policy, const struct media_key *key) {
  static const struct {
    const char *name;
    uint8_t size;
    void (*rtp)(srtp_crypto_policy_t *), (*control)(srtp_crypto_policy_t *);
  } suites[] = {
      {"AES_CM_128_HMAC_SHA1_80", 30, srtp_crypto_policy_set_rtp_default, srtp_crypto_policy_set_rtcp_default},
      // Its short tag is for RTP alone (RFC 4568, 6.2.2).
      {"AES_CM_128_HMAC_SHA1_32", 30, srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, srtp_crypto_policy_set_rtcp_default},
      {"AES_256_CM_HMAC_SHA1_80", 46, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80,
       srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
      {"AES_256_CM_HMAC_SHA1_32", 46, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32,
       srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80},
      {"AEAD_AES_128_GCM", 28, srtp_crypto_policy_set_aes_gcm_128_16_auth, srtp_crypto_policy_set_aes_gcm_128_16_auth},
      {"AEAD_AES_256_GCM", 44, srtp_crypto_policy_set_aes_gcm_256_16_auth, srtp_crypto_policy_set_aes_gcm_256_16_auth},
  };
  for (unsigned i = 0; i < sizeof suites / sizeof *suites; i++) {
    if (strcmp(suites[i].name, key->suite) != 0 || suites[i].size != key->size) continue;
    suites[i].rtp(&policy->rtp);
    suites[i].control(&policy->rtcp);
    return true;
  }
  return false;
}

static bool open_session(struct secure *secure) {
  if (secure->session) srtp_dealloc(secure->session);
  secure->session = NULL;
  return srtp_create(&secure->session, &secure->policy) == srtp_err_status_ok;
}

struct secure *secure_make(const struct media_key *key, bool sends) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, start);
  struct secure *secure = calloc(1, sizeof *secure);
  if (!secure) return NULL;
  memcpy(secure->material, key->material, sizeof secure->material);
  secure->policy.key = secure->material;
  secure->policy.ssrc.type = sends ? ssrc_any_outbound : ssrc_any_inbound;
  // A burst after a pause of the network is no replay.
  secure->policy.window_size = 1024;
  secure->policy.allow_repeat_tx = 0;
  if (set_suite(&secure->policy, key) && open_session(secure)) return secure;
  secure_free(secure);
  return NULL;
}

void secure_free(struct secure *secure) {
  if (!secure) return;
  if (secure->session) srtp_dealloc(secure->session);
  explicit_bzero(secure->material, sizeof secure->material);
  free(secure);
}

static bool open_stream(struct secure *secure, uint32_t source, bool sends, uint32_t rollovers) {
  secure->policy.ssrc.type = ssrc_specific;
  secure->policy.ssrc.value = source;
  bool opened = open_session(secure) && srtp_set_stream_roc(secure->session, source, rollovers) == srtp_err_status_ok;
  secure->policy.ssrc.type = sends ? ssrc_any_outbound : ssrc_any_inbound;
  return opened;
}

void secure_continue(struct secure *secure, uint32_t source, uint32_t rollovers, uint32_t reports) {
  if (!open_stream(secure, source, true, rollovers)) return;
  // The library counts reports only by protecting them, and the far end takes no number twice.
  for (uint32_t i = 0; i < reports; i++) {
    uint8_t report[8 + 160] = {0x80, 201, 0, 1, (uint8_t)(source >> 24), (uint8_t)(source >> 16), (uint8_t)(source >> 8),
                               (uint8_t)source};
    int size = 8;
    if (srtp_protect_rtcp(secure->session, report, &size) != srtp_err_status_ok) return;
  }
}

void secure_place(struct secure *secure, uint32_t source, uint32_t rollovers) {
  srtp_set_stream_roc(secure->session, source, rollovers);
}

void secure_expect(struct secure *secure, uint32_t rollovers) {
  (secure->seeks = rollovers > 0, secure->expected = rollovers);
}

uint32_t secure_rollovers(struct secure *secure, uint32_t source) {
  uint32_t rollovers = 0;
  if (secure->seeks) return secure->expected;
  return srtp_get_stream_roc(secure->session, source, &rollovers) == srtp_err_status_ok ? rollovers : 0;
}

int secure_protect(struct secure *secure, uint8_t *packet, int size, bool control) {
  srtp_err_status_t status =
      (control ? srtp_protect_rtcp : srtp_protect)(secure->session, packet, &size);
  return status == srtp_err_status_ok ? size : -1;
}

/// The count was written down some time ago: it may be one more by now.
static int seek(struct secure *secure, uint8_t *packet, int size) {
  uint32_t source = (uint32_t)packet[8] << 24 | (uint32_t)packet[9] << 16 | (uint32_t)packet[10] << 8 | packet[11];
  uint8_t kept[2048];
  memcpy(kept, packet, (size_t)size);
  for (uint32_t rollovers = secure->expected; rollovers <= secure->expected + 1; rollovers++) {
    int opened = size;
    if (!open_stream(secure, source, false, rollovers)) break;
    if (srtp_unprotect(secure->session, packet, &opened) == srtp_err_status_ok) {
      // Other sources begin at nought, as ever.
      secure->seeks = false;
      return opened;
    }
    memcpy(packet, kept, (size_t)size);
  }
  return -1;
}

int secure_unprotect(struct secure *secure, uint8_t *packet, int size, bool control) {
  if (!control && secure->seeks && size >= 12 && size <= 2048) {
    int opened = seek(secure, packet, size);
    if (opened >= 0) return opened;
    if (!open_session(secure)) return -1;
  }
  srtp_err_status_t status =
      (control ? srtp_unprotect_rtcp : srtp_unprotect)(secure->session, packet, &size);
  if (status == srtp_err_status_ok && !control) secure->seeks = false;
  return status == srtp_err_status_ok ? size : -1;
}
#endif
