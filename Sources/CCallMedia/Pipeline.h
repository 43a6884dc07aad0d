// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "Ring.h"

/// One device that sounds into a ring, or out of it.
struct pipeline;

/// Waits for the sound server. NULL: it cannot be had now. `broke` is called once, from any thread.
struct pipeline *pipeline_open(bool speaker, bool server, const char *device, const char *title, struct ring *ring,
                               void (*broke)(void *context), void *context);
void pipeline_free(struct pipeline *pipeline);
