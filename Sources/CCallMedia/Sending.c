// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "Internal.h"

/// A stream that fell behind its clock by more is put where the clock is, so that a successor need not jump further.
enum { MOST_BEHIND = 1000, LARGEST_SENT = 1400 };

static void put(uint8_t *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/// The identity says again where the stream is: what is sent next has the same number and time by it.
static void move_identity(struct media *media, int64_t now) {
  struct sending *sending = &media->sending;
  int64_t length = media->plan.packet_time;
  if (sending->moved) {
    media->identity.first_sequence = (uint16_t)(media->identity.first_sequence + sending->index);
    sending->index = 0;
  }
  media->identity.epoch = now - sending->index * length;
  media->identity.first_timestamp =
      sending->timestamp - (uint32_t)(sending->index * length * (media->plan.codec.clock / 1000));
  (sending->replace = false, sending->moved = false);
  media_tell(media, MEDIA_EVENT_IDENTITY, false, NULL);
}

/// Before each packet: where the stream is.
static void place(struct media *media, int64_t now) {
  struct sending *sending = &media->sending;
  int64_t length = media->plan.packet_time, unit = length * (media->plan.codec.clock / 1000);
  int64_t place = (now - media->identity.epoch) / length;
  if (!sending->placed) {
    // Sooner after the last packet than the clock counts, its number would come again.
    sending->index = place < sending->least ? sending->least : place;
    sending->timestamp = media->identity.first_timestamp + (uint32_t)(sending->index * unit);
    sending->last_tick = now;
    (sending->placed = true, sending->replace = false);
    if (sending->secure) {
      secure_place(sending->secure, media->identity.source,
                   (uint32_t)((media->identity.first_sequence + sending->index) >> 16));
    }
    return;
  }
  // By the clock, however many packets' sound was never sent.
  int64_t passed = (now - sending->last_tick) / length;
  // A thread that is called late is no pause: the times of packets stay as far apart as their sound is long.
  if (passed < 6) passed = 1;
  sending->timestamp += (uint32_t)(passed * unit);
  sending->last_tick += passed * length;
  int64_t behind = place - sending->index;
  if (sending->replace || sending->moved || behind > MOST_BEHIND || behind < -MOST_BEHIND) move_identity(media, now);
}

static void send_by_relay(struct media *media, const uint8_t *packet, int size) {
  uint8_t header[CHANNEL_HEADER];
  channel_header(header, media->plan.relay_channel, size);
  // sendmsg(2) only reads it.
  struct iovec parts[] = {{header, CHANNEL_HEADER}, {(uint8_t *)packet, (size_t)size}};
  struct msghdr message = {.msg_name = &media->relay, .msg_namelen = endpoint_size(&media->relay), .msg_iov = parts, .msg_iovlen = 2};
  sendmsg(media->socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void send_datagram(void *context, const uint8_t *datagram, int size) {
  struct media *media = context;
  if (media->plan.unchecked) return;
  if (*media->plan.relay) return send_by_relay(media, datagram, size);
  sendto(media->socket, datagram, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL, &media->remote.any,
         endpoint_size(&media->remote));
}

static void send_to(struct media *media, uint8_t *packet, int size, bool control) {
  bool muxed = media->plan.remote_control_port == 0;
  const union endpoint *to = control ? &media->remote_control : &media->remote;
  // Keys of a handshake are for one port (RFC 5764, 5.1.2).
  if (awaits_keys(media) || (media->plan.handshake.wanted && control && !muxed)) return;
  if (media->sending.secure) size = secure_protect(media->sending.secure, packet, size, control);
  if (size <= 0) return;
  if (media->plan.unchecked) return;
  // A relay is for one port of the far end.
  if (*media->plan.relay && control && !muxed) return;
  if (*media->plan.relay) return send_by_relay(media, packet, size);
  // What cannot be sent is lost, as on any way.
  sendto(control && !muxed ? media->control_socket : media->socket, packet, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL,
         &to->any, endpoint_size(to));
}

static void send_payload(struct media *media, uint8_t *packet, int size, int type, uint32_t timestamp, bool marks) {
  struct sending *sending = &media->sending;
  uint16_t sequence = (uint16_t)(media->identity.first_sequence + sending->index);
  packet[0] = 0x80;
  packet[1] = (uint8_t)(type | (marks ? 0x80 : 0));
  packet[2] = (uint8_t)(sequence >> 8);
  packet[3] = (uint8_t)sequence;
  put(packet + 4, timestamp);
  put(packet + 8, media->identity.source);
  send_to(media, packet, HEADER + size, false);
  (sending->index++, sending->packets++, sending->octets += (uint64_t)size);
}

static void tell_of_digit(struct media *media, uint64_t before) {
  if (media->sending.dial.done != before) media_tell(media, MEDIA_EVENT_DIGIT, false, NULL);
}

void send_digit_end(struct media *media) {
  struct dial *dial = &media->sending.dial;
  const struct media_plan *plan = &media->plan;
  uint64_t before = dial->done;
  bool sends = plan->sends && plan->digits >= 0 && !awaits_keys(media) && media->sending.placed;
  if (sends && dial->digit && !dial->as_tone) {
    dial->stops = true;
    uint8_t packet[PACKET_ROOM];
    bool first;
    while (dial->digit && dial_event(dial, plan->packet_time, 0, plan->digits_clock, packet + HEADER, &first)) {
      send_payload(media, packet, 4, plan->digits, dial->timestamp, false);
    }
  }
  dial_cut(dial);
  tell_of_digit(media, before);
}

static void send_packet(struct media *media, int64_t now) {
  struct sending *sending = &media->sending;
  const struct media_plan *plan = &media->plan;
  uint8_t packet[PACKET_ROOM];
  if (awaits_keys(media)) return;
  place(media, now);
  uint8_t *payload = packet + HEADER;
  uint32_t timestamp = sending->timestamp;
  bool event = false, first = false, marks = sending->marks || sending->packets == 0;
  uint64_t digits = sending->dial.done;
  int size = 4, type = plan->digits;
  if (plan->digits >= 0) {
    event = dial_event(&sending->dial, plan->packet_time, timestamp, plan->digits_clock, payload, &first);
  } else {
    dial_tone(&sending->dial, plan->packet_time, sending->frame);
  }
  tell_of_digit(media, digits);
  if (event) {
    timestamp = sending->dial.timestamp;
    // Sound after a digit begins anew, as after any pause.
    (marks = first, sending->marks = true);
  } else {
    size = encoder_run(sending->encoder, sending->frame, payload, LARGEST_SENT);
    type = plan->codec.payload_type;
    if (size <= 0) {
      // A pause that need not be sent.
      sending->marks = true;
      return;
    }
    sending->marks = false;
  }
  send_payload(media, packet, size, type, timestamp, marks);
  sending->last_packet = now;
  if (media->started) return;
  media->started = true;
  media_tell(media, MEDIA_EVENT_STARTED, false, NULL);
}

void send_report(struct media *media, bool leaves) {
  struct sending *sending = &media->sending;
  struct receiving *receiving = &media->receiving;
  struct playout *playout = &receiving->playout;
  int64_t now = clock_ms(CLOCK_BOOTTIME), mono = clock_ms(CLOCK_MONOTONIC);
  struct report report = {.source = media->identity.source, .leaves = leaves};
  snprintf(report.name, sizeof report.name, "%08x%08x", media->identity.source ^ 0x6f63616c, media->identity.source * 2654435761u);
  report.sends = sending->packets > sending->reported;
  sending->reported = sending->packets;
  report.timestamp = sending->timestamp + (uint32_t)((now - sending->last_tick) * (media->plan.codec.clock / 1000));
  (report.packets = (uint32_t)sending->packets, report.octets = (uint32_t)sending->octets);
  report.hears = playout->running;
  if (report.hears) {
    int64_t expected = playout->highest - playout->base_sequence + 1;
    int64_t now_expected = expected - playout->expected_before;
    int64_t now_lost = now_expected - (playout->received_now - playout->received_before);
    (playout->expected_before = expected, playout->received_before = playout->received_now);
    report.far_fraction = (uint8_t)(now_expected > 0 && now_lost > 0 ? now_lost * 255 / now_expected : 0);
    report.far_lost = (int32_t)(expected - playout->received_now);
    report.far_source = playout->source;
    // It began at 65536 so that a number before the first is none below nought.
    report.far_highest = (uint32_t)(playout->highest - 65536);
    report.far_jitter = (uint32_t)(playout->jitter * playout->clock / SOUND_RATE);
    if (receiving->last_sender_report_at > 0) {
      report.last_sender_report = receiving->last_sender_report;
      report.since_sender_report = (uint32_t)((mono - receiving->last_sender_report_at) * 65536 / 1000);
    }
  }
  uint8_t packet[PACKET_ROOM];
  int size = reports_write(&report, packet, PACKET_ROOM - 160);
  if (size > 0) send_to(media, packet, size, true);
}

static void hear(struct media *media, int16_t *sound, int count) {
  struct receiving *receiving = &media->receiving;
  playout_take(&receiving->playout, sound, count, clock_samples());
  if (!media->plan.receives) memset(sound, 0, (size_t)count * sizeof(int16_t));
  int level = sound_level(sound, count);
  // Falls slowly, so that who looks once a second sees words.
  receiving->level = level > receiving->level - 1 ? level : receiving->level - 1;
  give_heard(media, sound, count);
  struct canceller *canceller = devices_canceller(media->devices);
  if (canceller) canceller_heard(canceller, sound, count);
  if (media->heard_file) recorder_add(media->heard_file, sound, NULL, count);
}

static void tell_failures(struct media *media) {
  char why[256];
  if (media->recorder && recorder_failed(media->recorder, why)) media_tell(media, MEDIA_EVENT_RECORDING_FAILED, false, why);
  if (media->heard_file && recorder_failed(media->heard_file, why)) {
    media_tell(media, MEDIA_EVENT_RECORDING_FAILED, true, why);
  }
}

void send_tick(struct media *media) {
  struct sending *sending = &media->sending;
  int64_t now = clock_ms(CLOCK_BOOTTIME), mono = clock_ms(CLOCK_MONOTONIC);
  int count = media->tick_ms * SOUND_PER_MS;
  if (media->plan.sends || media->plan.receives) {
    int16_t sound[LONGEST_FRAME], *spoken = sending->frame + sending->filled;
    // What is heard is known before what is spoken: that may be its echo.
    hear(media, sound, count);
    take_spoken(media, spoken, count);
    struct canceller *canceller = devices_canceller(media->devices);
    if (canceller) canceller_spoken(canceller, spoken, count);
    if (media->muted || !media->plan.sends) memset(spoken, 0, (size_t)count * sizeof(int16_t));
    int level = sound_level(spoken, count);
    sending->level = level > sending->level - 1 ? level : sending->level - 1;
    if (media->recorder) recorder_add(media->recorder, spoken, sound, count);
    sending->filled += count;
    if (sending->filled >= media->plan.packet_time * SOUND_PER_MS) {
      sending->filled = 0;
      if (media->plan.sends) send_packet(media, now);
    }
  }
  tell_failures(media);
  if (mono < media->next_report) return;
  // Between half and three halves of five seconds, as chance has it (RFC 3550, 6.2).
  media->report_interval = 2500 + (int64_t)((reports_time() >> 8) * 2654435761u % 5000);
  media->next_report = mono + media->report_interval;
  if (media->far_loss >= 0 && mono - media->far_loss_at > 30000) media->far_loss = -1;
  send_report(media, false);
}
#endif
