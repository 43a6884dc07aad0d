// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

// Two files of one file system change places, at once (renameat2(2)). Returns a negative errno on failure.
int oc_exchange_files(const char *one, const char *other);

// Whether `path` is on a file system that a process serves (fuse(4)).
bool oc_is_fuse(const char *path);

// How much of what was written to a socket nobody has read yet, in bytes of the kernel's memory; a negative errno where
// that cannot be told.
int oc_unread_bytes(int fd);
