// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "CSofia.h"

#include <openssl/evp.h>

size_t csofia_hash(const char *algorithm, const uint8_t *bytes, size_t length, uint8_t hash[CSOFIA_LARGEST_HASH]) {
  // Where a system allows only approved hashes, MD5 is still what a server asks for.
  EVP_MD *function = EVP_MD_fetch(NULL, algorithm, "-fips");
  unsigned size = 0;
  if (!function || !EVP_Digest(bytes, length, hash, &size, function, NULL)) size = 0;
  EVP_MD_free(function);
  return size;
}
#endif
