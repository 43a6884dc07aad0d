// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "Element.h"
#include "Internal.h"

void media_set_identity(struct media *media, const struct media_identity *identity) {
  pthread_mutex_lock(&media->lock);
  media->identity = *identity;
  pthread_mutex_unlock(&media->lock);
}

void media_get_identity(struct media *media, struct media_identity *identity) {
  pthread_mutex_lock(&media->lock);
  *identity = media->identity;
  pthread_mutex_unlock(&media->lock);
}

void media_take_stream(struct media *media, struct media *before) {
  pthread_mutex_lock(&before->lock);
  before->has_plan = false;
  struct media_identity identity = before->identity;
  int64_t next = before->sending.placed ? before->sending.index : 0;
  dial_cut(&before->sending.dial);
  struct dial dial = before->sending.dial;
  pthread_mutex_unlock(&before->lock);
  pthread_mutex_lock(&media->lock);
  if (!media->sending.placed) (media->identity = identity, media->sending.least = next, media->sending.dial = dial);
  pthread_mutex_unlock(&media->lock);
}

void media_set_inbound_rollovers(struct media *media, uint32_t rollovers) { media->rollovers = rollovers; }

void media_set_muted(struct media *media, bool muted) {
  pthread_mutex_lock(&media->lock);
  media->muted = muted;
  pthread_mutex_unlock(&media->lock);
}

bool media_dial(struct media *media, char digit) {
  pthread_mutex_lock(&media->lock);
  bool added = dial_add(&media->sending.dial, digit);
  pthread_mutex_unlock(&media->lock);
  return added;
}

void media_get_sample(struct media *media, struct media_sample *out) {
  pthread_mutex_lock(&media->lock);
  const struct receiving *receiving = &media->receiving;
  const struct playout *playout = &receiving->playout;
  *out = (struct media_sample){
      .sent = media->sending.packets, .received = receiving->packets, .lost = playout_lost(playout),
      .control_received = receiving->control, .foreign = receiving->foreign, .digits_received = receiving->digits,
      .digits_sent = media->sending.dial.done,
      .last_heard = receiving->last_heard, .last_control_heard = receiving->last_control,
      .jitter_ms = (int32_t)(playout->jitter / SOUND_PER_MS + 0.5), .round_trip_ms = media->round_trip_ms,
      .level_sent = media->sending.level, .level_received = receiving->level,
      .delay_ms = (int32_t)(playout->target / SOUND_PER_MS), .far_loss_percent = media->far_loss,
      .received_type = receiving->type, .concealed_ms = playout->concealed_samples / SOUND_PER_MS,
      .devices_known = media->player && media->heard_file,
      .inbound_rollovers = receiving->secure ? secure_rollovers(receiving->secure, playout->source) : 0,
  };
  if (media->devices) {
    out->devices_known = devices_names(media->devices, out->microphone, out->speaker);
    out->echo_cancellation = devices_canceller(media->devices) != NULL;
  }
  pthread_mutex_unlock(&media->lock);
}

void media_use_devices(struct media *media, const char *microphone, const char *speaker) {
  if (microphone) snprintf(media->microphone, sizeof media->microphone, "%s", microphone);
  if (speaker) snprintf(media->speaker, sizeof media->speaker, "%s", speaker);
  if (media->devices) devices_use(media->devices, microphone, speaker);
}

void media_set_title(struct media *media, const char *title) {
  snprintf(media->title, sizeof media->title, "%s", title);
}

int media_list_devices(struct media_device *devices, int room) {
  struct device_entry *entries = calloc((size_t)room, sizeof *entries);
  struct directory *directory = directory_make(NULL, NULL);
  int count = entries && directory ? directory_list(directory, entries, room) : -1, kept = 0;
  for (int i = 0; i < count; i++) {
    struct media_device *device = &devices[kept];
    // What another device plays is listed by nobody's wish; who names it gets it.
    if (entries[i].is_monitor) continue;
    (device->speaker = entries[i].speaker, device->is_default = entries[i].is_default);
    snprintf(device->name, sizeof device->name, "%s", entries[i].name);
    snprintf(device->description, sizeof device->description, "%s", entries[i].description);
    kept++;
  }
  directory_free(directory);
  free(entries);
  return count < 0 ? -1 : kept;
}

void media_tell(struct media *media, enum media_event_kind kind, bool speaker, const char *text) {
  pthread_mutex_lock(&media->events_lock);
  if (media->event_count < MOST_EVENTS) {
    struct media_event *event = &media->queue[(media->first_event + media->event_count++) % MOST_EVENTS];
    (event->kind = kind, event->speaker = speaker);
    snprintf(event->text, sizeof event->text, "%s", text ? text : "");
  }
  pthread_mutex_unlock(&media->events_lock);
  eventfd_write(media->events, 1);
}

int media_descriptor(const struct media *media) { return media->events; }

struct media_event media_next_event(struct media *media) {
  struct media_event event = {.kind = MEDIA_EVENT_NONE};
  uint64_t count;
  pthread_mutex_lock(&media->events_lock);
  if (media->event_count > 0) {
    event = media->queue[media->first_event];
    media->first_event = (media->first_event + 1) % MOST_EVENTS;
    media->event_count--;
  } else if (read(media->events, &count, sizeof count) < 0) {
    // Nothing was told since: the descriptor is quiet already.
  }
  pthread_mutex_unlock(&media->events_lock);
  return event;
}

bool media_plan_accept(struct media_plan *plan, struct media_codec codec) {
  if (plan->accepted_count == MEDIA_MOST_CODECS) return false;
  plan->accepted[plan->accepted_count++] = codec;
  return true;
}

bool media_plan_set_remote(struct media_plan *plan, const char *host, uint16_t port) {
  plan->remote_port = port;
  return snprintf(plan->remote, sizeof plan->remote, "%s", host) < (int)sizeof plan->remote;
}

bool media_plan_set_signaller(struct media_plan *plan, const char *host) {
  return snprintf(plan->signaller, sizeof plan->signaller, "%s", host) < (int)sizeof plan->signaller;
}

bool media_plan_set_relay(struct media_plan *plan, const char *host, uint16_t port, uint16_t channel) {
  (plan->relay_port = port, plan->relay_channel = channel);
  return snprintf(plan->relay, sizeof plan->relay, "%s", host) < (int)sizeof plan->relay;
}

bool media_plan_set_remote_control(struct media_plan *plan, const char *host, uint16_t port) {
  plan->remote_control_port = port;
  return snprintf(plan->remote_control, sizeof plan->remote_control, "%s", host) < (int)sizeof plan->remote_control;
}

bool media_key_set(struct media_key *key, const char *suite, const uint8_t *material, int size) {
  if (size <= 0 || size > (int)sizeof key->material) return false;
  memcpy(key->material, material, (size_t)size);
  key->size = (uint8_t)size;
  return snprintf(key->suite, sizeof key->suite, "%s", suite) < (int)sizeof key->suite;
}

void media_save_memory(void) { mallopt(M_ARENA_MAX, 2); }

void media_warm_up(void) { element_start_gstreamer(); }

bool media_can(enum media_encoding encoding) { return element_exists(encoding); }

bool media_play(struct media *media, const char *file, char why[256]) {
  struct player *player = player_open(file, why);
  if (!player) return false;
  pthread_mutex_lock(&media->lock);
  struct player *old = media->player;
  media->player = player;
  pthread_mutex_unlock(&media->lock);
  player_free(old);
  return true;
}

bool media_record_heard(struct media *media, const char *file, bool continuing, char why[256]) {
  struct recorder *recorder = recorder_open(file, 1, continuing ? RECORDER_CONTINUES : RECORDER_EMPTIES, why);
  if (!recorder) return false;
  pthread_mutex_lock(&media->lock);
  struct recorder *old = media->heard_file;
  media->heard_file = recorder;
  pthread_mutex_unlock(&media->lock);
  if (old) recorder_close(old);
  return true;
}

bool media_start_recording(struct media *media, const char *file, bool continuing, char why[256]) {
  struct recorder *recorder = recorder_open(file, 2, continuing ? RECORDER_CONTINUES : RECORDER_NEW, why);
  if (!recorder) return false;
  pthread_mutex_lock(&media->lock);
  struct recorder *old = media->recorder;
  media->recorder = recorder;
  pthread_mutex_unlock(&media->lock);
  if (old) recorder_close(old);
  return true;
}

void media_stop_recording(struct media *media) {
  pthread_mutex_lock(&media->lock);
  struct recorder *old = media->recorder;
  media->recorder = NULL;
  pthread_mutex_unlock(&media->lock);
  if (old) recorder_close(old);
}
#endif
