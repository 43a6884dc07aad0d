// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "Codec.h"

enum { KEPT_PACKETS = 128, LARGEST_PAYLOAD = 1460, PAST = 1200, AHEAD = 4 * LONGEST_FRAME, DELAY_BINS = 64 };

struct packet {
  bool used;
  uint8_t type;
  uint16_t size;
  int64_t sequence, at;
  uint8_t payload[LARGEST_PAYLOAD];
};

/// Puts packets into order and time, and makes one stream of sound of them, whatever is late or missing.
///
/// Times are in samples of 48 kHz.
struct playout {
  struct packet *packets;
  /// What packets of a type are decoded with; NULL: they carry no sound.
  struct decoder *(*decoder)(void *owner, uint8_t type);
  void *owner;
  int noise_type;

  bool running;
  uint32_t source, clock, last_timestamp;
  int64_t last_time;
  int64_t next_sequence, highest, suspect;
  uint32_t rival;
  int rivals;
  int64_t heard;
  /// Of the next sample to be made.
  int64_t cursor;
  int late_in_a_row, dry, out_of_step;
  /// The least transit of each half second, and how far packets were above it.
  int64_t least[6], window_end;
  int window;
  float delays[DELAY_BINS];
  int64_t target;

  /// What was played last, then what is to be played.
  int16_t sound[PAST + AHEAD];
  int ahead;
  int concealed, period, since_change, noise_level;
  bool mends;
  uint32_t seed;

  // RFC 3550, A.3 and A.8.
  int64_t base_sequence, expected_before, received_before, received_now;
  uint64_t lost_before, concealed_samples;
  double jitter;
  int64_t last_transit;
};

bool playout_make(struct playout *playout);
void playout_free(struct playout *playout);
void playout_reset(struct playout *playout);
/// False: the packet is of no use.
bool playout_put(struct playout *playout, uint32_t source, uint16_t sequence, uint32_t timestamp, uint8_t type,
                 uint32_t clock, const uint8_t *payload, int size, int64_t now);
void playout_take(struct playout *playout, int16_t *sound, int count, int64_t now);
uint64_t playout_lost(const struct playout *playout);
