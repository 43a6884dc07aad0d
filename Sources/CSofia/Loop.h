// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sofia-sip/su_wait.h>

#include "CSofia.h"

su_root_t *csofia_loop_root(csofia_loop *loop);
void csofia_addresses(void);

/// In which sofia-sip is told to look for certificates, and does not find any.
#define CSOFIA_NO_FOLDER "/dev/null"
