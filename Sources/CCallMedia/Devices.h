// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "Canceller.h"
#include "Directory.h"
#include "Ring.h"
#include "include/CCallMedia.h"

/// A microphone and a loudspeaker, each in a pipeline and a thread of its own: what waits for a sound server that is
/// dead is nothing else. It lives until the last thread is done, which may be after the call.
struct devices;

typedef void device_teller(void *owner, enum media_event_kind kind, bool speaker, const char *text);

struct devices *devices_open(const char *title, bool microphone, bool speaker, const char *wanted_microphone,
                             const char *wanted_speaker, device_teller *tell, void *owner);
void devices_close(struct devices *devices);
/// NULL leaves it as it is; empty is the default one.
void devices_use(struct devices *devices, const char *microphone, const char *speaker);
/// Empty: none. false: that may be because none has been opened yet.
bool devices_names(struct devices *devices, char microphone[DEVICE_NAME], char speaker[DEVICE_NAME]);
bool devices_running(const struct devices *devices, bool speaker);
/// What takes echo out, while both devices run and its elements are installed; else NULL.
struct canceller *devices_canceller(struct devices *devices);
struct ring *devices_ring(struct devices *devices, bool speaker);
