// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "include/CCallMedia.h"

/// SRTP of one direction.
struct secure;

/// NULL: the suite is not known, or the key has not its size.
struct secure *secure_make(const struct media_key *key, bool sends);
void secure_free(struct secure *secure);
/// What is sent: the count of times that the sequence number began anew, and how many reports were sent before.
void secure_continue(struct secure *secure, uint32_t source, uint32_t rollovers, uint32_t reports);
/// The same again, when time has passed.
void secure_place(struct secure *secure, uint32_t source, uint32_t rollovers);
/// What is received: the same count of the first packet that comes.
void secure_expect(struct secure *secure, uint32_t rollovers);
uint32_t secure_rollovers(struct secure *secure, uint32_t source);
/// In place; says the new size, or -1. `packet` has 160 bytes of room behind it when it is protected.
int secure_protect(struct secure *secure, uint8_t *packet, int size, bool control);
int secure_unprotect(struct secure *secure, uint8_t *packet, int size, bool control);
