// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "CTerminal.h"

_Static_assert(MB_LEN_MAX <= CTERMINAL_CHARACTER_SIZE, "a character has no room");

size_t cterminal_encode(uint32_t scalar, char bytes[CTERMINAL_CHARACTER_SIZE]) {
  mbstate_t state;
  memset(&state, 0, sizeof state);
  const size_t length = wcrtomb(bytes, (wchar_t)scalar, &state);
  return length == (size_t)-1 ? 0 : length;
}

int cterminal_width(uint32_t scalar) {
  const int width = wcwidth((wchar_t)scalar);
  return width < 0 ? 0 : width;
}
