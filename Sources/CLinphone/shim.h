// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <belle-sip/belle-sip.h>
#include <linphone/core.h>
#include <mediastreamer2/mediastream.h>
#include <mediastreamer2/msinterfaces.h>

// Exported by liblinphone 5, but declared in headers that are not installed: the running stream of a call, and what the
// far end of the tests needs to refuse a call that would replace another.
MediaStream *linphone_call_get_stream(LinphoneCall *call, LinphoneStreamType type);
struct SalOp *linphone_call_get_op_as_sal_op(const LinphoneCall *call);
void sal_op_set_from(struct SalOp *op, const char *from);

// Swift cannot import the macros of mediastreamer's methods.
static inline int clinphone_loop_player(AudioStream *stream, int pause_milliseconds) {
  return ms_filter_call_method(stream->soundread, MS_PLAYER_SET_LOOP, &pause_milliseconds);
}

// Nor those of belle-sip's object types.
static inline void clinphone_add_via(belle_sip_request_t *request) {
  belle_sip_message_add_header(BELLE_SIP_MESSAGE(request), BELLE_SIP_HEADER(belle_sip_header_via_new()));
}

static inline void clinphone_set_root_ca(belle_sip_listening_point_t *point, const char *path) {
  belle_tls_crypto_config_t *config = belle_tls_crypto_config_new();
  belle_tls_crypto_config_set_root_ca(config, path);
  belle_sip_tls_listening_point_set_crypto_config(BELLE_SIP_TLS_LISTENING_POINT(point), config);
}
