// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// What a report of this end says (RFC 3550, 6.4).
struct report {
  uint32_t source, timestamp, packets, octets;
  /// Whether anything was sent since the last one; what follows is of the far end's source.
  bool sends, hears;
  uint32_t far_source, far_highest, far_jitter, last_sender_report, since_sender_report;
  int32_t far_lost;
  uint8_t far_fraction;
  char name[32];
  bool leaves;
};
/// What the far end's says.
struct far_report {
  bool has_sender_report, has_block;
  uint32_t sender_time, source;
  uint8_t fraction_lost;
  /// Units of 1/65536 s; valid with has_round_trip.
  bool has_round_trip;
  uint32_t round_trip;
};

/// Seconds since 1900 and their fraction.
uint64_t reports_time(void);
int reports_write(const struct report *report, uint8_t *out, int room);
/// Whether it is a compound packet as it must be, each part as long as it says.
bool reports_are_valid(const uint8_t *packet, int size);
/// Of a valid one: what it says of `own` source.
void reports_read(const uint8_t *packet, int size, uint32_t own, struct far_report *out);
