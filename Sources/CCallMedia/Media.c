// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "Internal.h"

enum { MOST_MADE_UP = 4 };

int64_t clock_ms(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_samples(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * SOUND_RATE + (int64_t)now.tv_nsec * 3 / 62500;
}

socklen_t endpoint_size(const union endpoint *endpoint) {
  return endpoint->any.sa_family == AF_INET ? sizeof endpoint->v4 : sizeof endpoint->v6;
}

bool endpoint_make(union endpoint *endpoint, int family, const char *host, uint16_t port) {
  memset(endpoint, 0, sizeof *endpoint);
  endpoint->any.sa_family = (sa_family_t)family;
  if (family == AF_INET) {
    endpoint->v4.sin_port = htons(port);
    return inet_pton(AF_INET, host, &endpoint->v4.sin_addr) == 1;
  }
  endpoint->v6.sin6_port = htons(port);
  return inet_pton(AF_INET6, host, &endpoint->v6.sin6_addr) == 1;
}

bool endpoint_equal(const union endpoint *a, const union endpoint *b, bool port_too) {
  if (a->any.sa_family != b->any.sa_family) return false;
  if (a->any.sa_family == AF_INET) {
    return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr && (!port_too || a->v4.sin_port == b->v4.sin_port);
  }
  return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, 16) == 0 && (!port_too || a->v6.sin6_port == b->v6.sin6_port);
}

static int bind_port(const char *address, int family, uint16_t port, uint16_t *bound) {
  int file = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1, room = 1 << 18;
  union endpoint endpoint;
  socklen_t size = sizeof endpoint;
  if (file < 0) return -1;
  if (family == AF_INET6) setsockopt(file, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
  setsockopt(file, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  // Expedited forwarding: networks that look at it take voice first.
  int class = 0xb8;
  if (family == AF_INET) setsockopt(file, IPPROTO_IP, IP_TOS, &class, sizeof class);
  else setsockopt(file, IPPROTO_IPV6, IPV6_TCLASS, &class, sizeof class);
  if (!endpoint_make(&endpoint, family, address, port)) errno = EINVAL;
  else if (bind(file, &endpoint.any, endpoint_size(&endpoint)) == 0 && getsockname(file, &endpoint.any, &size) == 0) {
    *bound = ntohs(family == AF_INET ? endpoint.v4.sin_port : endpoint.v6.sin6_port);
    return file;
  }
  int error = errno;
  close(file);
  errno = error;
  return -1;
}

static bool bind_pair(struct media *media, const char *address, uint16_t rtp, uint16_t control) {
  media->socket = bind_port(address, media->family, rtp, &media->port);
  if (media->socket < 0) return false;
  if (rtp == 0 && media->port % 2 != 0) {
    // RTCP is at the odd port above (RFC 3550, 11); the even one below is as likely free as any.
    close(media->socket);
    media->socket = bind_port(address, media->family, (uint16_t)(media->port - 1), &media->port);
    if (media->socket < 0) return false;
  }
  uint16_t beside = control ? control : (uint16_t)(media->port + 1);
  media->control_socket = bind_port(address, media->family, beside, &media->control_port);
  if (media->control_socket >= 0) return true;
  int error = errno;
  close(media->socket);
  media->socket = -1;
  errno = error;
  return false;
}

struct media *media_open(const char *address, uint16_t preferred, uint16_t preferred_control) {
  struct media *media = calloc(1, sizeof *media);
  if (!media) return NULL;
  (media->socket = -1, media->control_socket = -1);
  media->family = strchr(address, ':') ? AF_INET6 : AF_INET;
  bool bound = preferred != 0 && bind_pair(media, address, preferred, preferred_control);
  for (int attempt = 0; !bound && attempt < 50; attempt++) {
    bound = bind_pair(media, address, 0, 0);
    if (!bound && errno != EADDRINUSE) break;
  }
  int error = errno;
  media->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  media->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  media->events = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&media->lock, NULL);
  pthread_mutex_init(&media->events_lock, NULL);
  bool made = bound && media->timer >= 0 && media->wake >= 0 && media->events >= 0 &&
              playout_make(&media->receiving.playout);
  if (!made) {
    if (bound) error = errno;
    media_close(media);
    errno = error;
    return NULL;
  }
  media->receiving.playout.owner = media;
  media->receiving.playout.decoder = receiving_decoder;
  (media->receiving.type = -1, media->receiving.level = media->sending.level = -127);
  (media->round_trip_ms = -1, media->far_loss = -1);
  return media;
}

void media_ports(const struct media *media, uint16_t *rtp, uint16_t *control) {
  (*rtp = media->port, *control = media->control_port);
}

static void forget_decoders(struct receiving *receiving) {
  for (int i = 0; i < MEDIA_MOST_CODECS; i++) {
    decoder_free(receiving->decoders[i]);
    receiving->decoders[i] = NULL;
    receiving->missing[i] = false;
  }
}

void media_close(struct media *media) {
  if (media->running) {
    pthread_mutex_lock(&media->lock);
    media->ends = true;
    pthread_mutex_unlock(&media->lock);
    eventfd_write(media->wake, 1);
    pthread_join(media->thread, NULL);
  }
  if (media->heard_file) recorder_close(media->heard_file);
  if (media->recorder) recorder_close(media->recorder);
  player_free(media->player);
  encoder_free(media->sending.encoder);
  handshake_free(media->handshake);
  secure_free(media->sending.secure);
  secure_free(media->receiving.secure);
  forget_decoders(&media->receiving);
  playout_free(&media->receiving.playout);
  devices_close(media->devices);
  connectivity_free(media->connectivity);
  int files[] = {media->socket, media->control_socket, media->timer, media->wake, media->events};
  for (int i = 0; i < 5; i++) if (files[i] >= 0) close(files[i]);
  explicit_bzero(&media->plan, sizeof media->plan);
  explicit_bzero(&media->certificate, sizeof media->certificate);
  free(media);
}

static void *run(void *context) {
  struct media *media = context;
  pthread_setname_np(pthread_self(), "media");
  struct pollfd files[] = {{media->timer, POLLIN, 0}, {media->socket, POLLIN, 0}, {media->control_socket, POLLIN, 0},
                           {media->wake, POLLIN, 0}};
  for (bool ends = false; !ends;) {
    if (poll(files, 4, -1) < 0 && errno != EINTR) break;
    uint64_t count;
    if (files[3].revents && read(media->wake, &count, sizeof count) < 0) continue;
    bool ticks = files[0].revents && read(media->timer, &count, sizeof count) == sizeof count;
    pthread_mutex_lock(&media->lock);
    ends = media->ends;
    if (files[1].revents) receive_packets(media);
    if (files[2].revents) receive_control(media);
    if (ticks && media->has_plan) tick_handshake(media);
    // What a late call left out is made up for, as far as sound waits for it.
    for (uint64_t i = 0; ticks && i < count && i < MOST_MADE_UP && media->has_plan; i++) send_tick(media);
    pthread_mutex_unlock(&media->lock);
  }
  return NULL;
}

bool media_run(struct media *media) {
  if (!media->running) {
    errno = pthread_create(&media->thread, NULL, run, media);
    media->running = errno == 0;
  }
  return media->running;
}

static bool same_codec(const struct media_codec *a, const struct media_codec *b) {
  return a->encoding == b->encoding && a->payload_type == b->payload_type && a->clock == b->clock && a->fec == b->fec &&
         a->dtx == b->dtx && a->bitrate == b->bitrate && a->bandwidth == b->bandwidth;
}

static bool same_key(const struct media_key *a, const struct media_key *b) {
  return a->size == b->size && strcmp(a->suite, b->suite) == 0 && memcmp(a->material, b->material, a->size) == 0;
}

static void continue_secure(struct media *media, struct secure *secure, int packet_ms) {
  int64_t age = clock_ms(CLOCK_BOOTTIME) - media->identity.epoch, reports = age / 2000;
  if (age < 0) age = reports = 0;
  uint32_t rollovers = (uint32_t)((media->identity.first_sequence + age / packet_ms) >> 16);
  secure_continue(secure, media->identity.source, rollovers, (uint32_t)(reports > 50000 ? 50000 : reports));
}

struct secure *set_send_key(struct media *media, struct secure *sends, int packet_ms) {
  struct secure *before = media->sending.secure;
  media->sending.secure = sends;
  // A new key counts from nought; only with the first one may another process have sent a part.
  if (sends && media->sending.placed) media->sending.moved = true;
  else if (sends) continue_secure(media, sends, packet_ms);
  return before;
}

struct secure *set_receive_key(struct media *media, struct secure *receives) {
  struct secure *before = media->receiving.secure;
  if (receives && !media->started) secure_expect(receives, media->rollovers);
  media->receiving.secure = receives;
  return before;
}

void set_timer(struct media *media) {
  // Nothing goes and nothing is heard: only reports are due.
  bool is_busy = media->plan.sends || media->plan.receives || handshake_runs(media);
  int interval = is_busy ? media->tick_ms : 500;
  struct itimerspec timer = {.it_interval = {.tv_nsec = interval * 1000000L}, .it_value = {.tv_nsec = 1000}};
  timerfd_settime(media->timer, 0, &timer, NULL);
}

static bool handshake_failed(struct media *media) {
  struct media_key send, receive;
  char why[256];
  return media_get_handshake(media, &send, &receive, why) == MEDIA_HANDSHAKE_FAILED;
}

static void tell_device(void *owner, enum media_event_kind kind, bool speaker, const char *text) {
  media_tell(owner, kind, speaker, text);
}

/// Files in the place of both need no devices; the rest of a call does not wait for them.
static void open_devices(struct media *media) {
  if (media->devices || (media->player && media->heard_file)) return;
  bool microphone = !media->player, speaker = !media->heard_file;
  struct devices *devices = devices_open(media->title, microphone, speaker, media->microphone, media->speaker,
                                         tell_device, media);
  pthread_mutex_lock(&media->lock);
  media->devices = devices;
  pthread_mutex_unlock(&media->lock);
}

bool media_apply(struct media *media, const struct media_plan *plan, char why[256]) {
  union endpoint remote, control, signaller, relay;
  if (plan->packet_time < 10 || plan->packet_time > 120 || plan->packet_time % 10 != 0) {
    snprintf(why, 256, "a packet time of %d ms cannot be sent; agree on 10, 20, 30, 40 or 60 ms", plan->packet_time);
    return false;
  }
  bool muxed = plan->remote_control_port == 0;
  if (!endpoint_make(&remote, media->family, plan->remote, plan->remote_port) ||
      !endpoint_make(&control, media->family, muxed ? plan->remote : plan->remote_control,
                     muxed ? plan->remote_port : plan->remote_control_port)) {
    snprintf(why, 256, "sound cannot go to %s from an %s address; both ends must have addresses of one kind",
             plan->remote, media->family == AF_INET ? "IPv4" : "IPv6");
    return false;
  }
  if (*plan->relay && !endpoint_make(&relay, media->family, plan->relay, plan->relay_port)) {
    snprintf(why, 256, "%s is no address of a relay that can be reached from here", plan->relay);
    return false;
  }
  bool has_signaller = *plan->signaller && endpoint_make(&signaller, media->family,
                                                         plan->signaller, plan->remote_port);
  const struct media_plan *old = media->has_plan ? &media->plan : NULL;
  bool new_packets = !old || !same_codec(&old->codec, &plan->codec) || old->packet_time != plan->packet_time;
  // One that runs goes on, and the keys that it gave stay.
  bool keeps = plan->handshake.wanted && media->handshake && same_handshake(&media->plan.handshake, &plan->handshake) &&
               !handshake_failed(media);
  bool has_keys = plan->send_key.size > 0, stays = keeps && !has_keys;
  struct encoder *encoder = NULL;
  struct handshake *handshake = NULL;
  struct secure *sends = NULL, *receives = NULL;
  snprintf(why, 256, "there is no memory for sound");
  if (new_packets && !(encoder = encoder_make(&plan->codec, plan->packet_time, why))) return false;
  if ((has_keys && !(sends = secure_make(&plan->send_key, true))) ||
      (plan->receive_key.size && !(receives = secure_make(&plan->receive_key, false)))) {
    encoder_free(encoder);
    secure_free(sends);
    snprintf(why, 256, "the key for the encryption suite %s has not its size, or the suite is not known",
             plan->send_key.size ? plan->send_key.suite : plan->receive_key.suite);
    return false;
  }

  if (plan->handshake.wanted && !has_keys && !keeps &&
      !(handshake = handshake_make(&plan->handshake, &media->certificate, send_datagram, media, why))) {
    encoder_free(encoder);
    return false;
  }
  pthread_mutex_lock(&media->lock);
  // What was encrypted before a pause counts on after it.
  bool new_send_key = !stays && !same_key(&media->plan.send_key, &plan->send_key);
  bool new_receive_key = !stays && !same_key(&media->plan.receive_key, &plan->receive_key);
  struct sending *sending = &media->sending;
  struct receiving *receiving = &media->receiving;
  struct encoder *old_encoder = encoder ? sending->encoder : NULL;
  struct handshake *old_handshake = keeps ? NULL : media->handshake;
  if (!keeps) media->handshake = handshake;
  if (encoder) (sending->encoder = encoder, sending->filled = 0, sending->replace = true);
  struct secure *old_sends = new_send_key ? set_send_key(media, sends, plan->packet_time) : sends;
  struct secure *old_receives = new_receive_key ? set_receive_key(media, receives) : receives;
  bool new_digits = !old || (old->digits < 0) != (plan->digits < 0);
  if (new_digits) dial_cut(&sending->dial);
  bool moves = !old || !endpoint_equal(&media->remote, &remote, true);
  if (moves) (receiving->has_latched = false, receiving->heard_negotiated = false);
  if (moves || (plan->receives && !old->receives)) receiving->since = clock_ms(CLOCK_MONOTONIC);
  bool same_accepted = old && old->accepted_count == plan->accepted_count;
  for (int i = 0; same_accepted && i < plan->accepted_count; i++) {
    same_accepted = same_codec(&old->accepted[i], &plan->accepted[i]);
  }
  if (!same_accepted) forget_decoders(receiving);
  if (old && !old->sends && plan->sends) sending->marks = true;
  bool first = !old, timing = !old || handshake || old->packet_time != plan->packet_time ||
                              (old->sends || old->receives) != (plan->sends || plan->receives);
  struct media_key send_key = media->plan.send_key, receive_key = media->plan.receive_key;
  (media->remote = remote, media->remote_control = control, media->plan = *plan, media->has_plan = true);
  if (stays) (media->plan.send_key = send_key, media->plan.receive_key = receive_key);
  if (has_signaller) media->signaller = signaller;
  if (*plan->relay) media->relay = relay;
  media->has_signaller = has_signaller;
  receiving->playout.noise_type = plan->noise;
  media->tick_ms = plan->packet_time % 20 == 0 ? 20 : 10;
  if (first) (media->next_report = clock_ms(CLOCK_MONOTONIC) + 500, media->report_interval = 4000);
  if (timing) set_timer(media);
  pthread_mutex_unlock(&media->lock);
  encoder_free(old_encoder);
  handshake_free(old_handshake);
  secure_free(old_sends);
  secure_free(old_receives);

  if (!media_run(media)) {
    snprintf(why, 256, "the system gives no thread for sound: %s", strerror(errno));
    return false;
  }
  open_devices(media);
  return true;
}

void media_stop(struct media *media) {
  pthread_mutex_lock(&media->lock);
  if (media->has_plan) {
    send_digit_end(media);
    send_report(media, true);
  }
  media->has_plan = false;
  struct itimerspec never = {0};
  timerfd_settime(media->timer, 0, &never, NULL);
  playout_reset(&media->receiving.playout);
  media->sending.level = media->receiving.level = -127;
  pthread_mutex_unlock(&media->lock);
}
#endif
