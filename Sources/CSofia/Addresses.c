// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sofia-sip/url.h>
#include <string.h>

/// In no address, and left alone by sofia-sip.
enum { STAND_IN = 0x7f };

/// In the place of sofia-sip's function, which takes escapes away that mean something: `a%3Bb` becomes `a;b`, in
/// requests that are sent and in messages that have arrived.
int url_d(url_t *url, char *text) {
  static int (*read_really)(url_t *, char *);
  if (!read_really) read_really = (int (*)(url_t *, char *))dlsym(RTLD_NEXT, "url_d");
  if (!text || !strchr(text, '%') || strchr(text, STAND_IN)) return read_really(url, text);
  // It puts ends of strings into it.
  size_t length = strlen(text);
  for (size_t i = 0; i < length; i++)
    if (text[i] == '%') text[i] = STAND_IN;
  int status = read_really(url, text);
  for (size_t i = 0; i < length; i++)
    if (text[i] == STAND_IN) text[i] = '%';
  return status;
}

/// Makes the linker take this file.
void csofia_addresses(void) {}
#endif
