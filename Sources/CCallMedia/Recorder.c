// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "Files.h"
#include "Ogg.h"
#include "Ring.h"
#include "Sound.h"

enum { BLOCK = 20 * SOUND_PER_MS, WAV_RATE = 16000, WAV_HEADER = 44, ROOM = 1 << 18 };

struct recorder {
  int file, channels;
  struct ring rings[2];
  struct resampler down[2];
  struct ogg *ogg;
  uint64_t bytes;
  char path[256];
  pthread_mutex_t lock;
  pthread_cond_t more;
  pthread_t thread;
  bool ends, ended, failed, told;
  int since, error;
};

static bool write_all(int file, const void *bytes, size_t size) {
  for (const char *at = bytes; size > 0;) {
    ssize_t written = write(file, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    (at += written, size -= (size_t)written);
  }
  return true;
}

/// Right after every second, so that the file can be played whatever happens to this process.
static bool write_header(struct recorder *recorder) {
  uint8_t header[WAV_HEADER];
  uint32_t frame = (uint32_t)recorder->channels * 2;
  uint32_t fields[] = {0, (uint32_t)recorder->bytes + 36, 0, 0, 16, 1u | (uint32_t)recorder->channels << 16, WAV_RATE,
                       WAV_RATE * frame, frame | 16u << 16, 0, (uint32_t)recorder->bytes};
  for (int i = 0; i < 11; i++) {
    for (int byte = 0; byte < 4; byte++) header[4 * i + byte] = (uint8_t)(fields[i] >> (8 * byte));
  }
  memcpy(header, "RIFF", 4);
  memcpy(header + 8, "WAVEfmt ", 8);
  memcpy(header + 36, "data", 4);
  return pwrite(recorder->file, header, sizeof header, 0) == sizeof header;
}

static bool write_block(struct recorder *recorder, int16_t sound[2][BLOCK]) {
  int16_t woven[2 * BLOCK];
  int count = BLOCK;
  if (!recorder->ogg) {
    for (int i = 0; i < recorder->channels; i++) count = resampler_down(&recorder->down[i], sound[i], BLOCK, sound[i]);
  }
  for (int i = 0; i < count; i++) {
    for (int channel = 0; channel < recorder->channels; channel++) {
      woven[i * recorder->channels + channel] = sound[channel][i];
    }
  }
  if (recorder->ogg) return ogg_add(recorder->ogg, woven);
  size_t size = (size_t)(count * recorder->channels) * 2;
  if (recorder->bytes + size > UINT32_MAX - 64) {
    errno = EFBIG;
    return false;
  }
  if (!write_all(recorder->file, woven, size)) return false;
  uint64_t second = WAV_RATE * 2 * (uint64_t)recorder->channels, before = recorder->bytes / second;
  recorder->bytes += size;
  return recorder->bytes / second == before || write_header(recorder);
}

static void *run(void *context) {
  struct recorder *recorder = context;
  int16_t sound[2][BLOCK];
  pthread_setname_np(pthread_self(), "recorder");
  pthread_mutex_lock(&recorder->lock);
  for (;;) {
    bool ends = recorder->ends;
    while (!recorder->failed && ring_fill(&recorder->rings[recorder->channels - 1]) >= BLOCK) {
      pthread_mutex_unlock(&recorder->lock);
      for (int i = 0; i < recorder->channels; i++) ring_read(&recorder->rings[i], sound[i], BLOCK);
      bool written = write_block(recorder, sound);
      int error = errno;
      pthread_mutex_lock(&recorder->lock);
      if (!written) (recorder->failed = true, recorder->error = error);
    }
    if (ends) break;
    pthread_cond_wait(&recorder->more, &recorder->lock);
  }
  if (recorder->ogg) ogg_end(recorder->ogg);
  else write_header(recorder);
  recorder->ended = true;
  pthread_cond_broadcast(&recorder->more);
  pthread_mutex_unlock(&recorder->lock);
  return NULL;
}

static void release(struct recorder *recorder) {
  for (int i = 0; i < 2; i++) {
    ring_free(&recorder->rings[i]);
    resampler_free(&recorder->down[i]);
  }
  if (recorder->ogg) ogg_free(recorder->ogg);
  if (recorder->file >= 0) close(recorder->file);
  free(recorder);
}

static bool ends_in(const char *text, const char *ending) {
  size_t length = strlen(text), tail = strlen(ending);
  return length > tail && strcmp(text + length - tail, ending) == 0;
}

struct recorder *recorder_open(const char *file, int channels, enum recorder_use use, char why[256]) {
  bool ogg = ends_in(file, ".ogg") || ends_in(file, ".opus");
  if (!ogg && !ends_in(file, ".wav")) {
    snprintf(why, 256, "the file to record to, %.120s, must have a name that ends in .wav or .ogg", file);
    return NULL;
  }
  struct recorder *recorder = calloc(1, sizeof *recorder);
  if (!recorder) return NULL;
  recorder->channels = channels;
  snprintf(recorder->path, sizeof recorder->path, "%s", file);
  int flags = use == RECORDER_NEW ? O_EXCL : use == RECORDER_EMPTIES || ogg ? O_TRUNC : 0;
  if (ogg && use == RECORDER_CONTINUES) flags = O_APPEND;
  recorder->file = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);
  if (recorder->file < 0) {
    snprintf(why, 256, errno == EEXIST ? "the file to record to, %.120s, is there already; name another one%.0s"
                                       : "the file to record to, %.120s, cannot be written: %s", file, strerror(errno));
    release(recorder);
    return NULL;
  }
  bool made = true;
  for (int i = 0; i < channels; i++) {
    made = made && ring_make(&recorder->rings[i], ROOM) && resampler_make(&recorder->down[i], SOUND_RATE / WAV_RATE, false);
  }
  struct stat there;
  // A header that is damaged is written anew; the sound behind it stays.
  if (made && !ogg && fstat(recorder->file, &there) == 0 && S_ISREG(there.st_mode)) {
    if (there.st_size > WAV_HEADER) recorder->bytes = (uint64_t)(there.st_size - WAV_HEADER) / 4 * 4;
    made = write_header(recorder) && lseek(recorder->file, WAV_HEADER + (off_t)recorder->bytes, SEEK_SET) >= 0;
  }
  if (made && ogg) made = (recorder->ogg = ogg_make(recorder->file, channels)) != NULL;
  pthread_mutex_init(&recorder->lock, NULL);
  pthread_cond_init(&recorder->more, NULL);
  if (!made || pthread_create(&recorder->thread, NULL, run, recorder) != 0) {
    snprintf(why, 256, "the file to record to, %.120s, cannot be written: %s", file, strerror(errno));
    release(recorder);
    return NULL;
  }
  pthread_detach(recorder->thread);
  return recorder;
}

void recorder_add(struct recorder *recorder, const int16_t *left, const int16_t *right, int count) {
  static const int16_t silence[LONGEST_FRAME];
  const int16_t *sound[2] = {left ? left : silence, right ? right : silence};
  for (int i = 0; i < recorder->channels; i++) ring_write(&recorder->rings[i], sound[i], (uint32_t)count);
  // Five times a second is often enough for a disk.
  if ((recorder->since += count) < SOUND_RATE / 5) return;
  recorder->since = 0;
  pthread_mutex_lock(&recorder->lock);
  pthread_cond_signal(&recorder->more);
  pthread_mutex_unlock(&recorder->lock);
}

bool recorder_failed(struct recorder *recorder, char why[256]) {
  pthread_mutex_lock(&recorder->lock);
  bool tells = recorder->failed && !recorder->told;
  if (tells) recorder->told = true;
  int error = recorder->error;
  pthread_mutex_unlock(&recorder->lock);
  if (tells) snprintf(why, 256, "the recording to %.160s stopped: %s", recorder->path, strerror(error));
  return tells;
}

void recorder_close(struct recorder *recorder) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += 2;
  pthread_mutex_lock(&recorder->lock);
  recorder->ends = true;
  pthread_cond_broadcast(&recorder->more);
  while (!recorder->ended && pthread_cond_timedwait(&recorder->more, &recorder->lock, &until) == 0) {
  }
  bool ended = recorder->ended;
  pthread_mutex_unlock(&recorder->lock);
  // A thread that a dead disk holds keeps what it uses.
  if (ended) release(recorder);
}
#endif
