// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/vfs.h>
#include <unistd.h>

int clinux_exchange_files(const char *one, const char *other) {
  return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE);
}

bool clinux_is_fuse(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 && status.f_type == FUSE_SUPER_MAGIC;
}

int clinux_open_directory(const char *path) {
  const int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0 || faccessat(directory, ".", X_OK, AT_EACCESS) == 0) return directory;
  const int error = errno;
  close(directory);
  errno = error;
  return -1;
}
