// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "include/CCallMedia.h"

union endpoint {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/// The datagrams of STUN and TURN that wait for who handles them.
struct connectivity;

struct connectivity *connectivity_make(void);
void connectivity_free(struct connectivity *connectivity);
/// Something is sent there: what comes from there has places of its own.
void connectivity_expect(struct connectivity *connectivity, const union endpoint *from);
/// False: there is no more room, or it is too long.
bool connectivity_put(struct connectivity *connectivity, const union endpoint *from, const uint8_t *bytes, int size);
bool connectivity_take(struct connectivity *connectivity, struct media_datagram *datagram);

/// By the first byte (RFC 7983, 7) and the magic cookie (RFC 8489, 5).
static inline bool is_stun(const uint8_t *packet, int size) {
  return size >= 20 && packet[0] < 4 && packet[4] == 0x21 && packet[5] == 0x12 && packet[6] == 0xA4 && packet[7] == 0x42;
}

enum { CHANNEL_HEADER = 4 };
/// The size of what a TURN server passes on in a channel (RFC 8656, 12.4); -1: it is not in that channel.
int channel_data(const uint8_t *packet, int size, uint16_t channel);
void channel_header(uint8_t header[CHANNEL_HEADER], uint16_t channel, int size);
