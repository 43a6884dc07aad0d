// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "Codec.h"
#include "Connectivity.h"
#include "Devices.h"
#include "Dial.h"
#include "Files.h"
#include "Handshake.h"
#include "Playout.h"
#include "Reports.h"
#include "Ring.h"
#include "Secure.h"
#include "include/CCallMedia.h"

enum { MOST_EVENTS = 32, PACKET_ROOM = 2048, HEADER = 12 };

struct sending {
  struct encoder *encoder;
  struct secure *secure;
  /// The next packet's number since the stream began; where the clock says that it is, unless nothing was sent for long.
  int64_t index;
  /// Another has sent those before.
  int64_t least;
  bool placed, replace, marks, moved;
  uint32_t timestamp;
  int64_t last_packet, last_tick;
  int16_t frame[LONGEST_FRAME];
  int filled, level;
  uint64_t packets, octets, reported;
  struct dial dial;
};

struct receiving {
  struct secure *secure;
  struct decoder *decoders[MEDIA_MOST_CODECS];
  /// Those that could not be made, and were told of.
  bool missing[MEDIA_MOST_CODECS];
  struct playout playout;
  union endpoint latched;
  bool has_latched, heard_negotiated;
  int64_t since;
  uint64_t packets, control, foreign, digits;
  int64_t last_heard, last_control, last_sender_report_at;
  uint32_t last_sender_report, last_digit;
  int type, level;
};

/// How full a ring is kept that a device writes or reads by a clock of its own.
struct balance {
  bool primed;
  int least, ticks;
};

struct media {
  /// Guards all below but what says otherwise; held by the thread while it works, not while it waits.
  pthread_mutex_t lock;
  pthread_t thread;
  bool running, ends, muted, started, heard_first;
  int socket, control_socket, timer, wake;
  uint16_t port, control_port;
  int family;
  struct media_identity identity;
  uint32_t rollovers;
  struct media_plan plan;
  bool has_plan;
  /// NULL: the keys are in the plan, or there are none.
  struct handshake *handshake;
  struct media_certificate certificate;
  union endpoint remote, remote_control, signaller, relay;
  bool has_signaller;
  int tick_ms;
  struct sending sending;
  struct receiving receiving;
  int64_t next_report, report_interval;
  int32_t round_trip_ms, far_loss;
  int64_t far_loss_at;

  struct player *player;
  struct recorder *heard_file, *recorder;
  /// What the devices write and read, on threads of their own.
  struct balance spoken_balance, heard_balance;
  int16_t heard_past[PAST + LONGEST_FRAME];
  struct devices *devices;
  char title[DEVICE_NAME], microphone[DEVICE_NAME], speaker[DEVICE_NAME];

  /// NULL: STUN is nobody's.
  struct connectivity *connectivity;

  pthread_mutex_t events_lock;
  struct media_event queue[MOST_EVENTS];
  int first_event, event_count;
  int events;
};

/// Starts the thread, unless it runs.
bool media_run(struct media *media);
int64_t clock_ms(clockid_t clock);
/// CLOCK_MONOTONIC in samples of 48 kHz.
int64_t clock_samples(void);
void media_tell(struct media *media, enum media_event_kind kind, bool speaker, const char *text);
bool endpoint_make(union endpoint *endpoint, int family, const char *host, uint16_t port);
socklen_t endpoint_size(const union endpoint *endpoint);
bool endpoint_equal(const union endpoint *a, const union endpoint *b, bool port_too);

/// For whoever handles STUN and TURN.
void keep_datagram(struct media *media, const union endpoint *from, const uint8_t *bytes, int size);
bool same_handshake(const struct media_handshake *a, const struct media_handshake *b);
bool awaits_keys(const struct media *media);
bool handshake_runs(const struct media *media);
void take_handshake(struct media *media, const uint8_t *datagram, int size);
void tick_handshake(struct media *media);
/// Taken over; what was there before is the caller's.
struct secure *set_send_key(struct media *media, struct secure *sends, int packet_ms);
struct secure *set_receive_key(struct media *media, struct secure *receives);
void set_timer(struct media *media);

void receive_packets(struct media *media);
void receive_control(struct media *media);
struct decoder *receiving_decoder(void *media, uint8_t type);

/// What is not RTP, by the way of the sound.
void send_datagram(void *media, const uint8_t *datagram, int size);
void send_tick(struct media *media);
/// Ends the digit that sounds, as the far end has to hear it.
void send_digit_end(struct media *media);
void send_report(struct media *media, bool leaves);

/// Microphone and loudspeaker at their own clocks.
void take_spoken(struct media *media, int16_t *sound, int count);
void give_heard(struct media *media, const int16_t *sound, int count);
