// SPDX-License-Identifier: Apache-2.0
// The C side of the daemon: what of libsystemd Swift cannot import (variadic functions, macros, static tables).
#pragma once

#include <sys/eventfd.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include "files.h"
#include "memory.h"
#include "network.h"
#include "service.h"
#include "text.h"
#include "vtables.h"
