// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdint.h>

/// ITU-T G.722 at 64 kbit/s: two samples of 16 kHz are a byte.
///
/// Done here because the elements that do it are those of libav, which weigh 38 MB.
struct g722_band {
  int s, sp, sz, r[3], a[3], ap[3], p[3], d[7], b[7], bp[7], nb, det;
};
struct g722 {
  struct g722_band low, high;
  int line[24];
};

void g722_reset(struct g722 *state);
/// An even count of samples; says the bytes.
int g722_encode(struct g722 *state, const int16_t *sound, int count, uint8_t *bytes);
int g722_decode(struct g722 *state, const uint8_t *bytes, int size, int16_t *sound);
