// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/// Sound between one thread that writes and one that reads; 48 kHz, mono.
struct ring {
  int16_t *samples;
  uint32_t mask;
  _Atomic uint32_t head, tail;
};

/// `size` is a power of two.
bool ring_make(struct ring *ring, uint32_t size);
void ring_free(struct ring *ring);
uint32_t ring_fill(const struct ring *ring);
/// What does not fit is dropped; says how much was taken.
uint32_t ring_write(struct ring *ring, const int16_t *samples, uint32_t count);
uint32_t ring_read(struct ring *ring, int16_t *samples, uint32_t count);
void ring_skip(struct ring *ring, uint32_t count);
