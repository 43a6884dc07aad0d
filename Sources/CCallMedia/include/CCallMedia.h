// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// The sound of one call: a thread of its own sends and receives; what is here is called by one other thread.
struct media;

enum media_encoding { MEDIA_OPUS, MEDIA_G722, MEDIA_PCMU, MEDIA_PCMA, MEDIA_SPEEX, MEDIA_GSM };

struct media_codec {
  enum media_encoding encoding;
  uint8_t payload_type;
  /// Hertz of the RTP clock.
  uint32_t clock;
  /// Of Opus: forward error correction, silence that is not sent, bits per second (0: as is good), Hertz (0: all).
  bool fec, dtx;
  uint32_t bitrate, bandwidth;
};

/// Key and salt; size 0 is none.
struct media_key {
  char suite[32];
  uint8_t material[64];
  uint8_t size;
};

/// Of this end's certificate, and of who may have the far end's (RFC 8122).
struct media_certificate {
  uint8_t certificate[1024], key[256], digest[32];
  int certificate_size, key_size;
};
struct media_fingerprint {
  /// `sha-256`, `sha-384` or `sha-512`.
  char hash[8];
  uint8_t digest[64], size;
};

enum { MEDIA_MOST_FINGERPRINTS = 2 };

/// The keys come from a handshake (RFC 5763), unless the plan has them already. Without keys, nothing is sent or taken.
struct media_handshake {
  /// Active: this end begins.
  bool wanted, active;
  /// Another number, far end or certificate is another handshake.
  uint32_t number;
  char far_id[256];
  int fingerprint_count;
  struct media_fingerprint fingerprints[MEDIA_MOST_FINGERPRINTS];
};

enum { MEDIA_MOST_CODECS = 16 };

struct media_plan {
  struct media_codec codec;
  struct media_codec accepted[MEDIA_MOST_CODECS];
  int accepted_count;
  /// Payload types; -1: none.
  int digits, noise;
  uint32_t digits_clock;
  bool sends, receives;
  uint16_t packet_time;
  char remote[64], remote_control[64];
  /// The peer of the signalling, whose packets count where none come from `remote`; empty: nobody's.
  char signaller[64];
  /// A control port of 0: RTCP goes with RTP.
  uint16_t remote_port, remote_control_port;
  /// `remote` is the result of connectivity checks: nobody else's packets count. Until there is one, nothing is sent.
  bool checked, unchecked;
  /// The TURN server whose channel leads to `remote`; empty: none.
  char relay[64];
  uint16_t relay_port, relay_channel;
  struct media_key send_key, receive_key;
  struct media_handshake handshake;
};

struct media_identity {
  uint32_t source, first_timestamp;
  uint16_t first_sequence;
  int64_t epoch;
};

struct media_sample {
  uint64_t sent, received, lost, control_received, foreign, digits_received, digits_sent;
  /// Milliseconds of CLOCK_MONOTONIC; 0: never.
  int64_t last_heard, last_control_heard;
  int32_t jitter_ms, round_trip_ms, level_sent, level_received, delay_ms, far_loss_percent;
  /// Payload type of the last packet; -1: none yet.
  int32_t received_type;
  uint32_t inbound_rollovers;
  uint64_t concealed_ms;
  char microphone[128], speaker[128];
  bool echo_cancellation, devices_known;
};

enum media_event_kind {
  MEDIA_EVENT_NONE, MEDIA_EVENT_STARTED, MEDIA_EVENT_FIRST_HEARD, MEDIA_EVENT_IDENTITY, MEDIA_EVENT_FAILED, MEDIA_EVENT_DEVICE_LOST,
  MEDIA_EVENT_DEVICE_BACK, MEDIA_EVENT_DEVICES, MEDIA_EVENT_RECORDING_FAILED, MEDIA_EVENT_PLAY_FAILED,
  MEDIA_EVENT_HANDSHAKE, MEDIA_EVENT_DIGIT,
};
struct media_event {
  enum media_event_kind kind;
  bool speaker;
  char text[256];
};

/// Binds an even port and the one after it; the preferred ones, if there are any and they are free.
/// NULL: errno says why.
struct media *media_open(const char *address, uint16_t preferred, uint16_t preferred_control);
void media_ports(const struct media *media, uint16_t *rtp, uint16_t *control);
void media_close(struct media *media);

void media_set_identity(struct media *media, const struct media_identity *identity);
void media_get_identity(struct media *media, struct media_identity *identity);
/// The stream of another, which sends no more, goes on here: under its numbers, after its last one.
void media_take_stream(struct media *media, struct media *before);
void media_set_inbound_rollovers(struct media *media, uint32_t rollovers);

/// P-256, signed by itself.
bool media_make_certificate(struct media_certificate *certificate);
/// For handshakes that begin later.
void media_set_certificate(struct media *media, const struct media_certificate *certificate);
enum media_handshake_result { MEDIA_HANDSHAKE_RUNS, MEDIA_HANDSHAKE_DONE, MEDIA_HANDSHAKE_FAILED };
/// Of the plan that was applied last: when it is done, its keys, and when it failed, why.
enum media_handshake_result media_get_handshake(struct media *media, struct media_key *send, struct media_key *receive,
                                                char why[256]);

/// Starts, or changes what runs. False: `why` says what is wrong, and all is as before.
bool media_apply(struct media *media, const struct media_plan *plan, char why[256]);
/// Ends the digit that sounds, says RTCP BYE and sends no more.
void media_stop(struct media *media);

void media_set_muted(struct media *media, bool muted);
/// One of 0-9, A-D, * and #, or a comma for a pause of two seconds; false when the queue is full.
bool media_dial(struct media *media, char digit);
void media_get_sample(struct media *media, struct media_sample *sample);

/// Readable while there are events.
int media_descriptor(const struct media *media);
struct media_event media_next_event(struct media *media);

enum { MEDIA_LARGEST_DATAGRAM = 1500 };
struct media_datagram {
  char host[64];
  uint16_t port, size;
  uint8_t bytes[MEDIA_LARGEST_DATAGRAM];
};

/// From now on, the datagrams at the RTP port that are STUN's or TURN's are kept, as many as there is room for.
bool media_keep_datagrams(struct media *media);
/// The next one; false: there is none. ``media_descriptor`` is readable while there are.
bool media_next_datagram(struct media *media, struct media_datagram *datagram);
/// From the RTP port.
void media_send_datagram(struct media *media, const char *host, uint16_t port, const uint8_t *bytes, int size);

/// Names of devices, empty: the default one, NULL: as it is.
void media_use_devices(struct media *media, const char *microphone, const char *speaker);
/// Of the stream, before it starts.
void media_set_title(struct media *media, const char *title);

struct media_device {
  bool speaker, is_default;
  char name[128], description[128];
};
/// Asks the sound server, and waits for it; -1: none answers, and there is no ALSA either.
int media_list_devices(struct media_device *devices, int room);

/// Whether elements for it are installed.
bool media_can(enum media_encoding encoding);
/// Before there is any other thread: each would have room of its own in memory, most of it empty.
void media_save_memory(void);
/// Has GStreamer look for its plugins, and remember what it finds.
void media_warm_up(void);

/// A WAV file that is sent, again and again, instead of a microphone.
bool media_play(struct media *media, const char *file, char why[256]);
/// What is heard goes to this file; `continuing` adds to what is there.
bool media_record_heard(struct media *media, const char *file, bool continuing, char why[256]);
/// Both directions, what was sent on the left; a file that is there already is an error, unless it is continued.
bool media_start_recording(struct media *media, const char *file, bool continuing, char why[256]);
void media_stop_recording(struct media *media);

// Swift has no arrays of fixed size: these fill a plan. False: it does not fit.
bool media_plan_accept(struct media_plan *plan, struct media_codec codec);
bool media_plan_set_remote(struct media_plan *plan, const char *host, uint16_t port);
bool media_plan_set_signaller(struct media_plan *plan, const char *host);
bool media_plan_set_relay(struct media_plan *plan, const char *host, uint16_t port, uint16_t channel);
bool media_plan_set_remote_control(struct media_plan *plan, const char *host, uint16_t port);
bool media_key_set(struct media_key *key, const char *suite, const uint8_t *material, int size);
bool media_plan_set_handshake(struct media_plan *plan, bool active, uint32_t number, const char *far_id);
bool media_plan_add_fingerprint(struct media_plan *plan, const char *hash, const uint8_t *digest, int size);
bool media_certificate_set(struct media_certificate *out, const uint8_t *certificate, int size, const uint8_t *key,
                           int key_size);
