// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Devices.h"

#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "Pipeline.h"
#include "Sound.h"

enum { RING = 1 << 14, MOST_DEVICES = 64, SHORTEST_WAIT_MS = 50, LONGEST_WAIT_MS = 4000, LOST_AFTER_MS = 1000 };

/// One of the two.
struct line {
  struct devices *devices;
  bool speaker, opened;
  struct ring ring;
  _Atomic bool running;
  char wanted[DEVICE_NAME], used[DEVICE_NAME];
  /// Set by others, for the line's thread to look at.
  bool changed, broken;
  bool told_lost;
  /// What is used is known: something was opened, there is nothing to open, or nothing is to be.
  bool settled;
  char told_name[DEVICE_NAME];
  int64_t away_since;
};

struct devices {
  _Atomic int references;
  pthread_mutex_t lock;
  pthread_cond_t news;
  bool ends;
  char title[DEVICE_NAME];
  device_teller *tell;
  void *owner;
  struct directory *directory;
  /// Made by the microphone's thread, as it takes its time.
  struct canceller *_Atomic canceller;
  bool has_both;
  struct line lines[2];
};

static int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void release(struct devices *devices) {
  if (atomic_fetch_sub(&devices->references, 1) != 1) return;
  directory_free(devices->directory);
  canceller_free(atomic_load(&devices->canceller));
  for (int i = 0; i < 2; i++) ring_free(&devices->lines[i].ring);
  pthread_cond_destroy(&devices->news);
  pthread_mutex_destroy(&devices->lock);
  free(devices);
}

static void list_changed(void *context) {
  struct devices *devices = context;
  pthread_mutex_lock(&devices->lock);
  devices->lines[0].changed = devices->lines[1].changed = true;
  pthread_cond_broadcast(&devices->news);
  pthread_mutex_unlock(&devices->lock);
}

static void pipeline_broke(void *context) {
  struct line *line = context;
  pthread_mutex_lock(&line->devices->lock);
  line->broken = true;
  pthread_cond_broadcast(&line->devices->news);
  pthread_mutex_unlock(&line->devices->lock);
}

/// What to open: the device that is wanted where it is there, else the default one; false: there is none.
static bool choose(struct line *line, const char *wanted, char chosen[DEVICE_NAME], bool *is_wanted, bool *server) {
  struct device_entry *entries = calloc(MOST_DEVICES, sizeof *entries);
  if (!entries) return false;
  int count = directory_list(line->devices->directory, entries, MOST_DEVICES);
  *server = directory_has_server(line->devices->directory);
  const struct device_entry *found = NULL, *fallback = NULL;
  for (int i = 0; i < count; i++) {
    if (entries[i].speaker != line->speaker) continue;
    if (*wanted && strcmp(entries[i].name, wanted) == 0) found = &entries[i];
    // What another device plays is no microphone, unless somebody names it.
    if (entries[i].is_monitor) continue;
    if (!fallback || entries[i].is_default) fallback = &entries[i];
  }
  const struct device_entry *entry = found ? found : fallback;
  *is_wanted = !*wanted || found;
  if (entry) snprintf(chosen, DEVICE_NAME, "%s", entry->name);
  free(entries);
  return entry != NULL;
}

/// Under the lock, which is let go of while others are told.
static void tell(struct line *line, enum media_event_kind kind, const char *text) {
  if (line->devices->owner) line->devices->tell(line->devices->owner, kind, line->speaker, text);
}

static void tell_lost(struct line *line, const char *name) {
  if (line->told_lost) return;
  line->told_lost = true;
  snprintf(line->told_name, sizeof line->told_name, "%s", name);
  tell(line, MEDIA_EVENT_DEVICE_LOST, name);
}

static void set_used(struct line *line, const char *name) {
  if (strcmp(line->used, name) == 0) return;
  snprintf(line->used, sizeof line->used, "%s", name);
  tell(line, MEDIA_EVENT_DEVICES, name);
}

/// Until there is news for the line; the lock is held. A wait below 0 has no end.
static void wait_for_news(struct line *line, int64_t wait_ms) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += wait_ms / 1000;
  until.tv_nsec += wait_ms % 1000 * 1000000;
  if (until.tv_nsec >= 1000000000) (until.tv_sec++, until.tv_nsec -= 1000000000);
  while (!line->devices->ends && !line->changed && !line->broken) {
    if (wait_ms < 0) pthread_cond_wait(&line->devices->news, &line->devices->lock);
    else if (pthread_cond_timedwait(&line->devices->news, &line->devices->lock, &until) != 0) return;
  }
}

static void *run(void *context) {
  struct line *line = context;
  struct devices *devices = line->devices;
  struct pipeline *pipeline = NULL;
  char opened[DEVICE_NAME] = "", chosen[DEVICE_NAME], wanted[DEVICE_NAME];
  int64_t wait_ms = 0;
  pthread_setname_np(pthread_self(), line->speaker ? "speaker" : "microphone");
  if (devices->has_both && !line->speaker) atomic_store(&devices->canceller, canceller_make());
  pthread_mutex_lock(&devices->lock);
  while (!devices->ends) {
    bool broke = line->broken, is_wanted = true, server = false;
    (line->changed = false, line->broken = false);
    snprintf(wanted, sizeof wanted, "%s", line->wanted);
    if (broke && line->away_since == 0) line->away_since = now_ms();
    pthread_mutex_unlock(&devices->lock);

    // From here on a dead server may hold this thread.
    if (broke) {
      atomic_store(&line->running, false);
      pipeline_free(pipeline);
      pipeline = NULL;
      directory_forget(devices->directory);
    }
    bool there = choose(line, wanted, chosen, &is_wanted, &server);
    if (pipeline && (!there || strcmp(chosen, opened) != 0)) {
      atomic_store(&line->running, false);
      pipeline_free(pipeline);
      pipeline = NULL;
    }
    if (!pipeline && there) {
      pipeline = pipeline_open(line->speaker, server, chosen, devices->title, &line->ring, pipeline_broke, line);
      snprintf(opened, sizeof opened, "%s", chosen);
      atomic_store(&line->running, pipeline != NULL);
      // The other line may still listen to a server that is gone.
      if (!pipeline) directory_forget(devices->directory);
    }

    pthread_mutex_lock(&devices->lock);
    if (pipeline) {
      (line->away_since = 0, wait_ms = 0);
      if (!is_wanted) tell_lost(line, wanted);
      else if (line->told_lost) {
        line->told_lost = false;
        tell(line, MEDIA_EVENT_DEVICE_BACK, line->told_name);
      }
      line->settled = true;
      set_used(line, chosen);
      wait_for_news(line, -1);
      continue;
    }
    if (line->away_since == 0) line->away_since = now_ms();
    if (now_ms() - line->away_since >= LOST_AFTER_MS) {
      if (*line->used) tell_lost(line, *wanted ? wanted : line->used);
      else if (*wanted) tell_lost(line, wanted);
      line->settled = true;
      set_used(line, "");
    }
    // A server that has no such device tells when it gets one; where there is no server, it is asked again.
    wait_ms = wait_ms == 0 ? SHORTEST_WAIT_MS : wait_ms * 2 > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait_ms * 2;
    wait_for_news(line, server && !there && now_ms() - line->away_since > LOST_AFTER_MS ? -1 : wait_ms);
  }
  pthread_mutex_unlock(&devices->lock);
  atomic_store(&line->running, false);
  pipeline_free(pipeline);
  release(devices);
  return NULL;
}

struct devices *devices_open(const char *title, bool microphone, bool speaker, const char *wanted_microphone,
                             const char *wanted_speaker, device_teller *teller, void *owner) {
  struct devices *devices = calloc(1, sizeof *devices);
  if (!devices) return NULL;
  atomic_init(&devices->references, 1);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&devices->lock, NULL);
  pthread_cond_init(&devices->news, &monotonic);
  pthread_condattr_destroy(&monotonic);
  snprintf(devices->title, sizeof devices->title, "%s", title);
  (devices->tell = teller, devices->owner = owner);
  devices->directory = directory_make(list_changed, devices);
  const char *wanted[2] = {wanted_microphone, wanted_speaker};
  bool opens[2] = {microphone, speaker};
  for (int i = 0; i < 2; i++) {
    struct line *line = &devices->lines[i];
    (line->devices = devices, line->speaker = i == 1);
    snprintf(line->wanted, sizeof line->wanted, "%s", wanted[i] ? wanted[i] : "");
    if (!ring_make(&line->ring, RING) || !devices->directory) opens[i] = false;
  }
  devices->has_both = opens[0] && opens[1];
  for (int i = 0; i < 2; i++) {
    pthread_t thread;
    devices->lines[i].settled = !opens[i];
    if (!opens[i]) continue;
    atomic_fetch_add(&devices->references, 1);
    if (pthread_create(&thread, NULL, run, &devices->lines[i]) == 0) pthread_detach(thread);
    else release(devices);
  }
  return devices;
}

void devices_close(struct devices *devices) {
  if (!devices) return;
  pthread_mutex_lock(&devices->lock);
  (devices->ends = true, devices->owner = NULL);
  pthread_cond_broadcast(&devices->news);
  pthread_mutex_unlock(&devices->lock);
  release(devices);
}

void devices_use(struct devices *devices, const char *microphone, const char *speaker) {
  const char *wanted[2] = {microphone, speaker};
  pthread_mutex_lock(&devices->lock);
  for (int i = 0; i < 2; i++) {
    struct line *line = &devices->lines[i];
    if (!wanted[i] || strcmp(line->wanted, wanted[i]) == 0) continue;
    snprintf(line->wanted, sizeof line->wanted, "%s", wanted[i]);
    (line->changed = true, line->told_lost = false);
  }
  pthread_cond_broadcast(&devices->news);
  pthread_mutex_unlock(&devices->lock);
}

bool devices_names(struct devices *devices, char microphone[DEVICE_NAME], char speaker[DEVICE_NAME]) {
  pthread_mutex_lock(&devices->lock);
  bool settled = devices->lines[0].settled && devices->lines[1].settled;
  snprintf(microphone, DEVICE_NAME, "%s", devices->lines[0].used);
  snprintf(speaker, DEVICE_NAME, "%s", devices->lines[1].used);
  pthread_mutex_unlock(&devices->lock);
  return settled;
}

bool devices_running(const struct devices *devices, bool speaker) { return atomic_load(&devices->lines[speaker].running); }

struct canceller *devices_canceller(struct devices *devices) {
  bool runs = devices && devices_running(devices, false) && devices_running(devices, true);
  return runs ? atomic_load(&devices->canceller) : NULL;
}

struct ring *devices_ring(struct devices *devices, bool speaker) { return &devices->lines[speaker].ring; }
#endif
