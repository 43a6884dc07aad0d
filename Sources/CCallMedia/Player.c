// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Files.h"
#include "Law.h"
#include "Sound.h"

enum { HALF = 12, PHASES = 64 };

struct player {
  FILE *file;
  long start;
  uint32_t size, done;
  int format, bits, channels, rate;
  /// Samples of the file around the place that is played, and that place in parts of a sample.
  float around[2 * HALF];
  double place;
  float filter[PHASES + 1][2 * HALF];
  int pause;
};

static uint32_t little(const uint8_t *at, int size) {
  uint32_t value = 0;
  for (int i = 0; i < size; i++) value |= (uint32_t)at[i] << (8 * i);
  return value;
}

/// Finds the sound in the file, whose parts may come in any order but this.
static bool find(struct player *player) {
  uint8_t part[40];
  if (fread(part, 1, 12, player->file) != 12 || memcmp(part, "RIFF", 4) || memcmp(part + 8, "WAVE", 4)) return false;
  for (int parts = 0; parts < 64 && fread(part, 1, 8, player->file) == 8; parts++) {
    uint32_t size = little(part + 4, 4);
    if (!memcmp(part, "data", 4)) {
      player->start = ftell(player->file);
      player->size = size;
      return player->rate >= 4000 && player->rate <= 192000 && player->channels >= 1 && player->channels <= 8;
    }
    long next = ftell(player->file) + (long)size + (size & 1);
    if (!memcmp(part, "fmt ", 4) && size >= 16) {
      size_t count = size < sizeof part ? size : sizeof part;
      if (fread(part, 1, count, player->file) != count) return false;
      player->format = (int)little(part, 2);
      player->channels = (int)little(part + 2, 2);
      player->rate = (int)little(part + 4, 4);
      player->bits = (int)little(part + 14, 2);
      // The extensible format says at its end what it is.
      if (player->format == 0xfffe && count >= 26) player->format = (int)little(part + 24, 2);
    }
    if (fseek(player->file, next, SEEK_SET) != 0) return false;
  }
  return false;
}

static bool can_read(const struct player *player) {
  int bits = player->bits;
  return (player->format == 1 && (bits == 8 || bits == 16 || bits == 24 || bits == 32)) ||
         (player->format == 3 && bits == 32) || ((player->format == 6 || player->format == 7) && bits == 8);
}

static void make_filter(struct player *player) {
  // Below the half of the lower rate.
  double edge = player->rate > SOUND_RATE ? (double)SOUND_RATE / player->rate * 0.95 : 0.95;
  for (int phase = 0; phase <= PHASES; phase++) {
    double sum = 0;
    for (int k = 0; k < 2 * HALF; k++) {
      double x = k - HALF + 1 - (double)phase / PHASES, turn = M_PI * x / HALF;
      double window = fabs(x) >= HALF ? 0 : 0.5 + 0.5 * cos(turn);
      double value = (fabs(x) < 1e-9 ? edge : sin(M_PI * edge * x) / (M_PI * x)) * window;
      player->filter[phase][k] = (float)value;
      sum += value;
    }
    for (int k = 0; k < 2 * HALF; k++) player->filter[phase][k] /= (float)sum;
  }
}

struct player *player_open(const char *file, char why[256]) {
  struct player *player = calloc(1, sizeof *player);
  if (!player) return NULL;
  player->file = fopen(file, "rbe");
  if (!player->file) {
    snprintf(why, 256, "the file to play, %.160s, cannot be read: %s", file, strerror(errno));
  } else if (!find(player)) {
    snprintf(why, 256, "the file to play, %.120s, is not a WAV file; convert it to 16-bit PCM WAV", file);
  } else if (!can_read(player)) {
    snprintf(why, 256, "the WAV file to play, %.120s, is of a kind that is not known; convert it to 16-bit PCM WAV", file);
  } else {
    make_filter(player);
    return player;
  }
  player_free(player);
  return NULL;
}

void player_free(struct player *player) {
  if (!player) return;
  if (player->file) fclose(player->file);
  free(player);
}

static float value(const struct player *player, const uint8_t *at) {
  switch (player->format) {
    case 3: {
      float number;
      memcpy(&number, at, sizeof number);
      return number >= -1 && number <= 1 ? number * 32767 : number > 1 ? 32767 : number < -1 ? -32768 : 0;
    }
    case 6: return law_linear_a(at[0]);
    case 7: return law_linear_mu(at[0]);
  }
  switch (player->bits) {
    case 8: return (float)((int)at[0] - 128) * 256;
    case 16: return (int16_t)little(at, 2);
    default: return (float)((int32_t)(little(at, player->bits / 8) << (32 - player->bits))) / 65536;
  }
}

/// The next sample of the file; half a second of silence lies between its end and its start.
static float next(struct player *player) {
  uint8_t frame[8 * 4];
  uint32_t width = (uint32_t)(player->channels * player->bits / 8);
  if (player->pause > 0) {
    player->pause--;
    return 0;
  }
  if (player->done + width > player->size || fread(frame, 1, width, player->file) != width) {
    player->done = 0;
    player->pause = player->rate / 2;
    fseek(player->file, player->start, SEEK_SET);
    return 0;
  }
  player->done += width;
  float sum = 0;
  for (int channel = 0; channel < player->channels; channel++) sum += value(player, frame + channel * player->bits / 8);
  return sum / (float)player->channels;
}

void player_read(struct player *player, int16_t *sound, int count) {
  double step = (double)player->rate / SOUND_RATE;
  for (int i = 0; i < count; i++) {
    for (player->place += step; player->place >= 1; player->place -= 1) {
      memmove(player->around, player->around + 1, sizeof player->around - sizeof(float));
      player->around[2 * HALF - 1] = next(player);
    }
    const float *filter = player->filter[(int)(player->place * PHASES + 0.5)];
    float sum = 0;
    for (int k = 0; k < 2 * HALF; k++) sum += player->around[k] * filter[k];
    sound[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : (int16_t)lrintf(sum);
  }
}
#endif
