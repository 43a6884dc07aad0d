// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "include/CCallMedia.h"

/// DTLS-SRTP (RFC 5764): agrees with the far end on the keys of SRTP. The session description vouches for its
/// certificate. It does not wait, and has no socket.
struct handshake;

enum handshake_state { HANDSHAKE_RUNS, HANDSHAKE_DONE, HANDSHAKE_FAILED };

typedef void (*handshake_send)(void *owner, const uint8_t *datagram, int size);

/// NULL: `why` says what is wrong.
struct handshake *handshake_make(const struct media_handshake *wanted, const struct media_certificate *own,
                                 handshake_send send, void *owner, char why[256]);
void handshake_free(struct handshake *handshake);
/// Also after the end: a far end that has not heard the last message repeats its own.
void handshake_take(struct handshake *handshake, const uint8_t *datagram, int size);
/// Begins, repeats what was lost, and gives up. `now` is in milliseconds.
void handshake_tick(struct handshake *handshake, int64_t now);
enum handshake_state handshake_state(const struct handshake *handshake);
/// Of one that is done.
void handshake_keys(const struct handshake *handshake, struct media_key *send, struct media_key *receive);
/// Of one that failed.
const char *handshake_why(const struct handshake *handshake);
/// Whether it is DTLS that comes where RTP also comes (RFC 7983).
bool handshake_is(const uint8_t *packet, int size);
