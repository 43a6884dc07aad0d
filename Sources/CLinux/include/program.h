// SPDX-License-Identifier: Apache-2.0
//
// A program on a terminal of its own.
#pragma once

#include <sys/types.h>

/// A pseudo-terminal pair; both ends close-on-exec, the master non-blocking.
struct clinux_pseudoterminal {
  int master;
  int slave;
  char path[64];
};

int clinux_open_pseudoterminal(unsigned short rows, unsigned short columns, struct clinux_pseudoterminal *terminal);

struct clinux_spawn {
  const char *path;
  char *const *arguments;
  char *const *environment;
  /// From clinux_open_directory, or -1 for the caller's.
  int directory;
  /// The path of a terminal for standard input, output and error, or NULL: then standard input is /dev/null, and
  /// output and error are `output`.
  const char *terminal;
  /// A descriptor, or -1 for the caller's standard error.
  int output;
};

/// Runs a program as the leader of a new session, with the default signal mask and dispositions and no descriptors
/// but the three standard ones; `terminal` becomes its controlling terminal.
///
/// Returns 0 once the program runs, or the error number that kept it from running; then no process is left.
int clinux_spawn(const struct clinux_spawn *spawn, pid_t *pid);
