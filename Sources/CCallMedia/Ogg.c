// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Ogg.h"

#include <errno.h>
#include <opus/opus.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "Sound.h"

enum { PACKETS = 50, LARGEST = 1000 };

struct ogg {
  int file, channels, packets;
  OpusEncoder *opus;
  uint32_t serial, page;
  uint64_t granule;
  uint8_t lacing[255], body[PACKETS * LARGEST];
  int laces, filled;
};

static uint32_t checksum(uint32_t sum, const uint8_t *bytes, int size) {
  for (int i = 0; i < size; i++) {
    sum ^= (uint32_t)bytes[i] << 24;
    for (int bit = 0; bit < 8; bit++) sum = sum & 0x80000000 ? sum << 1 ^ 0x04c11db7 : sum << 1;
  }
  return sum;
}

static void little(uint8_t *at, uint64_t value, int size) {
  for (int i = 0; i < size; i++) at[i] = (uint8_t)(value >> (8 * i));
}

static bool write_page(struct ogg *ogg, int flags) {
  uint8_t header[27 + 255] = "OggS";
  header[5] = (uint8_t)flags;
  little(header + 6, ogg->granule, 8);
  little(header + 14, ogg->serial, 4);
  little(header + 18, ogg->page++, 4);
  header[26] = (uint8_t)ogg->laces;
  memcpy(header + 27, ogg->lacing, (size_t)ogg->laces);
  int size = 27 + ogg->laces;
  little(header + 22, checksum(checksum(0, header, size), ogg->body, ogg->filled), 4);
  bool written = write(ogg->file, header, (size_t)size) == size &&
                 write(ogg->file, ogg->body, (size_t)ogg->filled) == ogg->filled;
  ogg->laces = ogg->filled = ogg->packets = 0;
  return written;
}

static void add_packet(struct ogg *ogg, int size) {
  for (int left = size; left >= 0; left -= 255) ogg->lacing[ogg->laces++] = (uint8_t)(left < 255 ? left : 255);
  (ogg->filled += size, ogg->packets++);
}

struct ogg *ogg_make(int file, int channels) {
  struct ogg *ogg = calloc(1, sizeof *ogg);
  int error = 0;
  if (!ogg) return NULL;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  (ogg->file = file, ogg->channels = channels, ogg->serial = (uint32_t)now.tv_nsec ^ (uint32_t)now.tv_sec);
  ogg->opus = opus_encoder_create(SOUND_RATE, channels, OPUS_APPLICATION_VOIP, &error);
  if (!ogg->opus) {
    free(ogg);
    return NULL;
  }
  opus_encoder_ctl(ogg->opus, OPUS_SET_BITRATE(24000 * channels));
  opus_encoder_ctl(ogg->opus, OPUS_SET_COMPLEXITY(3));
  int ahead = 0;
  opus_encoder_ctl(ogg->opus, OPUS_GET_LOOKAHEAD(&ahead));
  memcpy(ogg->body, "OpusHead\1", 9);
  ogg->body[9] = (uint8_t)channels;
  little(ogg->body + 10, (uint64_t)ahead, 2);
  little(ogg->body + 12, SOUND_RATE, 4);
  little(ogg->body + 16, 0, 3);
  add_packet(ogg, 19);
  bool written = write_page(ogg, 2);
  memcpy(ogg->body, "OpusTags\x0b\0\0\0OngoingCall\0\0\0\0", 27);
  add_packet(ogg, 27);
  if (written && write_page(ogg, 0)) return ogg;
  ogg_free(ogg);
  return NULL;
}

bool ogg_add(struct ogg *ogg, const int16_t *sound) {
  int size = opus_encode(ogg->opus, sound, 20 * SOUND_PER_MS, ogg->body + ogg->filled, LARGEST);
  if (size < 0) {
    errno = EINVAL;
    return false;
  }
  ogg->granule += 20 * SOUND_PER_MS;
  add_packet(ogg, size);
  // A second, or as much as a page's table holds.
  return (ogg->packets < PACKETS && ogg->laces < 250) || write_page(ogg, 0);
}

bool ogg_end(struct ogg *ogg) { return write_page(ogg, 4); }

void ogg_free(struct ogg *ogg) {
  opus_encoder_destroy(ogg->opus);
  free(ogg);
}
#endif
