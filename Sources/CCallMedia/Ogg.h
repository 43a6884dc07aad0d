// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// Opus in an Ogg file (RFC 3533, 7845).
struct ogg;
struct ogg *ogg_make(int file, int channels);
/// 20 ms, the channels woven.
bool ogg_add(struct ogg *ogg, const int16_t *sound);
bool ogg_end(struct ogg *ogg);
void ogg_free(struct ogg *ogg);
