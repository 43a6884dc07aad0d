// SPDX-License-Identifier: Apache-2.0
//
// What of Linux and glibc Swift's Glibc module does not show, and what signal handlers do, in which no Swift code may
// run. Where a function fails it returns -1 and sets errno, unless it says otherwise.
//
// These headers include as little as they can: what a header of the system declares is Glibc's to Swift no more.
#pragma once

#include <sys/eventfd.h>

#include "child.h"
#include "descriptors.h"
#include "files.h"
#include "hangup.h"
#include "network.h"
#include "process.h"
#include "program.h"
#include "rawmode.h"
#include "signals.h"
#include "text.h"
