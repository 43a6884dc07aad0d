// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "Sound.h"
#include "include/CCallMedia.h"

struct encoder;
struct decoder;

/// NULL: `why` says so.
struct encoder *encoder_make(const struct media_codec *codec, int packet_ms, char why[256]);
void encoder_free(struct encoder *encoder);
/// One packet's sound; says the bytes of the payload: 0 when it need not be sent, -1 when it failed.
int encoder_run(struct encoder *encoder, const int16_t *sound, uint8_t *payload, int room);
/// What the far end says it loses, in percent.
void encoder_expect_loss(struct encoder *encoder, int percent);

struct decoder *decoder_make(const struct media_codec *codec, char why[256]);
void decoder_free(struct decoder *decoder);
/// Samples of 48 kHz in such a payload; 0: it cannot be one.
int decoder_duration(struct decoder *decoder, const uint8_t *payload, int size);
int decoder_run(struct decoder *decoder, const uint8_t *payload, int size, int16_t *sound, int room);
/// Sound of a packet that is missing, from `next`, the one after it, where that is there and helps. 0: it cannot.
int decoder_conceal(struct decoder *decoder, const uint8_t *next, int size, int16_t *sound, int count);
