// SPDX-License-Identifier: Apache-2.0
//
// A program that this process runs for itself, with pipes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct clinux_child {
  pid_t pid;
  /// A descriptor of the process. Like the others it is close-on-exec, and the caller's.
  int process;
  /// What it writes to standard output and to standard error; both non-blocking.
  int output;
  int errors;
};

enum {
  /// The exit statuses of a program that could not be run, as those of a shell: there is none, or it is none.
  CLINUX_NO_PROGRAM = 127,
  CLINUX_NOT_RUNNABLE = 126,
  /// What fits into an empty pipe.
  CLINUX_INPUT_SIZE = 4096,
};

/// Runs a program in the directory "/", with this process's environment and no descriptors but the three standard ones.
/// It is killed when the thread that called this is gone. Does not wait until the program is loaded.
///
/// At most CLINUX_INPUT_SIZE bytes of `input` are its standard input.
int clinux_run(const char *path, char *const *arguments, const void *input, size_t count, struct clinux_child *child);

/// Forgets a child that has ended, by the descriptor of its process: how it ended is *status, or *signal, and the other
/// is 0. Returns false where it has not ended.
bool clinux_reap(int process, int *status, int *signal);
