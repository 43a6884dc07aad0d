// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "include/CCallMedia.h"

/// A GStreamer encoder or decoder that is called like a function: what goes in comes out before it returns.
struct element;

struct element *element_make(const struct media_codec *codec, bool encodes, char why[256]);
void element_free(struct element *element);
/// Bytes that came out, at most `room`; -1: it failed.
int element_run(struct element *element, const void *in, int size, uint8_t *out, int room);
bool element_exists(enum media_encoding encoding);
/// GStreamer, once for the process.
void element_start_gstreamer(void);
