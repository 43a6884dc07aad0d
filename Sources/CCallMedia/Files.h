// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>

/// A WAV file, played again and again.
struct player;
struct player *player_open(const char *file, char why[256]);
void player_free(struct player *player);
void player_read(struct player *player, int16_t *sound, int count);

/// A file that sound goes into, by a thread of its own: a disk that is slow holds up nothing.
struct recorder;
enum recorder_use { RECORDER_NEW, RECORDER_EMPTIES, RECORDER_CONTINUES };
/// `.wav`: 16 kHz; `.ogg`, `.opus`: Opus. Of two channels the left one is what was sent.
struct recorder *recorder_open(const char *file, int channels, enum recorder_use use, char why[256]);
/// NULL for silence.
void recorder_add(struct recorder *recorder, const int16_t *left, const int16_t *right, int count);
/// Says once why it failed.
bool recorder_failed(struct recorder *recorder, char why[256]);
/// Writes what is left; waits two seconds at most.
void recorder_close(struct recorder *recorder);
