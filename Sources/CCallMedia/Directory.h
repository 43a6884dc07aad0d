// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>

enum { DEVICE_NAME = 128 };

struct device_entry {
  bool speaker, is_default, is_monitor;
  char name[DEVICE_NAME], description[DEVICE_NAME];
};

/// The sound server's list of its devices, or that of ALSA where there is no server; for threads that may wait.
struct directory;
struct directory *directory_make(void (*changed)(void *context), void *context);
void directory_free(struct directory *directory);
/// The server was away: it must be asked anew.
void directory_forget(struct directory *directory);
/// Says how many there are; -1: there is neither a server nor ALSA.
int directory_list(struct directory *directory, struct device_entry *entries, int room);
/// Whether the last list was a sound server's.
bool directory_has_server(struct directory *directory);
