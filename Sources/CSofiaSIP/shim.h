// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sofia-sip/nta.h>
#include <sofia-sip/su_wait.h>
