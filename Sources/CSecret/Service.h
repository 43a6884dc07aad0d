// SPDX-License-Identifier: Apache-2.0
//
// The connection to the Secret Service.
#pragma once

#include <libsecret/secret.h>

#include "CSecret.h"

/// Connects, with encryption. *service is then the caller's.
enum csecret_result csecret_connect(SecretService **service, char **reason);

/// Whether a Secret Service runs. Starts none.
enum csecret_result csecret_find_service(char **reason);

/// What a failure is, and its reason; takes `error`.
enum csecret_result csecret_failure(GError *error, char **reason);
