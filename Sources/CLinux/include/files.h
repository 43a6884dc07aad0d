// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>

/// Two files of one file system change places, at once (renameat2(2)).
int clinux_exchange_files(const char *one, const char *other);

/// Whether `path` is on a file system that a process serves (fuse(4)).
bool clinux_is_fuse(const char *path);

/// Opens a directory that this process may change into; close-on-exec.
int clinux_open_directory(const char *path);
