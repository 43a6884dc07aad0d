// SPDX-License-Identifier: Apache-2.0
//
// Raw mode of this process's terminal, and one without echo, which signals undo.
#pragma once

#include <stddef.h>

/// Makes the terminal `input` raw until clinux_raw_leave, and leaves it then as it was, also where a signal ends or
/// stops this process. Where it fails, nothing has changed.
///
/// `output` is a descriptor of the same terminal, for what is to be written when it is left.
int clinux_raw_enter(int input, int output);

/// The same, but only what is typed is not shown; keys for signals and for changing a line have their meaning. What was
/// typed before, and is on the screen, is thrown away.
int clinux_silent_enter(int terminal);

/// Once is enough.
void clinux_raw_leave(void);

/// What is to be written to the terminal when it is left; at most 4096 bytes, which are copied.
void clinux_raw_set_farewell(const void *bytes, size_t count);

/// A descriptor that can be read when there is an event; valid between clinux_raw_enter and clinux_raw_leave.
int clinux_raw_events(void);

enum {
  CLINUX_RAW_RESIZED = 1,
  /// The process was stopped; the terminal may show anything, and is raw again.
  CLINUX_RAW_CONTINUED = 2,
};

/// What has happened since the last call: flags, or 0.
int clinux_raw_next_events(void);

/// The terminal `descriptor` once more, for writing without waiting; others who have it open do not notice. Where that
/// cannot be, the same as it is.
int clinux_reopen_terminal(int descriptor);
