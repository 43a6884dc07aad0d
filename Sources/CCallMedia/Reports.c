// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Reports.h"

#include <string.h>
#include <time.h>

enum { SENDER_REPORT = 200, RECEIVER_REPORT = 201, DESCRIPTION = 202, GOODBYE = 203, BLOCK = 24 };

static uint8_t *put(uint8_t *at, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) *at++ = (uint8_t)(value >> shift);
  return at;
}

static uint32_t get(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static uint8_t *header(uint8_t *at, int count, int type, int size) {
  at[0] = (uint8_t)(0x80 | count);
  at[1] = (uint8_t)type;
  at[2] = (uint8_t)((size / 4 - 1) >> 8);
  at[3] = (uint8_t)(size / 4 - 1);
  return at + 4;
}

uint64_t reports_time(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return ((uint64_t)now.tv_sec + 2208988800u) << 32 | ((uint64_t)now.tv_nsec << 32) / 1000000000u;
}

int reports_write(const struct report *report, uint8_t *out, int room) {
  int length = (int)strlen(report->name), blocks = report->hears ? 1 : 0;
  int first = (report->sends ? 28 : 8) + BLOCK * blocks, described = (4 + 4 + 2 + length + 1 + 3) / 4 * 4;
  if (first + described + 8 > room) return 0;
  uint8_t *at = header(out, blocks, report->sends ? SENDER_REPORT : RECEIVER_REPORT, first);
  at = put(at, report->source);
  if (report->sends) {
    uint64_t now = reports_time();
    at = put(at, (uint32_t)(now >> 32));
    at = put(at, (uint32_t)now);
    at = put(at, report->timestamp);
    at = put(at, report->packets);
    at = put(at, report->octets);
  }
  if (report->hears) {
    int32_t lost = report->far_lost > 0x7fffff ? 0x7fffff : report->far_lost < -0x800000 ? -0x800000 : report->far_lost;
    at = put(at, report->far_source);
    at = put(at, (uint32_t)report->far_fraction << 24 | ((uint32_t)lost & 0xffffff));
    at = put(at, report->far_highest);
    at = put(at, report->far_jitter);
    at = put(at, report->last_sender_report);
    at = put(at, report->since_sender_report);
  }
  memset(at, 0, (size_t)described);
  uint8_t *item = put(header(at, 1, DESCRIPTION, described), report->source);
  item[0] = 1;
  item[1] = (uint8_t)length;
  memcpy(item + 2, report->name, (size_t)length);
  at += described;
  if (report->leaves) at = put(header(at, 1, GOODBYE, 8), report->source);
  return (int)(at - out);
}

bool reports_are_valid(const uint8_t *packet, int size) {
  bool first = true;
  if (size < 8 || size % 4 != 0) return false;
  while (size > 0) {
    if (size < 4 || packet[0] >> 6 != 2) return false;
    int length = ((packet[2] << 8 | packet[3]) + 1) * 4, count = packet[0] & 31, type = packet[1];
    if (length > size || type < 192 || type > 223) return false;
    // RFC 5506 lets others come first; a report of blocks must hold what it counts.
    if (first && length < 8) return false;
    if (type == SENDER_REPORT && length < 28 + BLOCK * count) return false;
    if (type == RECEIVER_REPORT && length < 8 + BLOCK * count) return false;
    (packet += length, size -= length, first = false);
  }
  return true;
}

void reports_read(const uint8_t *packet, int size, uint32_t own, struct far_report *out) {
  memset(out, 0, sizeof *out);
  while (size >= 4) {
    int length = ((packet[2] << 8 | packet[3]) + 1) * 4, count = packet[0] & 31, type = packet[1];
    const uint8_t *block = NULL;
    if (type == SENDER_REPORT) {
      out->has_sender_report = true;
      out->source = get(packet + 4);
      out->sender_time = get(packet + 8) << 16 | get(packet + 12) >> 16;
      block = packet + 28;
    } else if (type == RECEIVER_REPORT) {
      out->source = get(packet + 4);
      block = packet + 8;
    }
    for (int i = 0; block && i < count; i++, block += BLOCK) {
      if (get(block) != own) continue;
      out->has_block = true;
      out->fraction_lost = block[4];
      uint32_t last = get(block + 16), since = get(block + 20);
      if (last == 0) continue;
      uint32_t trip = (uint32_t)(reports_time() >> 16) - last - since;
      // A clock that was set, or a far end that counts wrongly, is not told.
      if (trip < 30u << 16) (out->has_round_trip = true, out->round_trip = trip);
    }
    (packet += length, size -= length);
  }
}
#endif
