// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Law.h"

/// ITU-T G.711: a sign, three bits of segment, four of step.
static int segment(int magnitude) {
  int found = 0;
  while (found < 7 && magnitude >= 1 << (found + 8)) found++;
  return found;
}

uint8_t law_mu(int16_t sample) {
  int value = sample, sign = value < 0 ? 0x80 : 0;
  if (value < 0) value = -value;
  value += 132;
  if (value > 32767) value = 32767;
  int seg = segment(value);
  return (uint8_t) ~(sign | seg << 4 | ((value >> (seg + 3)) & 15));
}

int16_t law_linear_mu(uint8_t code) {
  code = (uint8_t)~code;
  int seg = (code >> 4) & 7, value = ((((code & 15) << 3) + 132) << seg) - 132;
  return (int16_t)(code & 0x80 ? -value : value);
}

uint8_t law_a(int16_t sample) {
  int value = sample, sign = value < 0 ? 0 : 0x80;
  if (value < 0) value = -value - 1;
  int seg = segment(value);
  int step = seg == 0 ? value >> 4 : value >> (seg + 3);
  return (uint8_t)((sign | seg << 4 | (step & 15)) ^ 0x55);
}

int16_t law_linear_a(uint8_t code) {
  code ^= 0x55;
  int seg = (code >> 4) & 7, value = ((code & 15) << 4) + 8;
  if (seg > 0) value = (value + 256) << (seg - 1);
  return (int16_t)(code & 0x80 ? value : -value);
}
#endif
