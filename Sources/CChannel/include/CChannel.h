// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that go along with bytes on a Unix socket (SCM_RIGHTS, unix(7)), whose macros Swift does not import.
#pragma once

#include <stddef.h>
#include <sys/types.h>

/// send(2) without SIGPIPE. `passed`, where it is not negative, goes along with the first byte; it stays the caller's.
ssize_t cchannel_send(int socket, const void *bytes, size_t count, int passed);

/// recv(2). `passed` becomes the close-on-exec descriptor that came along, the caller's then, or -1. Of several only
/// the first is taken. Works as read(2) on what is no socket.
ssize_t cchannel_receive(int socket, void *bytes, size_t count, int *passed);
