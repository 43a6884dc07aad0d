// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include "CSofia.h"

typedef union {
  struct sockaddr any;
  struct sockaddr_in four;
  struct sockaddr_in6 six;
} csofia_place;

/// Where the next listener of this thread is, becomes known there; until NULL.
void csofia_origin_note(csofia_place *place);
/// What this thread connects until the end comes from that place, and so does what is connected again.
void csofia_origin_begin(const csofia_place *place);
void csofia_origin_end(void);
void csofia_origin_forget(const csofia_place *place);
