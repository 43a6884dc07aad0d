// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdint.h>

enum { METER_STEPS = 800, METER_LAGS = 100 };

/// Finds how much later what is heard is in what is spoken, by how both swell and fade.
struct delay_meter {
  /// Loudness of steps of 5 ms, the last four seconds.
  float heard[METER_STEPS + METER_LAGS], spoken[METER_STEPS];
  int heard_count, spoken_count, last;
};

void delay_meter_heard(struct delay_meter *meter, const int16_t *sound, int count);
/// Milliseconds, when they were found anew; else -1.
int delay_meter_spoken(struct delay_meter *meter, const int16_t *sound, int count);
