// SPDX-License-Identifier: Apache-2.0
#include "text.h"

#include <libintl.h>
#include <locale.h>
#include <stddef.h>

void oc_text_setup(const char *domain, const char *directory) {
  setlocale(LC_MESSAGES, "");
  setlocale(LC_TIME, "");
  if (directory != NULL) bindtextdomain(domain, directory);
  bind_textdomain_codeset(domain, "UTF-8");
}

const char *oc_text(const char *domain, const char *text) { return dgettext(domain, text); }
