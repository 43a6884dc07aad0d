// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdint.h>

/// Takes what is heard, and noise, out of what is spoken.
struct canceller;

/// NULL: its GStreamer elements are not installed.
struct canceller *canceller_make(void);
void canceller_free(struct canceller *canceller);
/// Whole 10 ms each: what goes to the loudspeaker, and what comes from the microphone, which is changed.
void canceller_heard(struct canceller *canceller, const int16_t *sound, int count);
void canceller_spoken(struct canceller *canceller, int16_t *sound, int count);
