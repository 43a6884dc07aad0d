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
#include <string.h>
#include <strings.h>

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

/// In the place of belle-sip's function, which reads the head of every message that arrives: of a body of several parts
/// belle-sip takes for granted that their boundary is named, and crashes where it is not.
belle_sip_message_t *belle_sip_message_parse_raw(const char *text, size_t length, size_t *parsed) {
  belle_sip_message_t *(*parse)(const char *, size_t, size_t *) = dlsym(RTLD_NEXT, "belle_sip_message_parse_raw");
  belle_sip_message_t *message = parse(text, length, parsed);
  belle_sip_header_content_type_t *type =
      message ? belle_sip_message_get_header_by_type(message, belle_sip_header_content_type_t) : NULL;
  const char *kind = type ? belle_sip_header_content_type_get_type(type) : NULL;
  if (!kind || strcasecmp(kind, "multipart") != 0) return message;
  const char *value = belle_sip_header_get_unparsed_value(BELLE_SIP_HEADER(type));
  if (!value || !strstr(value, ";boundary=")) {
    belle_sip_header_content_type_t *unknown = belle_sip_header_content_type_create("application", "octet-stream");
    belle_sip_message_set_header(message, BELLE_SIP_HEADER(unknown));
  }
  return message;
}
#endif
