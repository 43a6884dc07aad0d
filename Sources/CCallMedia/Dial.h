// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Digits that wait, and the one that sounds.
struct dial {
  char waiting[64];
  int first, count;
  char digit;
  bool as_tone;
  int elapsed, duration, ends, pause;
  uint32_t timestamp;
  /// The one that sounds is to end now.
  bool stops;
  /// Digits that have ended.
  uint64_t done;
};

bool dial_add(struct dial *dial, char digit);
bool dial_is_idle(const struct dial *dial);
/// The digit that sounds sounds no more, and is not sent to its end.
void dial_cut(struct dial *dial);
/// Moves on by a packet: true while an event is to be sent in the place of sound, whose payload is then written.
bool dial_event(struct dial *dial, int packet_ms, uint32_t timestamp, uint32_t clock, uint8_t payload[4], bool *first);
/// The same as tones in the sound.
void dial_tone(struct dial *dial, int packet_ms, int16_t *sound);
