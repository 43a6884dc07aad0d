// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Dial.h"

#include <string.h>

#include "Sound.h"

enum { DIGIT_MS = 100, PAUSE_MS = 70, COMMA_MS = 2000, END_PACKETS = 3 };

bool dial_add(struct dial *dial, char digit) {
  if (dial->count == (int)sizeof dial->waiting || !strchr("0123456789*#ABCD,", digit) || !digit) return false;
  dial->waiting[(dial->first + dial->count++) % (int)sizeof dial->waiting] = digit;
  return true;
}

bool dial_is_idle(const struct dial *dial) { return !dial->digit && dial->count == 0 && dial->pause <= 0; }

void dial_cut(struct dial *dial) {
  if (dial->digit) dial->done++;
  (dial->digit = 0, dial->stops = false);
}

/// False: nothing sounds now.
static bool begin(struct dial *dial, int packet_ms, bool as_tone) {
  if (dial->digit) return true;
  if (dial->pause > 0) dial->pause -= packet_ms;
  if (dial->pause > 0 || dial->count == 0) return false;
  char digit = dial->waiting[dial->first];
  dial->first = (dial->first + 1) % (int)sizeof dial->waiting;
  dial->count--;
  if (digit == ',') {
    dial->pause = COMMA_MS;
    return false;
  }
  (dial->digit = digit, dial->as_tone = as_tone, dial->elapsed = dial->duration = dial->ends = 0);
  return true;
}

bool dial_event(struct dial *dial, int packet_ms, uint32_t timestamp, uint32_t clock, uint8_t payload[4], bool *first) {
  if (!begin(dial, packet_ms, false) || dial->as_tone) return false;
  *first = dial->elapsed == 0;
  if (*first) dial->timestamp = timestamp;
  if (dial->ends == 0) dial->duration = dial->elapsed += packet_ms;
  bool ends = dial->elapsed >= DIGIT_MS + packet_ms || dial->ends > 0 || dial->stops;
  if (ends) dial->duration = dial->elapsed - packet_ms;
  uint32_t duration = (uint32_t)dial->duration * (clock / 1000);
  if (duration > 0xffff) duration = 0xffff;
  static const char events[] = "0123456789*#ABCD";
  payload[0] = (uint8_t)(strchr(events, dial->digit) - events);
  payload[1] = (uint8_t)((ends ? 0x80 : 0) | 10);
  payload[2] = (uint8_t)(duration >> 8);
  payload[3] = (uint8_t)duration;
  // The end is told three times, for one of them to arrive.
  if (ends && ++dial->ends == END_PACKETS) {
    dial_cut(dial);
    dial->pause = PAUSE_MS - (END_PACKETS - 1) * packet_ms;
  }
  return true;
}

void dial_tone(struct dial *dial, int packet_ms, int16_t *sound) {
  if (!begin(dial, packet_ms, true) || !dial->as_tone) return;
  sound_digit(sound, packet_ms * SOUND_PER_MS, dial->digit, (uint32_t)(dial->elapsed * SOUND_PER_MS),
              DIGIT_MS * SOUND_PER_MS);
  dial->elapsed += packet_ms;
  if (dial->elapsed < DIGIT_MS) return;
  dial_cut(dial);
  dial->pause = PAUSE_MS + packet_ms - (dial->elapsed - DIGIT_MS);
}
#endif
