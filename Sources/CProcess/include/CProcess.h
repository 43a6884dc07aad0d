// SPDX-License-Identifier: Apache-2.0
// Descriptors of processes (pidfd_open(2)), which Swift's Glibc does not have. Both return a negative errno on failure.
#pragma once

// A descriptor of the process `pid`, closed on exec.
int cp_process_open(int pid);

// Sends a signal to the process of `descriptor`, whatever its number belongs to now.
int cp_process_signal(int descriptor, int signal);
