// SPDX-License-Identifier: Apache-2.0
//
// Raw mode of this process's terminal. Signal handlers are involved, and Swift code may not run in them.
#pragma once

#include <stddef.h>

/// Makes the terminal `input` raw until cterminal_leave, and leaves it then as it was, also where a signal ends or stops
/// this process. Returns -1 and sets errno where it fails; then nothing has changed.
///
/// `output` is a descriptor of the same terminal, for what is to be written when it is left.
int cterminal_enter(int input, int output);

/// Once is enough.
void cterminal_leave(void);

/// What is to be written to the terminal when it is left; at most 4096 bytes, which are copied.
void cterminal_set_farewell(const void *bytes, size_t count);

/// A descriptor that can be read when there is an event; valid between cterminal_enter and cterminal_leave.
int cterminal_events(void);

enum {
  CTERMINAL_RESIZED = 1,
  /// The process was stopped; the terminal may show anything, and is raw again.
  CTERMINAL_CONTINUED = 2,
};

/// What has happened since the last call: flags, or 0.
int cterminal_next_events(void);

/// The terminal `descriptor` once more, for writing without waiting; others who have it open do not notice. Where that
/// cannot be, the same as it is.
int cterminal_reopen(int descriptor);
