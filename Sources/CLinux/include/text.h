// SPDX-License-Identifier: Apache-2.0
//
// Text in the user's language (gettext(3)), and what the locale knows of characters: Swift's module of the C library has
// no wchar.h.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Takes the language from the environment (setlocale(3), LC_MESSAGES and LC_TIME) and the translations of `domain` from
/// `directory`, or, where it is NULL, from where the system has them.
void clinux_text_setup(const char *domain, const char *directory);

/// The translation of `text`, or `text` where there is none. Never freed.
const char *clinux_text(const char *domain, const char *text);

enum { CLINUX_CHARACTER_SIZE = 16 };

/// The bytes of a character in the locale's encoding (setlocale(3)); how many, or 0 where it has no such character.
size_t clinux_encode_character(uint32_t scalar, char bytes[CLINUX_CHARACTER_SIZE]);

/// How many columns a character takes in the locale.
int clinux_character_width(uint32_t scalar);
