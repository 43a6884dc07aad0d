// SPDX-License-Identifier: Apache-2.0
//
// Processes: others by their descriptors; this one, its threads and its children.
#pragma once

/// A descriptor of the process `id`, close-on-exec (pidfd_open(2)).
int clinux_open_process(int id);

/// Sends a signal to the process of `descriptor`, whatever its number belongs to now.
int clinux_signal_process(int descriptor, int signal);

/// Makes a child that is a copy of this process (fork(2), which Swift does not let one call).
///
/// Returns the child's id in the parent and 0 in the child. `*end` is then its end of a stream socket: non-blocking in
/// the parent. The child has no other descriptor, the working directory "/", `name` for ps(1), and is killed when the
/// parent's thread that made it is gone.
int clinux_fork(const char *name, int *end);

/// Makes this process the parent of its descendants that lose theirs, so that it hears of their end, too.
int clinux_adopt_orphans(void);

/// Names the calling thread; at most 15 bytes.
void clinux_name_thread(const char *name);

/// The file name of this process's program.
const char *clinux_program_name(void);

/// This process's environment.
char **clinux_environment(void);

/// Has memory that is freed go back to the system, from now on. By itself glibc keeps as much as was ever needed for one
/// thing, so that a single large message would be remembered for ever (mallopt(3)).
void clinux_give_memory_back(void);

/// Unmaps the pages of code and constants that this process has used so far, of the program and of its libraries. Those
/// that it goes on using come back, from the page cache; those that only its start needed do not.
void clinux_give_code_back(void);
