// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "hangup.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

/// Written once, before the handler is there.
static struct {
  bool armed;
  bool was_terminal[3];
  /// A terminal that has hung up is no terminal any more to isatty(3), but still the same device.
  dev_t device[3];
  int input;
  int output;
} guard;

static bool is_the_terminal(int descriptor) {
  struct stat status;
  return guard.was_terminal[descriptor] && fstat(descriptor, &status) == 0 && S_ISCHR(status.st_mode) &&
         status.st_rdev == guard.device[descriptor];
}

void clinux_leave_terminal(void) {
  int saved = errno;
  for (int descriptor = 0; descriptor < 3; descriptor++) {
    if (is_the_terminal(descriptor)) dup2(descriptor == 0 ? guard.input : guard.output, descriptor);
  }
  errno = saved;
}

int clinux_terminal(void) {
  for (int descriptor = 0; descriptor < 3; descriptor++) {
    if (is_the_terminal(descriptor)) return descriptor;
  }
  return -1;
}

static void hung_up(int signal) {
  (void)signal;
  clinux_leave_terminal();
}

/// Unlike SIG_IGN, nothing that programs inherit which this one starts.
static void ignore(int signal) { (void)signal; }

/// Whoever has chosen what a signal does keeps that.
static void replace_default(int signal, void (*handler)(int)) {
  struct sigaction action;
  if (sigaction(signal, NULL, &action) < 0 || (action.sa_flags & SA_SIGINFO) || action.sa_handler != SIG_DFL) return;
  action = (struct sigaction){.sa_handler = handler, .sa_flags = SA_RESTART};
  sigaction(signal, &action, NULL);
}

void clinux_survive_terminal(int input, int output) {
  if (guard.armed) {
    close(input);
    close(output);
    return;
  }
  guard.input = input;
  guard.output = output;
  for (int descriptor = 0; descriptor < 3; descriptor++) {
    struct stat status;
    guard.was_terminal[descriptor] = isatty(descriptor) && fstat(descriptor, &status) == 0;
    if (guard.was_terminal[descriptor]) guard.device[descriptor] = status.st_rdev;
  }
  guard.armed = true;
  replace_default(SIGPIPE, ignore);
  replace_default(SIGHUP, hung_up);
}
