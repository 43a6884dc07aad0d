// SPDX-License-Identifier: Apache-2.0
//
// The C side of the daemon: what of libsystemd Swift cannot import (variadic functions, macros, static tables).
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>

#include "service.h"
#include "vtables.h"
