// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "rawmode.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

static int terminal = -1, screen = -1, events = -1;
static struct termios before, raw;
/// `is_wanted` from entering to leaving; `is_raw` while the terminal is this process's meanwhile.
static volatile sig_atomic_t is_wanted, is_raw, was_resized, was_continued;

/// Two, so that a handler never sees one that is half written.
static struct {
  char bytes[4096];
  size_t count;
} farewells[2];
static volatile sig_atomic_t farewell;

/// In the background the terminal is somebody else's.
static bool is_in_foreground(void) {
  const pid_t group = tcgetpgrp(terminal);
  return group < 0 || group == getpgrp();
}

/// In the background this stops the process; what continues it interrupts this.
static int set(const struct termios *modes) {
  int result;
  do result = tcsetattr(terminal, TCSANOW, modes);
  while (result < 0 && errno == EINTR);
  return result;
}

static void make_raw(void) {
  if (!is_wanted) return;
  is_raw = 1;
  set(&raw);
}

static void restore(void) {
  if (!is_raw) return;
  is_raw = 0;
  if (!is_in_foreground()) return;
  // With nobody there to read it there is nothing to be done about that.
  (void)!write(screen, farewells[farewell].bytes, farewells[farewell].count);
  set(&before);
}

static void tell(volatile sig_atomic_t *event) {
  *event = 1;
  const uint64_t one = 1;
  // Full is as good.
  (void)!write(events, &one, sizeof one);
}

static bool take(volatile sig_atomic_t *event) {
  const bool happened = *event;
  *event = 0;
  return happened;
}

static void handle(int number, void (*handler)(int)) {
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, NULL);
}

static void ended(int number) {
  restore();
  signal(number, SIG_DFL);
  sigset_t own;
  sigemptyset(&own);
  sigaddset(&own, number);
  sigprocmask(SIG_UNBLOCK, &own, NULL);
  raise(number);
}

static void resized(int number) {
  (void)number;
  const int error = errno;
  tell(&was_resized);
  errno = error;
}

static void continued(int number) {
  (void)number;
  const int error = errno;
  // From the background this stops the process again, until it is brought to the foreground.
  make_raw();
  tell(&was_continued);
  errno = error;
}

static void stopped(int number) {
  const int error = errno;
  restore();
  signal(number, SIG_DFL);
  sigset_t own, old;
  sigemptyset(&own);
  sigaddset(&own, number);
  sigprocmask(SIG_UNBLOCK, &own, &old);
  // Stops here; a process without a shell to continue it goes on at once.
  raise(number);
  sigprocmask(SIG_SETMASK, &old, NULL);
  handle(number, stopped);
  make_raw();
  tell(&was_continued);
  errno = error;
}

/// All that end a process, or may, and can be caught.
static bool ends(int number) {
  switch (number) {
  case SIGKILL:
  case SIGSTOP:
  case SIGTSTP:
  case SIGTTIN:
  case SIGTTOU:
  case SIGCONT:
  case SIGCHLD:
  case SIGURG:
  case SIGWINCH:
    return false;
  default:
    return true;
  }
}

static void handle_all(void) {
  // So that also a stack that has no room any more is survived for so long.
  static char room[16384];
  const stack_t stack = {.ss_sp = room, .ss_size = sizeof room};
  sigaltstack(&stack, NULL);
  for (int number = 1; number <= SIGRTMAX; number++) {
    struct sigaction action;
    // What the caller has this process ignore stays ignored.
    if (!ends(number) || sigaction(number, NULL, &action) < 0 || action.sa_handler != SIG_DFL) continue;
    handle(number, ended);
  }
  handle(SIGTSTP, stopped);
  handle(SIGCONT, continued);
  handle(SIGWINCH, resized);
}

/// `raw` is set up.
static int enter(int input, int output) {
  if (events < 0) events = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (events < 0) return -1;
  terminal = input;
  screen = output;
  atexit(clinux_raw_leave);
  handle_all();
  is_wanted = is_raw = 1;
  if (set(&raw) == 0) return 0;
  const int error = errno;
  is_wanted = is_raw = 0;
  errno = error;
  return -1;
}

int clinux_raw_enter(int input, int output) {
  if (tcgetattr(input, &before) < 0) return -1;
  raw = before;
  cfmakeraw(&raw);
  return enter(input, output);
}

int clinux_silent_enter(int terminal) {
  if (tcgetattr(terminal, &before) < 0) return -1;
  raw = before;
  raw.c_lflag &= ~(tcflag_t)ECHO;
  // The line's end is shown, so that the next line begins there.
  raw.c_lflag |= ICANON | ISIG | ECHONL;
  if (enter(terminal, terminal) < 0) return -1;
  tcflush(terminal, TCIFLUSH);
  return 0;
}

void clinux_raw_leave(void) {
  is_wanted = 0;
  restore();
}

void clinux_raw_set_farewell(const void *bytes, size_t count) {
  const int next = !farewell;
  farewells[next].count = count < sizeof farewells[next].bytes ? count : sizeof farewells[next].bytes;
  memcpy(farewells[next].bytes, bytes, farewells[next].count);
  farewell = next;
}

int clinux_raw_events(void) { return events; }

int clinux_raw_next_events(void) {
  uint64_t count;
  if (read(events, &count, sizeof count) < 0) return 0;
  return (take(&was_resized) ? CLINUX_RAW_RESIZED : 0) | (take(&was_continued) ? CLINUX_RAW_CONTINUED : 0);
}

int clinux_reopen_terminal(int descriptor) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  const int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return own >= 0 ? own : descriptor;
}
