// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "Internal.h"

/// Of checks that arrive together: a far end sends one every 50 ms for each path. PEERS: all candidates of the far end,
/// and the servers.
enum { ROOM = 32, PEERS = 32 };

/// Of one kind of senders.
struct queue {
  int first, count;
  struct {
    union endpoint from;
    uint16_t size;
    uint8_t bytes[MEDIA_LARGEST_DATAGRAM];
  } waiting[ROOM];
};

struct connectivity {
  /// The latest to whom something was sent; `next` is the place of the next one.
  union endpoint peers[PEERS];
  int peer_count, next;
  struct queue of_peers, of_strangers;
};

struct connectivity *connectivity_make(void) { return calloc(1, sizeof(struct connectivity)); }

void connectivity_free(struct connectivity *connectivity) { free(connectivity); }

static bool is_peer(const struct connectivity *connectivity, const union endpoint *from) {
  for (int i = 0; i < connectivity->peer_count; i++) {
    if (endpoint_equal(&connectivity->peers[i], from, true)) return true;
  }
  return false;
}

void connectivity_expect(struct connectivity *connectivity, const union endpoint *from) {
  if (is_peer(connectivity, from)) return;
  connectivity->peers[connectivity->next] = *from;
  connectivity->next = (connectivity->next + 1) % PEERS;
  if (connectivity->peer_count < PEERS) connectivity->peer_count++;
}

bool connectivity_put(struct connectivity *connectivity, const union endpoint *from, const uint8_t *bytes, int size) {
  if (size <= 0 || size > MEDIA_LARGEST_DATAGRAM) return false;
  // However many strangers send, the answers to this end's questions have a place.
  struct queue *queue = is_peer(connectivity, from) ? &connectivity->of_peers : &connectivity->of_strangers;
  if (queue->count == ROOM) return false;
  int place = (queue->first + queue->count++) % ROOM;
  queue->waiting[place].from = *from;
  queue->waiting[place].size = (uint16_t)size;
  memcpy(queue->waiting[place].bytes, bytes, (size_t)size);
  return true;
}

bool connectivity_take(struct connectivity *connectivity, struct media_datagram *datagram) {
  struct queue *queue = connectivity->of_peers.count > 0 ? &connectivity->of_peers : &connectivity->of_strangers;
  if (queue->count == 0) return false;
  int place = queue->first;
  const union endpoint *from = &queue->waiting[place].from;
  bool four = from->any.sa_family == AF_INET;
  const void *address = four ? (const void *)&from->v4.sin_addr : (const void *)&from->v6.sin6_addr;
  inet_ntop(from->any.sa_family, address, datagram->host, sizeof datagram->host);
  datagram->port = ntohs(four ? from->v4.sin_port : from->v6.sin6_port);
  datagram->size = queue->waiting[place].size;
  memcpy(datagram->bytes, queue->waiting[place].bytes, datagram->size);
  queue->first = (place + 1) % ROOM;
  queue->count--;
  return true;
}

int channel_data(const uint8_t *packet, int size, uint16_t channel) {
  if (channel == 0 || size < CHANNEL_HEADER || (packet[0] << 8 | packet[1]) != channel) return -1;
  int length = packet[2] << 8 | packet[3];
  return length <= size - CHANNEL_HEADER ? length : -1;
}

void channel_header(uint8_t header[CHANNEL_HEADER], uint16_t channel, int size) {
  header[0] = (uint8_t)(channel >> 8);
  header[1] = (uint8_t)channel;
  header[2] = (uint8_t)(size >> 8);
  header[3] = (uint8_t)size;
}

bool media_keep_datagrams(struct media *media) {
  pthread_mutex_lock(&media->lock);
  if (!media->connectivity) media->connectivity = connectivity_make();
  bool made = media->connectivity != NULL;
  pthread_mutex_unlock(&media->lock);
  return made && media_run(media);
}

bool media_next_datagram(struct media *media, struct media_datagram *datagram) {
  pthread_mutex_lock(&media->lock);
  bool is_one = media->connectivity && connectivity_take(media->connectivity, datagram);
  pthread_mutex_unlock(&media->lock);
  return is_one;
}

void media_send_datagram(struct media *media, const char *host, uint16_t port, const uint8_t *bytes, int size) {
  union endpoint to;
  if (!endpoint_make(&to, media->family, host, port)) return;
  pthread_mutex_lock(&media->lock);
  if (media->connectivity) connectivity_expect(media->connectivity, &to);
  pthread_mutex_unlock(&media->lock);
  // What cannot be sent is lost, as on any way.
  sendto(media->socket, bytes, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL, &to.any, endpoint_size(&to));
}

void keep_datagram(struct media *media, const union endpoint *from, const uint8_t *bytes, int size) {
  if (connectivity_put(media->connectivity, from, bytes, size)) eventfd_write(media->events, 1);
  else media->receiving.foreign++;
}
#endif
