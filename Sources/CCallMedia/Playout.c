// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Playout.h"

#include <stdlib.h>
#include <string.h>

enum {
  LEAST_DELAY = 30 * SOUND_PER_MS, MOST_DELAY = 250 * SOUND_PER_MS, BIN = 5 * SOUND_PER_MS,
  JUMP = 400 * SOUND_PER_MS, HALF_SECOND = 500 * SOUND_PER_MS, SEQUENCE_JUMP = 1000,
};

bool playout_make(struct playout *playout) {
  playout->packets = calloc(KEPT_PACKETS, sizeof(struct packet));
  playout->noise_type = -1;
  playout->noise_level = -127;
  // Until packets have shown how they come.
  playout->delays[2] = 0.1f;
  playout->target = 40 * SOUND_PER_MS;
  return playout->packets != NULL;
}

void playout_free(struct playout *playout) {
  free(playout->packets);
  playout->packets = NULL;
}

static uint64_t lost_now(const struct playout *playout) {
  int64_t lost = playout->highest - playout->base_sequence + 1 - playout->received_now;
  return playout->running && lost > 0 ? (uint64_t)lost : 0;
}

uint64_t playout_lost(const struct playout *playout) { return playout->lost_before + lost_now(playout); }

void playout_reset(struct playout *playout) {
  playout->lost_before += lost_now(playout);
  for (int i = 0; i < KEPT_PACKETS; i++) playout->packets[i].used = false;
  playout->running = false;
  playout->suspect = -1;
  playout->noise_level = -127;
}

static int64_t least_transit(const struct playout *playout) {
  int64_t least = playout->least[0];
  for (int i = 1; i < 6; i++) if (playout->least[i] < least) least = playout->least[i];
  return least;
}

/// How long packets are kept so that 97 of 100 come in time.
static void learn(struct playout *playout, int64_t transit, int64_t now) {
  while (now >= playout->window_end) {
    if (now - playout->window_end > 6 * HALF_SECOND) playout->window_end = now;
    playout->window_end += HALF_SECOND;
    playout->window = (playout->window + 1) % 6;
    playout->least[playout->window] = transit;
  }
  if (transit < playout->least[playout->window]) playout->least[playout->window] = transit;
  int64_t bin = (transit - least_transit(playout)) / BIN;
  if (bin >= DELAY_BINS) bin = DELAY_BINS - 1;
  float left = 0.03f;
  for (int i = 0; i < DELAY_BINS; i++) playout->delays[i] *= 0.998f;
  playout->delays[bin] += 0.002f;
  int last = DELAY_BINS - 1;
  while (last > 0 && (left -= playout->delays[last]) > 0) last--;
  // Sound is taken every 20 ms: a packet may have to lie as long.
  int64_t wanted = (last + 1) * BIN + 25 * SOUND_PER_MS;
  playout->target = wanted < LEAST_DELAY ? LEAST_DELAY : wanted > MOST_DELAY ? MOST_DELAY : wanted;
}

static void begin(struct playout *playout, uint32_t source, uint16_t sequence, uint32_t timestamp, uint32_t clock,
                  int64_t now) {
  playout_reset(playout);
  playout->running = true;
  (playout->source = source, playout->clock = clock, playout->last_timestamp = timestamp, playout->last_time = 0);
  playout->next_sequence = playout->highest = playout->base_sequence = sequence + 65536;
  (playout->received_now = 0, playout->expected_before = playout->received_before = 0);
  for (int i = 0; i < 6; i++) playout->least[i] = now;
  playout->window_end = now + HALF_SECOND;
  (playout->last_transit = now, playout->heard = now, playout->rivals = 0);
  playout->cursor = -playout->target;
  (playout->late_in_a_row = 0, playout->out_of_step = 0, playout->dry = 0);
}

/// Another source is believed when the old one is still, or is not heard in between: two at once are no sound.
static bool changes_source(struct playout *playout, uint32_t source, int64_t now) {
  if (playout->rival != source) (playout->rival = source, playout->rivals = 0);
  return ++playout->rivals >= 3 || now - playout->heard > 60 * SOUND_PER_MS;
}

bool playout_put(struct playout *playout, uint32_t source, uint16_t sequence, uint32_t timestamp, uint8_t type,
                 uint32_t clock, const uint8_t *payload, int size, int64_t now) {
  if (size > LARGEST_PAYLOAD || clock == 0) return false;
  if (playout->running && source != playout->source && !changes_source(playout, source, now)) return true;
  if (source == playout->source) (playout->rivals = 0, playout->heard = now);
  if (!playout->running || source != playout->source || clock != playout->clock) {
    begin(playout, source, sequence, timestamp, clock, now);
  }
  int64_t number = playout->highest + (int16_t)(sequence - (uint16_t)playout->highest);
  if (number > playout->highest + SEQUENCE_JUMP || number < playout->highest - SEQUENCE_JUMP) {
    // A sender that began anew shows itself by a second packet; one alone is a stray.
    if (playout->suspect != sequence) {
      playout->suspect = (uint16_t)(sequence + 1);
      return false;
    }
    begin(playout, source, sequence, timestamp, clock, now);
    number = playout->highest;
  }
  playout->suspect = -1;
  playout->received_now++;
  int64_t ticks = playout->last_time + (int32_t)(timestamp - playout->last_timestamp);
  if (number >= playout->highest) {
    (playout->highest = number, playout->last_time = ticks, playout->last_timestamp = timestamp);
  }
  int64_t at = ticks * SOUND_RATE / clock, transit = now - at;
  int64_t difference = transit - playout->last_transit;
  playout->last_transit = transit;
  playout->jitter += ((double)(difference < 0 ? -difference : difference) - playout->jitter) / 16;
  learn(playout, transit, now);
  struct packet *slot = &playout->packets[number % KEPT_PACKETS];
  if (number < playout->next_sequence || (slot->used && slot->sequence == number)) return true;
  if (number >= playout->next_sequence + KEPT_PACKETS) {
    for (int64_t old = playout->next_sequence; old <= number - KEPT_PACKETS; old++) {
      if (old - playout->next_sequence >= KEPT_PACKETS) break;
      playout->packets[old % KEPT_PACKETS].used = false;
    }
    playout->next_sequence = number - KEPT_PACKETS + 1;
  }
  (slot->used = true, slot->type = type, slot->size = (uint16_t)size, slot->sequence = number, slot->at = at);
  memcpy(slot->payload, payload, (size_t)size);
  return true;
}

static struct packet *next_packet(struct playout *playout) {
  for (int64_t number = playout->next_sequence; number <= playout->highest; number++) {
    struct packet *slot = &playout->packets[number % KEPT_PACKETS];
    if (slot->used && slot->sequence == number) return slot;
  }
  return NULL;
}

static int16_t *end_of_sound(struct playout *playout) { return playout->sound + PAST + playout->ahead; }
static int room_for_sound(const struct playout *playout) { return AHEAD - playout->ahead; }

/// Silence, or the noise that the far end asked for.
static void pause_sound(struct playout *playout, int count) {
  int16_t *out = end_of_sound(playout);
  if (playout->noise_level > -90) {
    sound_noise(out, count, playout->noise_level, &playout->seed);
  } else {
    memset(out, 0, (size_t)count * sizeof(int16_t));
  }
  playout->ahead += count;
}

/// One for 20 ms, then ever less until 80 ms.
static float gain(int since) {
  float left = (float)(80 * SOUND_PER_MS - since) / (60 * SOUND_PER_MS);
  return left > 1 ? 1 : left < 0 ? 0 : left;
}

/// Goes on as the wave was, ever softer.
static void go_on(struct playout *playout, int16_t *out, int count) {
  for (int i = 0; i < count; i++) {
    int since = playout->concealed + i;
    float now = gain(since), then = since < playout->period ? 1 : gain(since - playout->period);
    out[i] = now > 0 ? (int16_t)((float)out[i - playout->period] * now / then) : 0;
  }
}

/// `distance` is from the cursor to `next`, the packet that is there.
static void conceal(struct playout *playout, int count, int distance, struct packet *next, struct decoder *decoder) {
  int help = next && decoder ? decoder_duration(decoder, next->payload, next->size) : 0;
  while (count > 0 && playout->concealed < 100 * SOUND_PER_MS) {
    int16_t *out = end_of_sound(playout);
    int made = 0;
    if (help > 0 && distance <= help && distance <= count && help <= room_for_sound(playout)) {
      // Only the packet right before it is told again in a packet, and only as a whole.
      made = decoder_conceal(decoder, next->payload, next->size, out, help);
      if (made > distance) memmove(out, out + made - distance, (size_t)distance * sizeof(int16_t));
      if (made > distance) made = distance;
    } else if (decoder) {
      made = decoder_conceal(decoder, NULL, 0, out, help > 0 && count > distance - help ? distance - help : count);
    }
    if (made == 0) {
      if (playout->concealed == 0) playout->period = sound_period(playout->sound, PAST + playout->ahead);
      go_on(playout, out, made = count);
      playout->mends = true;
    }
    playout->ahead += made;
    playout->concealed += made;
    playout->concealed_samples += (uint64_t)made;
    (count -= made, distance -= made);
  }
  if (count > 0) pause_sound(playout, count);
}

static void decode(struct playout *playout, struct packet *packet, struct decoder *decoder) {
  int16_t *out = end_of_sound(playout), continued[240];
  bool mends = playout->mends && playout->concealed < 80 * SOUND_PER_MS && room_for_sound(playout) >= 240;
  if (mends) {
    go_on(playout, out, 240);
    memcpy(continued, out, sizeof continued);
  }
  int made = decoder_run(decoder, packet->payload, packet->size, out, room_for_sound(playout));
  if (made <= 0) {
    // Garbage sounds like a lost packet.
    made = room_for_sound(playout) < 960 ? room_for_sound(playout) : 960;
    conceal(playout, made, made, NULL, NULL);
  } else {
    for (int i = 0; mends && i < 240 && i < made; i++) {
      out[i] = (int16_t)((continued[i] * (240 - i) + out[i] * i) / 240);
    }
    playout->ahead += made;
    (playout->concealed = 0, playout->mends = false, playout->noise_level = -127);
  }
  playout->cursor = packet->at + made;
}

/// Makes sound until `wanted` samples lie ready.
static void make(struct playout *playout, int wanted) {
  while (playout->ahead < wanted) {
    struct packet *packet = next_packet(playout);
    int missing = wanted - playout->ahead;
    if (!packet) {
      playout->dry += missing;
      // After sound, a gap is a loss; after noise or a digit it is a pause.
      struct packet *last = &playout->packets[playout->highest % KEPT_PACKETS];
      bool spoke = playout->running && last->sequence == playout->highest && playout->noise_level <= -90;
      struct decoder *decoder = spoke ? playout->decoder(playout->owner, last->type) : NULL;
      if (decoder) conceal(playout, missing, missing, NULL, decoder);
      else pause_sound(playout, missing);
      playout->cursor += missing;
      return;
    }
    struct decoder *decoder = playout->decoder(playout->owner, packet->type);
    int duration = decoder ? decoder_duration(decoder, packet->payload, packet->size) : 0;
    int64_t early = packet->at - playout->cursor;
    if (early > 2 * SOUND_PER_MS) {
      int gap = early < missing ? (int)early : missing;
      bool lost = packet->sequence != playout->next_sequence;
      if (lost && early <= duration) gap = (int)early;
      if (gap > room_for_sound(playout)) gap = missing;
      if (lost) {
        conceal(playout, gap, (int)(early < JUMP ? early : JUMP), packet, decoder);
      } else {
        pause_sound(playout, gap);
      }
      playout->cursor += gap;
      continue;
    }
    packet->used = false;
    playout->next_sequence = packet->sequence + 1;
    if (!decoder) {
      if (packet->type == playout->noise_type && packet->size > 0) playout->noise_level = -(packet->payload[0] & 127);
      continue;
    }
    if (duration == 0) continue;
    if (early + duration <= 0) {
      // All of its time is over. Where that goes on though no other waits, the way has become longer.
      if (next_packet(playout) || ++playout->late_in_a_row < 3) continue;
      playout->cursor = packet->at;
      for (int i = 0; i < 6; i++) playout->least[i] = playout->last_transit;
    }
    playout->late_in_a_row = 0;
    if (duration > room_for_sound(playout)) continue;
    playout->dry = 0;
    decode(playout, packet, decoder);
  }
}

void playout_take(struct playout *playout, int16_t *sound, int count, int64_t now) {
  // What was made but not taken yet lies before the cursor.
  int64_t off = now - least_transit(playout) - playout->target - (playout->cursor - playout->ahead);
  if (playout->running && (off > JUMP || off < -JUMP)) (playout->cursor += off, off = 0);
  bool soon = playout->running && playout->dry < HALF_SECOND;
  playout->out_of_step = !soon ? 0 : off > 15 * SOUND_PER_MS ? (playout->out_of_step > 0 ? playout->out_of_step + 1 : 1)
                         : off < -15 * SOUND_PER_MS ? (playout->out_of_step < 0 ? playout->out_of_step - 1 : -1) : 0;
  playout->since_change++;
  bool shorten = playout->out_of_step > 5 && playout->since_change > 3;
  bool lengthen = playout->out_of_step < -2 && playout->since_change > 2;
  make(playout, shorten ? count + 720 : lengthen && count < 720 ? 720 : count);
  if (shorten || lengthen) {
    int all = PAST + playout->ahead;
    int changed = shorten ? sound_shorten(playout->sound, all) : sound_lengthen(playout->sound, all, PAST + AHEAD);
    if (changed >= PAST + count) playout->ahead = changed - PAST;
    playout->since_change = 0;
  }
  memcpy(sound, playout->sound + PAST, (size_t)count * sizeof(int16_t));
  playout->ahead -= count;
  memmove(playout->sound, playout->sound + count, (size_t)(PAST + playout->ahead) * sizeof(int16_t));
}
#endif
