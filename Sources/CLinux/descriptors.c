// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

ssize_t clinux_send(int socket, const void *bytes, size_t count, int passed) {
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof passed)] = {0};
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (passed >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof passed);
    memcpy(CMSG_DATA(header), &passed, sizeof passed);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

static void take_first(struct msghdr *message, int *passed) {
  for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t bytes = header->cmsg_len - CMSG_LEN(0);
    for (size_t place = 0; place + sizeof(int) <= bytes; place += sizeof(int)) {
      int descriptor;
      memcpy(&descriptor, CMSG_DATA(header) + place, sizeof descriptor);
      if (*passed < 0)
        *passed = descriptor;
      else
        close(descriptor);
    }
  }
}

ssize_t clinux_receive(int socket, void *bytes, size_t count, int *passed) {
  // What does not fit is closed by the kernel.
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
  struct iovec part = {.iov_base = bytes, .iov_len = count};
  struct msghdr message = {
    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  *passed = -1;
  const ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (received < 0 && errno == ENOTSOCK) return read(socket, bytes, count);
  if (received >= 0) take_first(&message, passed);
  return received;
}

static int fail_and_close(int descriptor, int error) {
  close(descriptor);
  errno = error;
  return -1;
}

int clinux_datagram_socket(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  const size_t length = strlen(path);
  if (length == 0 || length >= sizeof address.sun_path) {
    errno = EINVAL;
    return -1;
  }
  memcpy(address.sun_path, path, length);
  // What begins with "@" is in the abstract namespace, where names have no NUL at their end.
  if (path[0] == '@') address.sun_path[0] = '\0';
  const size_t size = offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '@' ? 0 : 1);
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) return -1;
  if (connect(descriptor, (struct sockaddr *)&address, (socklen_t)size) == 0) return descriptor;
  return fail_and_close(descriptor, errno);
}

int clinux_sealed_memory(const char *name, const void *bytes, size_t count) {
  const int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return -1;
  const char *next = bytes;
  while (count > 0) {
    const ssize_t written = write(descriptor, next, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail_and_close(descriptor, written < 0 ? errno : ENOSPC);
    next += written;
    count -= (size_t)written;
  }
  if (fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) == 0) return descriptor;
  return fail_and_close(descriptor, errno);
}

void clinux_write_at_once(int descriptor, const void *bytes, size_t count) {
  // The descriptor's own mode stays: others may have it too.
  if (send(descriptor, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 || errno != ENOTSOCK) return;
  struct pollfd ready = {.fd = descriptor, .events = POLLOUT};
  if (poll(&ready, 1, 0) <= 0 || !(ready.revents & POLLOUT)) return;
  // A pipe that can be written to has room for so much.
  (void)!write(descriptor, bytes, count < 4096 ? count : 4096);
}
