// SPDX-License-Identifier: GPL-3.0-or-later
#define _GNU_SOURCE
#include "CBelleSIP.h"

#include <stddef.h>

static cbellesip_filter filter;
static void *filter_context;

void cbellesip_filter_responses(cbellesip_filter new_filter, void *context) {
  filter = new_filter;
  filter_context = context;
}

#if SIP
#include <belle-sip/belle-sip.h>
#include <dlfcn.h>

/// liblinphone's own.
static void (*process)(void *context, const belle_sip_response_event_t *event);

static void process_filtered(void *context, const belle_sip_response_event_t *event) {
  if (!filter(filter_context, event)) process(context, event);
}

/// In the place of belle-sip's function, which liblinphone calls by this name: it offers no other way to see a response
/// before it acts on it.
belle_sip_listener_t *belle_sip_listener_create_from_callbacks(
    const belle_sip_listener_callbacks_t *callbacks, void *context) {
  belle_sip_listener_t *(*create)(const belle_sip_listener_callbacks_t *, void *) =
      dlsym(RTLD_NEXT, "belle_sip_listener_create_from_callbacks");
  if (!filter || process) return create(callbacks, context);
  process = callbacks->process_response_event;
  belle_sip_listener_callbacks_t filtered = *callbacks;
  filtered.process_response_event = process_filtered;
  return create(&filtered, context);
}
#endif
