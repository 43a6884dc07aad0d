// SPDX-License-Identifier: Apache-2.0
#pragma once

// Two files of one file system change places, at once (renameat2(2)). Returns a negative errno on failure.
int oc_exchange_files(const char *one, const char *other);
