// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "DelayMeter.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "Sound.h"

enum { STEP_MS = 5, STEP = STEP_MS * SOUND_PER_MS, SECOND = 1000 / STEP_MS };

static float loudness(const int16_t *sound) {
  int sum = 0;
  for (int i = 0; i < STEP; i += 2) sum += abs(sound[i]);
  return (float)sum / (STEP / 2);
}

void delay_meter_heard(struct delay_meter *meter, const int16_t *sound, int count) {
  const int kept = METER_STEPS + METER_LAGS;
  for (int at = 0; at + STEP <= count; at += STEP) {
    memmove(meter->heard, meter->heard + 1, (size_t)(kept - 1) * sizeof(float));
    meter->heard[kept - 1] = loudness(sound + at);
    if (meter->heard_count < kept) meter->heard_count++;
  }
}

/// Of what is heard so many steps before: 1 is the very same, 0 nothing alike.
static float likeness(const struct delay_meter *meter, int lag) {
  const float *heard = meter->heard + METER_LAGS - lag, *spoken = meter->spoken;
  double heard_mean = 0, spoken_mean = 0, cross = 0, heard_power = 1, spoken_power = 1;
  for (int i = 0; i < METER_STEPS; i++) (heard_mean += heard[i], spoken_mean += spoken[i]);
  heard_mean /= METER_STEPS;
  spoken_mean /= METER_STEPS;
  for (int i = 0; i < METER_STEPS; i++) {
    double a = heard[i] - heard_mean, b = spoken[i] - spoken_mean;
    (cross += a * b, heard_power += a * a, spoken_power += b * b);
  }
  // Silence is like silence, and says nothing.
  if (heard_power < 1e4 * METER_STEPS || spoken_power < 100.0 * METER_STEPS) return 0;
  return (float)(cross / sqrt(heard_power * spoken_power));
}

int delay_meter_spoken(struct delay_meter *meter, const int16_t *sound, int count) {
  for (int at = 0; at + STEP <= count; at += STEP) {
    memmove(meter->spoken, meter->spoken + 1, (METER_STEPS - 1) * sizeof(float));
    meter->spoken[METER_STEPS - 1] = loudness(sound + at);
    meter->spoken_count++;
  }
  if (meter->spoken_count < SECOND) return -1;
  meter->spoken_count = 0;
  int best = 0;
  float highest = 0;
  for (int lag = 0; lag < METER_LAGS; lag++) {
    float found = likeness(meter, lag);
    if (found > highest) (highest = found, best = lag);
  }
  // Two seconds must agree: people who speak at the same time are alike by chance.
  bool agrees = highest > 0.5f && abs(best - meter->last) <= 1;
  meter->last = highest > 0.5f ? best : -10;
  return agrees ? best * STEP_MS : -1;
}
#endif
