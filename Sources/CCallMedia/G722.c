// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "G722.h"

#include <string.h>

// The names are those of the recommendation, and so are the tables.
static const int filter[12] = {3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11};
static const int logs[32] = {2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543,
                             2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025, 3091, 3158, 3228,
                             3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008};
static const int low_steps[8] = {-60, -30, 58, 172, 334, 538, 1198, 3042};
static const int low_codes[16] = {0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0};
static const int high_steps[3] = {0, -214, 798}, high_codes[4] = {2, 1, 2, 1};
static const int q2[4] = {-7408, -1616, 7408, 1616};
static const int q4[16] = {0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
                           20456, 12896, 8968, 6288, 4240, 2584, 1200, 0};
static const int q6[64] = {
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
    -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
    24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
    4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136};
static const int decisions[32] = {0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714,
                                  786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919, 0, 0};
static const int negative_codes[32] = {0, 63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19,
                                       18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 0};
static const int positive_codes[32] = {0, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47,
                                       46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 0};

static int saturated(int value) { return value > 32767 ? 32767 : value < -32768 ? -32768 : value; }

void g722_reset(struct g722 *state) {
  memset(state, 0, sizeof *state);
  (state->low.det = 32, state->high.det = 8);
}

static void scale(struct g722_band *band, int step, int most, int shift) {
  int nb = (band->nb * 127 >> 7) + step;
  band->nb = nb < 0 ? 0 : nb > most ? most : nb;
  int whole = shift - (band->nb >> 11), part = logs[(band->nb >> 6) & 31];
  band->det = (whole < 0 ? part << -whole : part >> whole) << 2;
}

/// Both predictors, after the quantized difference `d`.
static void adapt(struct g722_band *band, int d) {
  band->d[0] = d;
  band->r[0] = saturated(band->s + d);
  band->p[0] = saturated(band->sz + d);
  int sign0 = band->p[0] >> 15, sign1 = band->p[1] >> 15, sign2 = band->p[2] >> 15;
  int twice = saturated(band->a[1] * 4), first = sign0 == sign1 ? -twice : twice;
  if (first > 32767) first = 32767;
  int second = (sign0 == sign2 ? 128 : -128) + (first >> 7) + (band->a[2] * 32512 >> 15);
  band->ap[2] = second > 12288 ? 12288 : second < -12288 ? -12288 : second;
  int next = saturated((sign0 == sign1 ? 192 : -192) + (band->a[1] * 32640 >> 15));
  int bound = saturated(15360 - band->ap[2]);
  band->ap[1] = next > bound ? bound : next < -bound ? -bound : next;
  for (int i = 1; i < 7; i++) {
    int step = d == 0 ? 0 : (band->d[i] >> 15) == (d >> 15) ? 128 : -128;
    band->bp[i] = saturated(step + (band->b[i] * 32640 >> 15));
  }
  for (int i = 6; i > 0; i--) (band->d[i] = band->d[i - 1], band->b[i] = band->bp[i]);
  for (int i = 2; i > 0; i--) (band->r[i] = band->r[i - 1], band->p[i] = band->p[i - 1], band->a[i] = band->ap[i]);
  band->sp = saturated((band->a[1] * saturated(2 * band->r[1]) >> 15) + (band->a[2] * saturated(2 * band->r[2]) >> 15));
  band->sz = 0;
  for (int i = 6; i > 0; i--) band->sz += band->b[i] * saturated(2 * band->d[i]) >> 15;
  band->sz = saturated(band->sz);
  band->s = saturated(band->sp + band->sz);
}

static void adapt_low(struct g722_band *band, int code) {
  int four = code >> 2, d = band->det * q4[four] >> 15;
  scale(band, low_steps[low_codes[four]], 18432, 8);
  adapt(band, d);
}

static void adapt_high(struct g722_band *band, int code) {
  int d = band->det * q2[code] >> 15;
  scale(band, high_steps[high_codes[code]], 22528, 10);
  adapt(band, d);
}

static void shift_in(struct g722 *state, int first, int second) {
  memmove(state->line, state->line + 2, 22 * sizeof(int));
  (state->line[22] = first, state->line[23] = second);
}

static void both_sums(const struct g722 *state, int *even, int *odd) {
  (*even = 0, *odd = 0);
  for (int i = 0; i < 12; i++) {
    *odd += state->line[2 * i] * filter[i];
    *even += state->line[2 * i + 1] * filter[11 - i];
  }
}

static int low_code(const struct g722_band *band, int difference) {
  int size = difference >= 0 ? difference : ~difference, code = 1;
  while (code < 30 && size >= decisions[code] * band->det >> 12) code++;
  return difference < 0 ? negative_codes[code] : positive_codes[code];
}

int g722_encode(struct g722 *state, const int16_t *sound, int count, uint8_t *bytes) {
  for (int i = 0; i + 1 < count; i += 2) {
    int even, odd;
    shift_in(state, sound[i], sound[i + 1]);
    both_sums(state, &even, &odd);
    int low = (even + odd) >> 14, high = (even - odd) >> 14;
    int code = low_code(&state->low, saturated(low - state->low.s));
    int difference = saturated(high - state->high.s), size = difference >= 0 ? difference : ~difference;
    int beyond = size >= 564 * state->high.det >> 12;
    int high_code = difference < 0 ? (beyond ? 0 : 1) : (beyond ? 2 : 3);
    adapt_low(&state->low, code);
    adapt_high(&state->high, high_code);
    bytes[i / 2] = (uint8_t)(high_code << 6 | code);
  }
  return count / 2;
}

static int limited(int value) { return value > 16383 ? 16383 : value < -16384 ? -16384 : value; }

int g722_decode(struct g722 *state, const uint8_t *bytes, int size, int16_t *sound) {
  for (int i = 0; i < size; i++) {
    int code = bytes[i] & 63, high_code = bytes[i] >> 6, even, odd;
    int low = limited(state->low.s + (state->low.det * q6[code] >> 15));
    int high = limited(state->high.s + (state->high.det * q2[high_code] >> 15));
    adapt_low(&state->low, code);
    adapt_high(&state->high, high_code);
    shift_in(state, low + high, low - high);
    both_sums(state, &even, &odd);
    sound[2 * i] = (int16_t)saturated(even >> 11);
    sound[2 * i + 1] = (int16_t)saturated(odd >> 11);
  }
  return 2 * size;
}
#endif
