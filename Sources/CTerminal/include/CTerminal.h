// SPDX-License-Identifier: Apache-2.0
//
// Raw mode of this process's terminal: signal handlers are involved, and Swift code may not run in them. And what the
// locale knows of characters: Swift's module of the C library has no wchar.h.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/// From now on Ctrl-C (SIGINT) does not end this process, but makes cterminal_interrupts() readable; where that cannot
/// be, all stays as it is.
void cterminal_begin_interrupts(void);

/// SIGINT does what it did before; one that has not been taken does it at once.
void cterminal_end_interrupts(void);

/// A descriptor, or -1 where nothing was begun.
int cterminal_interrupts(void);

/// Whether one has come since the last call.
bool cterminal_take_interrupt(void);

enum { CTERMINAL_CHARACTER_SIZE = 16 };

/// The bytes of a character in the locale's encoding (setlocale(3)); how many, or 0 where it has no such character.
size_t cterminal_encode(uint32_t scalar, char bytes[CTERMINAL_CHARACTER_SIZE]);

/// How many columns a character takes in the locale.
int cterminal_width(uint32_t scalar);
