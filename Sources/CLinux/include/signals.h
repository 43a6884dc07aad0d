// SPDX-License-Identifier: Apache-2.0
//
// Signals that are read in place of being handled (signalfd(2)).
#pragma once

#include <stdbool.h>

/// Blocks SIGCHLD, SIGTERM, SIGINT and SIGHUP, and returns a non-blocking descriptor that tells of them.
int clinux_signals(void);

/// The next signal that `descriptor` tells of, or 0.
int clinux_next_signal(int descriptor);

/// From now on Ctrl-C (SIGINT) does not end this process, but makes clinux_interrupts() readable; where that cannot be,
/// all stays as it is.
void clinux_begin_interrupts(void);

/// SIGINT does what it did before; one that has not been taken does it at once.
void clinux_end_interrupts(void);

/// A descriptor, or -1 where nothing was begun.
int clinux_interrupts(void);

/// Whether one has come since the last call.
bool clinux_take_interrupt(void);
