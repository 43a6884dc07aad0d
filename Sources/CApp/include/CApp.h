// SPDX-License-Identifier: Apache-2.0
//
// What the library needs of Linux that Swift's Glibc module does not show, and of signal handlers, in which no Swift
// code may run.
#pragma once

/// A non-blocking eventfd(2), close-on-exec; -1 and errno where there can be none.
int capp_wakeup(void);

/// Names the calling thread; at most 15 bytes.
void capp_name_thread(const char *name);

/// From now on this process lives on without its terminal: where SIGHUP has its default action, it is handled by
/// capp_leave_terminal, and where SIGPIPE has, it does nothing, here and not in programs that are started. Takes over
/// two descriptors: for reading in place of a terminal, and for writing. Calls after the first only close them.
void capp_survive_terminal(int input, int output);

/// Replaces those of the descriptors 0, 1 and 2 that are the terminal they were in capp_survive_terminal; may be
/// called in a signal handler.
void capp_leave_terminal(void);

/// One of the descriptors 0, 1 and 2 that is still that terminal, or -1.
int capp_terminal(void);
