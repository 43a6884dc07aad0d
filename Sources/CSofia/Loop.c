// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#define _GNU_SOURCE
#include "CSofia.h"

#include <sofia-sip/nta.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport_tag.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "Loop.h"

struct csofia_loop {
  su_root_t *root;
  su_timer_t *end;
  bool running;
};

struct csofia_watch {
  csofia_loop *loop;
  su_wait_t wait;
  int index;
  int descriptor;
  csofia_ready ready;
  void *context;
};

struct csofia_timer {
  su_timer_t *timer;
  csofia_fired fired;
  void *context;
};

su_root_t *csofia_loop_root(csofia_loop *loop) { return loop->root; }

static int64_t milliseconds(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

int64_t csofia_now(void) { return milliseconds(CLOCK_MONOTONIC); }
int64_t csofia_now_with_sleep(void) { return milliseconds(CLOCK_BOOTTIME); }

/// sofia-sip's hook for tests of its timers: the wall clock that it takes by itself jumps when it is set.
extern void (*_su_time)(su_time_t *time);

static void monotonic(su_time_t *time) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  time->tv_sec = now.tv_sec + SU_TIME_EPOCH;
  // Whole milliseconds: of what remains of one it makes no wait, but turns round and round until it is over.
  time->tv_usec = now.tv_nsec / 1000000 * 1000;
}

static void silent(void *stream, const char *format, va_list arguments) {}

csofia_loop *csofia_loop_create(void) {
  static bool prepared;
  if (!prepared) {
    csofia_addresses();
    _su_time = monotonic;
    su_init();
    su_log_redirect(NULL, silent, NULL);
    su_log_set_level(NULL, 0);
    prepared = true;
  }
  csofia_loop *loop = calloc(1, sizeof *loop);
  if (!loop) return NULL;
  loop->root = su_root_create(NULL);
  if (!loop->root) {
    free(loop);
    return NULL;
  }
  su_root_threading(loop->root, 0);
  loop->end = su_timer_create(su_root_task(loop->root), 0);
  return loop;
}

void csofia_loop_destroy(csofia_loop *loop) {
  su_timer_destroy(loop->end);
  su_root_destroy(loop->root);
  free(loop);
}

void csofia_loop_run(csofia_loop *loop) {
  // su_root_run wakes up every fifteen seconds for nothing.
  for (loop->running = true; loop->running;) su_root_step(loop->root, INT_MAX);
}

static void ended(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *argument) {}

void csofia_loop_stop(csofia_loop *loop) {
  loop->running = false;
  // A step waits after its timers, and this may be called by one.
  su_timer_set_interval(loop->end, ended, NULL, 1);
}

static int events_of(int events) {
  return (events & CSOFIA_READABLE ? SU_WAIT_IN : 0) | (events & CSOFIA_WRITABLE ? SU_WAIT_OUT : 0);
}

static int became_ready(su_root_magic_t *magic, su_wait_t *wait, su_wakeup_arg_t *argument) {
  csofia_watch *watch = (csofia_watch *)argument;
  int seen = su_wait_events(wait, watch->descriptor);
  watch->ready(
      watch->context, (seen & SU_WAIT_IN ? CSOFIA_READABLE : 0) | (seen & SU_WAIT_OUT ? CSOFIA_WRITABLE : 0)
                          | (seen & (SU_WAIT_ERR | SU_WAIT_HUP) ? CSOFIA_BROKEN : 0));
  return 0;
}

csofia_watch *csofia_watch_create(csofia_loop *loop, int descriptor, int events, csofia_ready ready, void *context) {
  csofia_watch *watch = calloc(1, sizeof *watch);
  if (!watch) return NULL;
  *watch = (csofia_watch){.loop = loop, .descriptor = descriptor, .ready = ready, .context = context};
  if (su_wait_create(&watch->wait, descriptor, events_of(events)) == 0) {
    watch->index = su_root_register(loop->root, &watch->wait, became_ready, (su_wakeup_arg_t *)watch, 0);
    if (watch->index > 0) return watch;
    su_wait_destroy(&watch->wait);
  }
  free(watch);
  return NULL;
}

void csofia_watch_change(csofia_watch *watch, int events) {
  su_root_eventmask(watch->loop->root, watch->index, watch->descriptor, events_of(events));
}

void csofia_watch_destroy(csofia_watch *watch) {
  su_root_deregister(watch->loop->root, watch->index);
  free(watch);
}

static void timer_fired(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *argument) {
  csofia_timer *own = (csofia_timer *)argument;
  own->fired(own->context);
}

csofia_timer *csofia_timer_create(csofia_loop *loop, int64_t milliseconds, csofia_fired fired, void *context) {
  csofia_timer *own = calloc(1, sizeof *own);
  if (!own) return NULL;
  *own = (csofia_timer){.fired = fired, .context = context};
  own->timer = su_timer_create(su_root_task(loop->root), 0);
  if (own->timer
      && su_timer_set_interval(own->timer, timer_fired, (su_timer_arg_t *)own, milliseconds < 0 ? 0 : milliseconds)
             == 0)
    return own;
  su_timer_destroy(own->timer);
  free(own);
  return NULL;
}

void csofia_timer_destroy(csofia_timer *timer) {
  su_timer_destroy(timer->timer);
  free(timer);
}
#endif
