// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

int clinux_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  // Where it is inherited as ignored, exit statuses would be lost.
  signal(SIGCHLD, SIG_DFL);
  if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0) return -1;
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

int clinux_next_signal(int descriptor) {
  struct signalfd_siginfo info;
  return read(descriptor, &info, sizeof info) == sizeof info ? (int)info.ssi_signo : 0;
}

static int interrupts = -1;

static void interrupt_set(sigset_t *set) {
  sigemptyset(set);
  sigaddset(set, SIGINT);
}

void clinux_begin_interrupts(void) {
  sigset_t set;
  interrupt_set(&set);
  if (interrupts < 0) interrupts = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (interrupts >= 0) sigprocmask(SIG_BLOCK, &set, NULL);
}

void clinux_end_interrupts(void) {
  sigset_t set;
  interrupt_set(&set);
  if (interrupts < 0) return;
  close(interrupts);
  interrupts = -1;
  sigprocmask(SIG_UNBLOCK, &set, NULL);
}

int clinux_interrupts(void) { return interrupts; }

bool clinux_take_interrupt(void) { return interrupts >= 0 && clinux_next_signal(interrupts) != 0; }
