// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Sound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int16_t clipped(float value) {
  return value > 32767 ? 32767 : value < -32768 ? -32768 : (int16_t)lrintf(value);
}

enum { TAPS_PER_PHASE = 24 };

bool resampler_make(struct resampler *r, int factor, bool up) {
  r->factor = factor;
  r->taps = TAPS_PER_PHASE * factor;
  int kept = up ? TAPS_PER_PHASE : r->taps;
  r->filter = calloc((size_t)r->taps, sizeof(float));
  r->history = calloc((size_t)(kept + LONGEST_FRAME), sizeof(float));
  r->filled = kept - 1;
  if (!r->filter || !r->history) return false;
  // A sinc under a Blackman window, its edge at nine tenths of the lower rate's half.
  double sum = 0, edge = 0.45 / factor;
  for (int i = 0; i < r->taps; i++) {
    double x = i - (r->taps - 1) / 2.0, turn = 2 * M_PI * (i + 0.5) / r->taps;
    double window = 0.42 - 0.5 * cos(turn) + 0.08 * cos(2 * turn);
    double value = (fabs(x) < 1e-9 ? 2 * edge : sin(2 * M_PI * edge * x) / (M_PI * x)) * window;
    r->filter[i] = (float)value;
    sum += value;
  }
  for (int i = 0; i < r->taps; i++) r->filter[i] *= (float)((up ? factor : 1) / sum);
  return true;
}

void resampler_free(struct resampler *r) {
  free(r->filter);
  free(r->history);
  r->filter = r->history = NULL;
}

int resampler_down(struct resampler *r, const int16_t *in, int count, int16_t *out) {
  for (int i = 0; i < count; i++) r->history[r->filled + i] = in[i];
  int made = count / r->factor;
  for (int i = 0; i < made; i++) {
    const float *from = r->history + i * r->factor;
    float sum = 0;
    for (int k = 0; k < r->taps; k++) sum += from[k] * r->filter[k];
    out[i] = clipped(sum);
  }
  memmove(r->history, r->history + count, (size_t)r->filled * sizeof(float));
  return made;
}

int resampler_up(struct resampler *r, const int16_t *in, int count, int16_t *out) {
  for (int i = 0; i < count; i++) r->history[r->filled + i] = in[i];
  for (int i = 0; i < count; i++) {
    const float *newest = r->history + i + TAPS_PER_PHASE - 1;
    for (int phase = 0; phase < r->factor; phase++) {
      float sum = 0;
      for (int k = 0; k < TAPS_PER_PHASE; k++) sum += newest[-k] * r->filter[k * r->factor + phase];
      out[i * r->factor + phase] = clipped(sum);
    }
  }
  memmove(r->history, r->history + count, (size_t)r->filled * sizeof(float));
  return count * r->factor;
}

int sound_level(const int16_t *samples, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += (double)samples[i] * samples[i];
  if (count == 0 || sum < 1) return -127;
  double level = 10 * log10(sum / count / (32768.0 * 32768.0));
  return level < -127 ? -127 : level > 0 ? 0 : (int)lrint(level);
}

void sound_mix(int16_t *into, const int16_t *other, int count) {
  for (int i = 0; i < count; i++) into[i] = clipped((float)into[i] + other[i]);
}

enum { SHORTEST_PERIOD = 120, LONGEST_PERIOD = 720, COMPARED = 480 };

int sound_period(const int16_t *samples, int count) {
  if (count < LONGEST_PERIOD + COMPARED) return SHORTEST_PERIOD * 2;
  const int16_t *end = samples + count - COMPARED;
  int best = SHORTEST_PERIOD * 2;
  float highest = -1;
  for (int lag = SHORTEST_PERIOD; lag <= LONGEST_PERIOD; lag += 4) {
    float cross = 0, energy = 1;
    for (int i = 0; i < COMPARED; i += 4) {
      cross += (float)end[i] * end[i - lag];
      energy += (float)end[i - lag] * end[i - lag];
    }
    float likeness = cross / sqrtf(energy);
    if (likeness > highest) (highest = likeness, best = lag);
  }
  return best;
}

int sound_shorten(int16_t *samples, int count) {
  int period = sound_period(samples, count);
  if (count < 2 * period) return count;
  // From the first period to what follows it.
  int16_t *at = samples + count - 2 * period;
  for (int i = 0; i < period; i++) {
    at[i] = (int16_t)(((int32_t)at[i] * (period - i) + (int32_t)at[i + period] * i) / period);
  }
  return count - period;
}

int sound_lengthen(int16_t *samples, int count, int room) {
  int period = sound_period(samples, count);
  if (count < 2 * period || count + period > room) return count;
  int16_t *at = samples + count - period;
  memmove(at + period, at, (size_t)period * sizeof(int16_t));
  // The copy in the middle goes from what would have followed to what comes again.
  for (int i = 0; i < period; i++) {
    at[i] = (int16_t)(((int32_t)at[i + period] * (period - i) + (int32_t)at[i - period] * i) / period);
  }
  return count + period;
}

void sound_noise(int16_t *out, int count, int level, uint32_t *seed) {
  // Uniform noise of amplitude a has the power a²/3.
  float amplitude = 32768 * powf(10, (float)level / 20) * 1.732f;
  if (amplitude > 3000) amplitude = 3000;
  for (int i = 0; i < count; i++) {
    *seed = *seed * 1664525 + 1013904223;
    out[i] = clipped(amplitude * ((float)(*seed >> 8) / 8388608.0f - 1));
  }
}

void sound_digit(int16_t *into, int count, char digit, uint32_t at, uint32_t length) {
  static const char keys[] = "123A456B789C*0#D";
  static const float rows[] = {697, 770, 852, 941}, columns[] = {1209, 1336, 1477, 1633};
  const char *key = strchr(keys, digit);
  if (!digit || !key) return;
  float row = rows[(key - keys) / 4], column = columns[(key - keys) % 4];
  for (int i = 0; i < count && at + (uint32_t)i < length; i++) {
    double t = 2 * M_PI * (at + (uint32_t)i) / SOUND_RATE;
    // -9 dB each, as telephones send them.
    into[i] = clipped((float)into[i] + 9000 * (float)(sin(row * t) + sin(column * t)));
  }
}
#endif
