// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "Internal.h"

bool same_handshake(const struct media_handshake *a, const struct media_handshake *b) {
  if (a->wanted != b->wanted || a->active != b->active || a->number != b->number ||
      strcmp(a->far_id, b->far_id) != 0 || a->fingerprint_count != b->fingerprint_count) {
    return false;
  }
  for (int i = 0; i < a->fingerprint_count; i++) {
    const struct media_fingerprint *one = &a->fingerprints[i], *other = &b->fingerprints[i];
    if (strcmp(one->hash, other->hash) != 0 || one->size != other->size ||
        memcmp(one->digest, other->digest, one->size) != 0) {
      return false;
    }
  }
  return true;
}

bool awaits_keys(const struct media *media) { return media->plan.handshake.wanted && !media->sending.secure; }

bool handshake_runs(const struct media *media) {
  return media->handshake && handshake_state(media->handshake) == HANDSHAKE_RUNS;
}

/// To the far end, which has heard nothing, the numbers have not begun anew yet (RFC 3711, 3.3.1).
static void begin_stream(struct media *media) {
  struct sending *sending = &media->sending;
  int64_t now = clock_ms(CLOCK_BOOTTIME), length = media->plan.packet_time;
  int64_t place = (now - media->identity.epoch) / length;
  if (sending->placed) return;
  if (place < sending->least) place = sending->least;
  media->identity.first_sequence = (uint16_t)(media->identity.first_sequence + place);
  media->identity.first_timestamp += (uint32_t)(place * length * (media->plan.codec.clock / 1000));
  (media->identity.epoch = now, sending->least = 0);
  media_tell(media, MEDIA_EVENT_IDENTITY, false, NULL);
}

static void use_keys(struct media *media) {
  struct media_plan *plan = &media->plan;
  handshake_keys(media->handshake, &plan->send_key, &plan->receive_key);
  struct secure *sends = secure_make(&plan->send_key, true), *receives = secure_make(&plan->receive_key, false);
  if (sends && receives) {
    begin_stream(media);
    set_send_key(media, sends, plan->packet_time);
    set_receive_key(media, receives);
    return;
  }
  secure_free(sends);
  secure_free(receives);
}

/// What the thread that applies plans is to hear.
static void note(struct media *media, enum handshake_state before) {
  enum handshake_state state = handshake_state(media->handshake);
  if (state == before) return;
  if (state == HANDSHAKE_DONE) use_keys(media);
  set_timer(media);
  media_tell(media, MEDIA_EVENT_HANDSHAKE, false, NULL);
}

void take_handshake(struct media *media, const uint8_t *datagram, int size) {
  if (!media->handshake) return;
  enum handshake_state before = handshake_state(media->handshake);
  handshake_take(media->handshake, datagram, size);
  note(media, before);
}

void tick_handshake(struct media *media) {
  if (!media->handshake) return;
  enum handshake_state before = handshake_state(media->handshake);
  handshake_tick(media->handshake, clock_ms(CLOCK_MONOTONIC));
  note(media, before);
}

enum media_handshake_result media_get_handshake(struct media *media, struct media_key *send, struct media_key *receive,
                                                char why[256]) {
  enum media_handshake_result result = MEDIA_HANDSHAKE_RUNS;
  pthread_mutex_lock(&media->lock);
  if (media->handshake && handshake_state(media->handshake) == HANDSHAKE_FAILED) {
    snprintf(why, 256, "%s", handshake_why(media->handshake));
    result = MEDIA_HANDSHAKE_FAILED;
  } else if (media->handshake && handshake_state(media->handshake) == HANDSHAKE_DONE) {
    handshake_keys(media->handshake, send, receive);
    result = MEDIA_HANDSHAKE_DONE;
  }
  pthread_mutex_unlock(&media->lock);
  return result;
}

void media_set_certificate(struct media *media, const struct media_certificate *certificate) {
  media->certificate = *certificate;
}

bool media_plan_add_fingerprint(struct media_plan *plan, const char *hash, const uint8_t *digest, int size) {
  struct media_handshake *handshake = &plan->handshake;
  if (handshake->fingerprint_count == MEDIA_MOST_FINGERPRINTS) return false;
  struct media_fingerprint *fingerprint = &handshake->fingerprints[handshake->fingerprint_count];
  if (strlen(hash) >= sizeof fingerprint->hash || size <= 0 || size > (int)sizeof fingerprint->digest) return false;
  snprintf(fingerprint->hash, sizeof fingerprint->hash, "%s", hash);
  memcpy(fingerprint->digest, digest, (size_t)size);
  fingerprint->size = (uint8_t)size;
  handshake->fingerprint_count++;
  return true;
}

bool media_plan_set_handshake(struct media_plan *plan, bool active, uint32_t number, const char *far_id) {
  struct media_handshake *handshake = &plan->handshake;
  if (strlen(far_id) >= sizeof handshake->far_id) return false;
  (handshake->wanted = true, handshake->active = active, handshake->number = number);
  snprintf(handshake->far_id, sizeof handshake->far_id, "%s", far_id);
  return true;
}

bool media_certificate_set(struct media_certificate *out, const uint8_t *certificate, int size, const uint8_t *key,
                           int key_size) {
  if (size <= 0 || size > (int)sizeof out->certificate || key_size <= 0 || key_size > (int)sizeof out->key) return false;
  memset(out, 0, sizeof *out);
  memcpy(out->certificate, certificate, (size_t)size);
  memcpy(out->key, key, (size_t)key_size);
  (out->certificate_size = size, out->key_size = key_size);
  return true;
}
#endif
