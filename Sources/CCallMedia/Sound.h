// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// All sound inside is 48 kHz, 16 bits, mono.
enum { SOUND_RATE = 48000, SOUND_PER_MS = 48, LONGEST_FRAME = 120 * SOUND_PER_MS };

/// From 48 kHz to a whole part of it, and back.
struct resampler {
  int factor, taps, filled;
  float *filter, *history;
};
bool resampler_make(struct resampler *r, int factor, bool up);
void resampler_free(struct resampler *r);
/// `count` samples of 48 kHz, a multiple of the factor; says how many came out.
int resampler_down(struct resampler *r, const int16_t *in, int count, int16_t *out);
int resampler_up(struct resampler *r, const int16_t *in, int count, int16_t *out);

/// Power below that of a full-scale square wave, −127…0.
int sound_level(const int16_t *samples, int count);
void sound_mix(int16_t *into, const int16_t *other, int count);

/// The length of the wave that the last of `count` samples repeat, between 2.5 and 15 ms.
int sound_period(const int16_t *samples, int count);
/// Takes one period out of the middle, or puts one in, so that the ear hears no seam; says the new count.
int sound_shorten(int16_t *samples, int count);
int sound_lengthen(int16_t *samples, int count, int room);

/// Noise of a level in dBov (RFC 3389), soft enough for a pause.
void sound_noise(int16_t *out, int count, int level, uint32_t *seed);
/// A digit's two tones, `at` samples after its start.
void sound_digit(int16_t *into, int count, char digit, uint32_t at, uint32_t length);
