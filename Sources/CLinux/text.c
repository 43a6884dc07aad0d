// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "text.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

void clinux_text_setup(const char *domain, const char *directory) {
  setlocale(LC_MESSAGES, "");
  setlocale(LC_TIME, "");
  if (directory != NULL) bindtextdomain(domain, directory);
  bind_textdomain_codeset(domain, "UTF-8");
}

const char *clinux_text(const char *domain, const char *text) { return dgettext(domain, text); }

_Static_assert(MB_LEN_MAX <= CLINUX_CHARACTER_SIZE, "a character has no room");

size_t clinux_encode_character(uint32_t scalar, char bytes[CLINUX_CHARACTER_SIZE]) {
  mbstate_t state;
  memset(&state, 0, sizeof state);
  const size_t length = wcrtomb(bytes, (wchar_t)scalar, &state);
  return length == (size_t)-1 ? 0 : length;
}

int clinux_character_width(uint32_t scalar) {
  const int width = wcwidth((wchar_t)scalar);
  return width < 0 ? 0 : width;
}
