// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sofia-sip/tport.h>

#include "CSofia.h"

/// Peers that a call has at a time: more than its own, those of its attempts and its registrar.
enum { CSOFIA_CONNECTIONS = 8 };

/// The connections by which peers have answered. They are not idle, however long there is nothing to be said.
typedef struct {
  /// Whom to tell when one ends.
  const csofia_agent_handlers *handlers;
  /// The one that was used last comes first.
  struct {
    tport_t *transport;
    /// What tells when it ends; 0 if nothing does.
    int watch;
  } kept[CSOFIA_CONNECTIONS];
} csofia_connections;

/// Takes over the reference, which may be NULL, or of something else than a connection.
void csofia_connections_keep(csofia_connections *connections, tport_t *transport);
void csofia_connections_forget(csofia_connections *connections);
