// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text in the user's language (gettext(3)) and the user's manner of writing the time of day.

// Takes the language from the environment (setlocale(3), LC_MESSAGES and LC_TIME) and the translations of `domain` from
// `directory`, or, where it is NULL, from where the system has them.
void oc_text_setup(const char *domain, const char *directory);

// The translation of `text`, or `text` where there is none. Never freed.
const char *oc_text(const char *domain, const char *text);
