// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "CSecret.h"

struct csecret_password *csecret_create(void) {
  struct csecret_password *password =
      mmap(NULL, sizeof *password, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (password == MAP_FAILED) return NULL;
  // Where the user may lock no memory, there is nothing better.
  (void)mlock(password, sizeof *password);
  (void)madvise(password, sizeof *password, MADV_DONTDUMP);
  return password;
}

void csecret_destroy(struct csecret_password *password) {
  if (!password) return;
  explicit_bzero(password, sizeof *password);
  munmap(password, sizeof *password);
}

void csecret_hide_process(void) { prctl(PR_SET_DUMPABLE, 0); }
