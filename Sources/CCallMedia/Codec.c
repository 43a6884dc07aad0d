// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Codec.h"

#include <opus/opus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Element.h"
#include "G722.h"
#include "Law.h"

// Opus is called directly: only so does lost sound come from the packet after it without a packet's delay, which the
// element adds.
struct encoder {
  struct media_codec codec;
  int samples;
  OpusEncoder *opus;
  struct resampler down;
  struct element *element;
  struct g722 g722;
  int16_t narrow[LONGEST_FRAME];
};
struct decoder {
  struct media_codec codec;
  OpusDecoder *opus;
  struct resampler up;
  struct element *element;
  struct g722 g722;
  int16_t narrow[LONGEST_FRAME];
};

static int sound_rate(enum media_encoding encoding, uint32_t clock) {
  return encoding == MEDIA_OPUS ? 48000 : encoding == MEDIA_G722 ? 16000 : encoding == MEDIA_SPEEX ? (int)clock : 8000;
}

static bool opus_settings(OpusEncoder *opus, const struct media_codec *codec) {
  int bandwidth = codec->bandwidth == 0 || codec->bandwidth >= 48000 ? OPUS_BANDWIDTH_FULLBAND
                  : codec->bandwidth >= 24000                       ? OPUS_BANDWIDTH_SUPERWIDEBAND
                  : codec->bandwidth >= 16000                       ? OPUS_BANDWIDTH_WIDEBAND
                  : codec->bandwidth >= 12000                       ? OPUS_BANDWIDTH_MEDIUMBAND
                                                                    : OPUS_BANDWIDTH_NARROWBAND;
  int bitrate = codec->bitrate ? (int)codec->bitrate : 32000;
  if (bitrate < 6000) bitrate = 6000;
  if (bitrate > 128000) bitrate = 128000;
  return opus_encoder_ctl(opus, OPUS_SET_BITRATE(bitrate)) == OPUS_OK &&
         opus_encoder_ctl(opus, OPUS_SET_MAX_BANDWIDTH(bandwidth)) == OPUS_OK &&
         opus_encoder_ctl(opus, OPUS_SET_INBAND_FEC(codec->fec)) == OPUS_OK &&
         opus_encoder_ctl(opus, OPUS_SET_PACKET_LOSS_PERC(codec->fec ? 5 : 0)) == OPUS_OK &&
         opus_encoder_ctl(opus, OPUS_SET_DTX(codec->dtx)) == OPUS_OK &&
         opus_encoder_ctl(opus, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE)) == OPUS_OK &&
         // Half of the processor time of 9, and not told apart in speech at 32 kbit/s.
         opus_encoder_ctl(opus, OPUS_SET_COMPLEXITY(5)) == OPUS_OK;
}

struct encoder *encoder_make(const struct media_codec *codec, int packet_ms, char why[256]) {
  struct encoder *encoder = calloc(1, sizeof *encoder);
  if (!encoder) return NULL;
  encoder->codec = *codec;
  encoder->samples = packet_ms * SOUND_PER_MS;
  int rate = sound_rate(codec->encoding, codec->clock), error = 0;
  bool made = rate == SOUND_RATE || resampler_make(&encoder->down, SOUND_RATE / rate, false);
  switch (codec->encoding) {
    case MEDIA_OPUS:
      encoder->opus = opus_encoder_create(SOUND_RATE, 1, OPUS_APPLICATION_VOIP, &error);
      made = made && encoder->opus && opus_settings(encoder->opus, codec);
      if (!made) snprintf(why, 256, "Opus cannot be encoded: %s", opus_strerror(error));
      break;
    case MEDIA_G722: g722_reset(&encoder->g722); break;
    case MEDIA_PCMU: case MEDIA_PCMA: break;
    default:
      encoder->element = element_make(codec, true, why);
      made = made && encoder->element;
  }
  if (made) return encoder;
  encoder_free(encoder);
  return NULL;
}

void encoder_free(struct encoder *encoder) {
  if (!encoder) return;
  if (encoder->opus) opus_encoder_destroy(encoder->opus);
  if (encoder->element) element_free(encoder->element);
  resampler_free(&encoder->down);
  free(encoder);
}

int encoder_run(struct encoder *encoder, const int16_t *sound, uint8_t *payload, int room) {
  if (encoder->codec.encoding == MEDIA_OPUS) {
    int size = opus_encode(encoder->opus, sound, encoder->samples, payload, room);
    // One or two bytes are silence, which need not be sent (RFC 7587, 3.1.3).
    return size < 0 ? -1 : size <= 2 && encoder->codec.dtx ? 0 : size;
  }
  int count = resampler_down(&encoder->down, sound, encoder->samples, encoder->narrow);
  switch (encoder->codec.encoding) {
    case MEDIA_PCMU:
      for (int i = 0; i < count && i < room; i++) payload[i] = law_mu(encoder->narrow[i]);
      return count;
    case MEDIA_PCMA:
      for (int i = 0; i < count && i < room; i++) payload[i] = law_a(encoder->narrow[i]);
      return count;
    case MEDIA_G722: return count / 2 > room ? -1 : g722_encode(&encoder->g722, encoder->narrow, count, payload);
    default:
      return element_run(encoder->element, encoder->narrow, count * 2, payload, room);
  }
}

void encoder_expect_loss(struct encoder *encoder, int percent) {
  if (!encoder->opus || !encoder->codec.fec) return;
  // Never below 5, so that the first lost packets do not go unhelped.
  int expected = percent < 5 ? 5 : percent > 40 ? 40 : percent;
  opus_encoder_ctl(encoder->opus, OPUS_SET_PACKET_LOSS_PERC(expected));
}

struct decoder *decoder_make(const struct media_codec *codec, char why[256]) {
  struct decoder *decoder = calloc(1, sizeof *decoder);
  if (!decoder) return NULL;
  decoder->codec = *codec;
  int rate = sound_rate(codec->encoding, codec->clock), error = 0;
  bool made = rate == SOUND_RATE || resampler_make(&decoder->up, SOUND_RATE / rate, true);
  switch (codec->encoding) {
    case MEDIA_OPUS:
      decoder->opus = opus_decoder_create(SOUND_RATE, 1, &error);
      made = made && decoder->opus;
      if (!made) snprintf(why, 256, "Opus cannot be decoded: %s", opus_strerror(error));
      break;
    case MEDIA_G722: g722_reset(&decoder->g722); break;
    case MEDIA_PCMU: case MEDIA_PCMA: break;
    default:
      decoder->element = element_make(codec, false, why);
      made = made && decoder->element;
  }
  if (made) return decoder;
  decoder_free(decoder);
  return NULL;
}

void decoder_free(struct decoder *decoder) {
  if (!decoder) return;
  if (decoder->opus) opus_decoder_destroy(decoder->opus);
  if (decoder->element) element_free(decoder->element);
  resampler_free(&decoder->up);
  free(decoder);
}

int decoder_duration(struct decoder *decoder, const uint8_t *payload, int size) {
  int count = 0;
  switch (decoder->codec.encoding) {
    case MEDIA_OPUS: count = size > 0 ? opus_packet_get_nb_samples(payload, size, SOUND_RATE) : 0; break;
    case MEDIA_PCMU: case MEDIA_PCMA: case MEDIA_G722: count = size * 6; break;
    case MEDIA_GSM: count = size % 33 == 0 ? size / 33 * 960 : 0; break;
    // How many frames are in it shows only when it is decoded; nearly all send one.
    case MEDIA_SPEEX: count = size > 0 ? 960 : 0; break;
  }
  return count < 0 || count > LONGEST_FRAME ? 0 : count;
}

int decoder_run(struct decoder *decoder, const uint8_t *payload, int size, int16_t *sound, int room) {
  if (decoder->codec.encoding == MEDIA_OPUS) return opus_decode(decoder->opus, payload, size, sound, room, 0);
  int count = size, factor = decoder->up.factor ? decoder->up.factor : 1;
  switch (decoder->codec.encoding) {
    case MEDIA_PCMU: case MEDIA_PCMA:
      if (size > LONGEST_FRAME / 6) return -1;
      for (int i = 0; i < size; i++) {
        decoder->narrow[i] =
            decoder->codec.encoding == MEDIA_PCMU ? law_linear_mu(payload[i]) : law_linear_a(payload[i]);
      }
      break;
    case MEDIA_G722:
      if (size > LONGEST_FRAME / 6) return -1;
      count = g722_decode(&decoder->g722, payload, size, decoder->narrow);
      break;
    default:
      count = element_run(decoder->element, payload, size, (uint8_t *)decoder->narrow, LONGEST_FRAME / factor * 2) / 2;
  }
  return count * factor > room || count < 0 ? -1 : resampler_up(&decoder->up, decoder->narrow, count, sound);
}

int decoder_conceal(struct decoder *decoder, const uint8_t *next, int size, int16_t *sound, int count) {
  if (!decoder->opus || count < 120) return 0;
  // Whole steps of 2.5 ms are asked for.
  count -= count % 120;
  int made = opus_decode(decoder->opus, next, size, sound, count, next != NULL);
  return made < 0 ? 0 : made;
}
#endif
