// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <belle-sip/belle-sip.h>
#include <linphone/core.h>
#include <mediastreamer2/mediastream.h>
#include <mediastreamer2/msinterfaces.h>

// Exported by liblinphone 5, but declared in a header that is not installed: the running stream of a call.
MediaStream *linphone_call_get_stream(LinphoneCall *call, LinphoneStreamType type);

// Swift cannot import the macros of mediastreamer's methods.
static inline int clinphone_loop_player(AudioStream *stream, int pause_milliseconds) {
  return ms_filter_call_method(stream->soundread, MS_PLAYER_SET_LOOP, &pause_milliseconds);
}
