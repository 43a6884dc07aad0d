// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <errno.h>
#include <string.h>
#include <time.h>

#include "Internal.h"

enum { MOST_AT_ONCE = 64, LATCH_AFTER_MS = 2000, COMFORT_NOISE = 13 };

/// Negative: no packet, or one that is too long.
static int receive(int socket, uint8_t *packet, union endpoint *from) {
  struct iovec part = {packet, PACKET_ROOM};
  struct msghdr message = {.msg_name = from, .msg_namelen = sizeof *from, .msg_iov = &part, .msg_iovlen = 1};
  ssize_t size;
  do size = recvmsg(socket, &message, MSG_DONTWAIT);
  while (size < 0 && (errno == EINTR || errno == ECONNREFUSED));
  if (size < 0) return -1;
  return message.msg_flags & MSG_TRUNC ? 0 : (int)size;
}

static const struct media_codec *accepted(const struct media *media, uint8_t type, int *place) {
  for (int i = 0; i < media->plan.accepted_count; i++) {
    if (media->plan.accepted[i].payload_type == type) {
      if (place) *place = i;
      return &media->plan.accepted[i];
    }
  }
  return NULL;
}

struct decoder *receiving_decoder(void *context, uint8_t type) {
  struct media *media = context;
  int place = 0;
  const struct media_codec *codec = accepted(media, type, &place);
  char why[256] = "";
  if (!codec) return NULL;
  struct decoder **decoder = &media->receiving.decoders[place];
  // Made when it is needed: some weigh megabytes.
  if (!*decoder && !media->receiving.missing[place] && !(*decoder = decoder_make(codec, why))) {
    media->receiving.missing[place] = true;
    media_tell(media, MEDIA_EVENT_FAILED, true, why);
  }
  return *decoder;
}

/// What a packet of this type is counted with; 0: it is none of those agreed upon.
static uint32_t clock_of(const struct media *media, uint8_t type) {
  const struct media_codec *codec = accepted(media, type, NULL);
  if (codec) return codec->clock;
  // Noise and digits go in the time of the sound around them.
  if (type == media->plan.noise || type == COMFORT_NOISE || type == media->plan.digits) {
    return media->receiving.playout.running ? media->receiving.playout.clock : media->plan.codec.clock;
  }
  return 0;
}

static uint32_t word(const uint8_t *at) {
  return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/// Where the sound begins; 0: it is not RTP.
static int payload_start(const uint8_t *packet, int size, int *end) {
  if (size < HEADER || packet[0] >> 6 != 2) return 0;
  int start = HEADER + 4 * (packet[0] & 15);
  if (packet[0] & 0x10) {
    if (start + 4 > size) return 0;
    start += 4 + 4 * (packet[start + 2] << 8 | packet[start + 3]);
  }
  *end = size;
  if (packet[0] & 0x20) *end -= packet[size - 1];
  return start <= *end && (!(packet[0] & 0x20) || packet[size - 1] > 0) ? start : 0;
}

static void take_report(struct media *media, uint8_t *packet, int size) {
  struct receiving *receiving = &media->receiving;
  if (awaits_keys(media)) return;
  if (receiving->secure && (size < 8 || (size = secure_unprotect(receiving->secure, packet, size, true)) < 0)) return;
  if (!reports_are_valid(packet, size)) return;
  struct far_report report;
  reports_read(packet, size, media->identity.source, &report);
  int64_t now = clock_ms(CLOCK_MONOTONIC);
  (receiving->control++, receiving->last_control = now);
  if (report.has_sender_report) {
    (receiving->last_sender_report = report.sender_time, receiving->last_sender_report_at = now);
  }
  if (report.has_round_trip) media->round_trip_ms = (int32_t)((uint64_t)report.round_trip * 1000 >> 16);
  if (!report.has_block) return;
  (media->far_loss = report.fraction_lost * 100 / 256, media->far_loss_at = now);
  if (media->sending.encoder) encoder_expect_loss(media->sending.encoder, media->far_loss);
}

static bool comes_rightly(struct media *media, const union endpoint *from, const uint8_t *packet, int size) {
  struct receiving *receiving = &media->receiving;
  if (media->plan.unchecked) return false;
  if (endpoint_equal(from, &media->remote, true)) {
    (receiving->heard_negotiated = true, receiving->has_latched = false);
    return true;
  }
  if (media->plan.checked) return false;
  bool known = endpoint_equal(from, &media->remote, false) ||
               (media->has_signaller && endpoint_equal(from, &media->signaller, false));
  if (!known || receiving->heard_negotiated) return false;
  if (receiving->has_latched) return endpoint_equal(from, &receiving->latched, true);
  // An address translator on the way may have changed the port; and who has several addresses may have named another one
  // than it sends from. Whom the call was agreed upon with is trusted with its sound as well.
  bool waited = clock_ms(CLOCK_MONOTONIC) - receiving->since >= LATCH_AFTER_MS;
  bool is_sound = size >= HEADER && packet[0] >> 6 == 2 && accepted(media, packet[1] & 127, NULL);
  if (!waited || !(is_sound || (handshake_runs(media) && handshake_is(packet, size)))) return false;
  (receiving->latched = *from, receiving->has_latched = true);
  return true;
}

static void take_packet(struct media *media, uint8_t *packet, int size) {
  struct receiving *receiving = &media->receiving;
  uint8_t type = packet[1] & 127;
  uint32_t clock = clock_of(media, type);
  int end = size;
  if (clock == 0 || payload_start(packet, size, &end) == 0 || awaits_keys(media)) return;
  if (receiving->secure) {
    size = secure_unprotect(receiving->secure, packet, size, false);
    if (size < HEADER) return;
  }
  int start = payload_start(packet, size, &end);
  if (start == 0) return;
  uint32_t source = word(packet + 8), timestamp = word(packet + 4);
  // What this end sent itself, sent back: by a loop on the way or an echo at the far end, whose sound it is then.
  receiving->packets++;
  (receiving->last_heard = clock_ms(CLOCK_MONOTONIC), receiving->type = type);
  if (type == media->plan.digits && end - start >= 4 && timestamp != receiving->last_digit) {
    (receiving->digits++, receiving->last_digit = timestamp);
  }
  playout_put(&receiving->playout, source, (uint16_t)(packet[2] << 8 | packet[3]), timestamp, type, clock,
              packet + start, end - start, clock_samples());
  if (media->heard_first) return;
  media->heard_first = true;
  media_tell(media, MEDIA_EVENT_FIRST_HEARD, false, NULL);
}

static bool is_control(const uint8_t *packet, int size) { return size >= 8 && packet[1] >= 192 && packet[1] <= 223; }

/// Takes the header of the relay's channel off: what is in it comes from the far end. False: it is not for the sound.
static bool unwrap(struct media *media, union endpoint *from, uint8_t **packet, int *size) {
  if (is_stun(*packet, *size)) return false;
  // The first byte of a channel (RFC 7983, 7).
  if (*size == 0 || (*packet)[0] < 64 || (*packet)[0] > 79) return true;
  if (!media->has_plan || !*media->plan.relay || !endpoint_equal(from, &media->relay, true)) return false;
  int length = channel_data(*packet, *size, media->plan.relay_channel);
  if (length < 0 || is_stun(*packet + CHANNEL_HEADER, length)) return false;
  (*packet += CHANNEL_HEADER, *size = length, *from = media->remote);
  return true;
}

void receive_packets(struct media *media) {
  uint8_t room[PACKET_ROOM];
  union endpoint from;
  for (int i = 0, size; i < MOST_AT_ONCE && (size = receive(media->socket, room, &from)) >= 0; i++) {
    uint8_t *packet = room;
    if (media->connectivity && !unwrap(media, &from, &packet, &size)) {
      keep_datagram(media, &from, room, size);
      continue;
    }
    if (!media->has_plan) continue;
    bool muxed = media->plan.remote_control_port == 0;
    if (muxed && is_control(packet, size)) {
      struct receiving *receiving = &media->receiving;
      bool latched = receiving->has_latched && endpoint_equal(&from, &receiving->latched, true);
      bool rightly = latched || (!media->plan.unchecked && endpoint_equal(&from, &media->remote, true));
      if (rightly) take_report(media, packet, size);
      else media->receiving.foreign++;
    } else if (comes_rightly(media, &from, packet, size)) {
      if (handshake_is(packet, size)) take_handshake(media, packet, size);
      else if (size >= HEADER && packet[0] >> 6 == 2) take_packet(media, packet, size);
    } else {
      media->receiving.foreign++;
    }
  }
}

void receive_control(struct media *media) {
  uint8_t packet[PACKET_ROOM];
  union endpoint from;
  for (int i = 0, size; i < MOST_AT_ONCE && (size = receive(media->control_socket, packet, &from)) >= 0; i++) {
    if (!media->has_plan) continue;
    bool rightly = endpoint_equal(&from, &media->remote_control, true) ||
                   (media->receiving.has_latched && endpoint_equal(&from, &media->receiving.latched, false));
    if (!rightly) media->receiving.foreign++;
    // Keys of a handshake are for one port (RFC 5764, 5.1.2).
    else if (media->plan.remote_control_port != 0 && !media->plan.handshake.wanted) take_report(media, packet, size);
  }
}
#endif
