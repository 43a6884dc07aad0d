// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Ring.h"

#include <stdlib.h>
#include <string.h>

bool ring_make(struct ring *ring, uint32_t size) {
  ring->samples = calloc(size, sizeof(int16_t));
  ring->mask = size - 1;
  atomic_init(&ring->head, 0);
  atomic_init(&ring->tail, 0);
  return ring->samples != NULL;
}

void ring_free(struct ring *ring) {
  free(ring->samples);
  ring->samples = NULL;
}

uint32_t ring_fill(const struct ring *ring) {
  return atomic_load_explicit(&ring->head, memory_order_acquire) -
         atomic_load_explicit(&ring->tail, memory_order_acquire);
}

static void copy(struct ring *ring, uint32_t at, int16_t *out, const int16_t *in, uint32_t count) {
  uint32_t start = at & ring->mask, first = ring->mask + 1 - start;
  if (first > count) first = count;
  if (in) {
    memcpy(ring->samples + start, in, first * sizeof(int16_t));
    memcpy(ring->samples, in + first, (count - first) * sizeof(int16_t));
  } else {
    memcpy(out, ring->samples + start, first * sizeof(int16_t));
    memcpy(out + first, ring->samples, (count - first) * sizeof(int16_t));
  }
}

uint32_t ring_write(struct ring *ring, const int16_t *samples, uint32_t count) {
  uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
  uint32_t room = ring->mask + 1 - (head - atomic_load_explicit(&ring->tail, memory_order_acquire));
  if (count > room) count = room;
  copy(ring, head, NULL, samples, count);
  atomic_store_explicit(&ring->head, head + count, memory_order_release);
  return count;
}

uint32_t ring_read(struct ring *ring, int16_t *samples, uint32_t count) {
  uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
  uint32_t there = atomic_load_explicit(&ring->head, memory_order_acquire) - tail;
  if (count > there) count = there;
  copy(ring, tail, samples, NULL, count);
  atomic_store_explicit(&ring->tail, tail + count, memory_order_release);
  return count;
}

void ring_skip(struct ring *ring, uint32_t count) {
  uint32_t there = ring_fill(ring);
  atomic_fetch_add_explicit(&ring->tail, count < there ? count : there, memory_order_release);
}
#endif
