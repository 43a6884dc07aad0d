// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CChannel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t cchannel_send(int socket, const void *bytes, size_t count, int passed) {
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

ssize_t cchannel_receive(int socket, void *bytes, size_t count, int *passed) {
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
