// SPDX-License-Identifier: Apache-2.0
//
// What ongoingcall-run needs of Linux and glibc that Swift's Glibc module does not show. Every function that returns
// an int as its result returns -1 and sets errno where it fails, unless it says otherwise.
#pragma once

#include <stddef.h>
#include <sys/types.h>

/// A pseudo-terminal pair; both ends close-on-exec, the master non-blocking.
struct cprogram_terminal {
  int master;
  int slave;
  char path[64];
};

int cprogram_open_terminal(unsigned short rows, unsigned short columns, struct cprogram_terminal *terminal);

/// Opens a directory that this process may change into; close-on-exec.
int cprogram_open_directory(const char *path);

struct cprogram_spawn {
  const char *path;
  char *const *arguments;
  char *const *environment;
  /// From cprogram_open_directory, or -1 for the caller's.
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
int cprogram_spawn(const struct cprogram_spawn *spawn, pid_t *pid);

/// Makes this process the parent of its descendants that lose theirs, so that it hears of their end, too.
int cprogram_adopt_orphans(void);

/// Blocks SIGCHLD, SIGTERM, SIGINT and SIGHUP, and returns a non-blocking descriptor that tells of them.
int cprogram_signals(void);

/// The next signal that `descriptor` tells of, or 0.
int cprogram_next_signal(int descriptor);

/// This process's environment.
char **cprogram_environment(void);
