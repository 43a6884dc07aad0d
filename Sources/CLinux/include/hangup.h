// SPDX-License-Identifier: Apache-2.0
//
// A process that lives on where its terminal hangs up.
#pragma once

/// From now on this process lives on without its terminal: where SIGHUP has its default action, it is handled by
/// clinux_leave_terminal, and where SIGPIPE has, it does nothing, here and not in programs that are started. Takes over
/// two descriptors: for reading in place of a terminal, and for writing. Calls after the first only close them.
void clinux_survive_terminal(int input, int output);

/// Replaces those of the descriptors 0, 1 and 2 that are the terminal they were in clinux_survive_terminal; may be
/// called in a signal handler.
void clinux_leave_terminal(void);

/// One of the descriptors 0, 1 and 2 that is still that terminal, or -1.
int clinux_terminal(void);
