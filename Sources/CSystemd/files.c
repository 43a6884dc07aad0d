// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>

int oc_exchange_files(const char *one, const char *other) {
	return renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) < 0 ? -errno : 0;
}

bool oc_is_fuse(const char *path) {
	struct statfs status;
	return statfs(path, &status) == 0 && status.f_type == FUSE_SUPER_MAGIC;
}

int oc_unread_bytes(int fd) {
	int bytes;
	return ioctl(fd, TIOCOUTQ, &bytes) < 0 ? -errno : bytes;
}
