// SPDX-License-Identifier: Apache-2.0
//
// Sockets and memory by their descriptors, and descriptors that go along with bytes on a Unix socket (SCM_RIGHTS,
// unix(7)).
#pragma once

#include <stddef.h>
#include <sys/types.h>

/// send(2) without SIGPIPE. `passed`, where it is not negative, goes along with the first byte, or with the datagram; it
/// stays the caller's.
ssize_t clinux_send(int socket, const void *bytes, size_t count, int passed);

/// recv(2). `passed` becomes the close-on-exec descriptor that came along, the caller's then, or -1. Of several only
/// the first is taken. Works as read(2) on what is no socket.
ssize_t clinux_receive(int socket, void *bytes, size_t count, int *passed);

/// A datagram socket that is connected to the one at `path` ("@…" is abstract); non-blocking, close-on-exec.
int clinux_datagram_socket(const char *path);

/// Memory with those contents, which nobody can change any more, as a descriptor (memfd_create(2)).
int clinux_sealed_memory(const char *name, const void *bytes, size_t count);

/// Writes to a socket, pipe or terminal what it takes at once: all, a part, or nothing.
void clinux_write_at_once(int descriptor, const void *bytes, size_t count);
