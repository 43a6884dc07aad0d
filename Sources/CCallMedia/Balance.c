// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <string.h>

#include "Internal.h"

enum { MARGIN = 10 * SOUND_PER_MS, TOO_MUCH = 25 * SOUND_PER_MS, FAR_TOO_MUCH = 120 * SOUND_PER_MS };

/// Once a second: how much lay in the ring even when it was emptiest; -1: the second is not over.
static int emptiest(struct media *media, struct balance *balance, int level) {
  if (balance->ticks == 0 || level < balance->least) balance->least = level;
  if (++balance->ticks < 1000 / media->tick_ms) return -1;
  balance->ticks = 0;
  return balance->least;
}

void take_spoken(struct media *media, int16_t *sound, int count) {
  if (media->player) {
    player_read(media->player, sound, count);
    return;
  }
  struct balance *balance = &media->spoken_balance;
  struct ring *ring = media->devices ? devices_ring(media->devices, false) : NULL;
  if (!ring) {
    memset(sound, 0, (size_t)count * sizeof(int16_t));
    return;
  }
  int there = (int)ring_fill(ring);
  if (there > count + FAR_TOO_MUCH) ring_skip(ring, (uint32_t)(there - count - MARGIN));
  // A device brings sound in pieces: the first one waits for a second, or every other would come too late.
  if (!balance->primed && there < count + MARGIN) {
    memset(sound, 0, (size_t)count * sizeof(int16_t));
    return;
  }
  balance->primed = true;
  int got = (int)ring_read(ring, sound, (uint32_t)count);
  if (got < count) {
    memset(sound + got, 0, (size_t)(count - got) * sizeof(int16_t));
    balance->primed = false;
  }
  int least = emptiest(media, balance, (int)ring_fill(ring));
  if (least <= TOO_MUCH) return;
  // The microphone's clock is the faster one: 5 ms are passed over, faded from the one to the other.
  int16_t later[240];
  ring_skip(ring, 240);
  int more = (int)ring_read(ring, later, 240);
  for (int i = 0; i < more && count >= 240; i++) {
    int16_t *at = sound + count - 240 + i;
    *at = (int16_t)((*at * (240 - i) + later[i] * i) / 240);
  }
}

void give_heard(struct media *media, const int16_t *sound, int count) {
  if (!media->devices || !devices_running(media->devices, true)) return;
  struct ring *ring = devices_ring(media->devices, true);
  int16_t *past = media->heard_past;
  memcpy(past + PAST, sound, (size_t)count * sizeof(int16_t));
  int made = PAST + count;
  int least = emptiest(media, &media->heard_balance, (int)ring_fill(ring));
  if (least > TOO_MUCH && count >= 720) made = sound_shorten(past, made);
  ring_write(ring, past + PAST, made > PAST ? (uint32_t)(made - PAST) : 0);
  memmove(past, past + made - PAST, PAST * sizeof(int16_t));
}
#endif
