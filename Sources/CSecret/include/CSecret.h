// SPDX-License-Identifier: Apache-2.0
//
// Accounts' passwords in the user's keyring, on libsecret. Each of these functions waits for the Secret Service, and
// where a keyring is locked for the user, whom the Secret Service asks to unlock it.
#pragma once

#include <stddef.h>

enum { CSECRET_MAXIMUM = 512 };

/// A password, in memory that is not written to disk.
struct csecret_password {
  size_t count;
  unsigned char bytes[CSECRET_MAXIMUM + 1];
};

/// NULL where there is no memory.
struct csecret_password *csecret_create(void);

/// Wipes it.
void csecret_destroy(struct csecret_password *password);

/// From now on nobody else of the user's programs reads this process's memory, and its memory is never written to disk.
void csecret_hide_process(void);

enum csecret_result {
  CSECRET_DONE,
  CSECRET_FAILED,
  CSECRET_NO_PASSWORD,
  /// There is no Secret Service, or no session bus.
  CSECRET_NO_SERVICE,
  /// The keyring is locked, and the user did not unlock it.
  CSECRET_LOCKED,
  /// There is no keyring yet, and the user did not make one.
  CSECRET_NO_KEYRING,
  /// The Secret Service wants passwords to be sent as they are.
  CSECRET_NOT_ENCRYPTED,
  CSECRET_TOO_LONG,
  CSECRET_NOT_BUILT,
};

/// Where a function fails or finds no service, *reason becomes a text of the system, or NULL; the caller frees it.

/// Whether there is a password; CSECRET_LOCKED is that it cannot be told. Asks nobody, and starts no Secret Service.
enum csecret_result csecret_check(const char *account, char **reason);
enum csecret_result csecret_lookup(const char *account, struct csecret_password *password, char **reason);
enum csecret_result csecret_store(const char *account, const char *label, const struct csecret_password *password,
                                  char **reason);
enum csecret_result csecret_remove(const char *account, char **reason);
