// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stddef.h>

// Datagrams to a process that may not read them (unix(7)). Nothing here waits. All return a negative errno on failure.

// A socket that is connected to the one at `path` ("@…" is abstract); non-blocking, closed on exec.
int oc_datagram_connect(const char *path);

// Sends a datagram, with a duplicate of the descriptor `passed` where that is not negative. -EAGAIN is that it would
// have to wait, -EMSGSIZE or -ENOBUFS that the datagram is too large.
int oc_datagram_send(int fd, const void *bytes, size_t count, int passed);

// Memory with those contents, which nobody can change any more, as a descriptor (memfd_create(2)).
int oc_sealed_memory(const char *name, const void *bytes, size_t count);

// Writes to a socket, pipe or terminal what it takes at once: all, a part, or nothing.
int oc_write_at_once(int fd, const void *bytes, size_t count);

// The file name of this process's program.
const char *oc_program_name(void);
