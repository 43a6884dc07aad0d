// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// Sees a `belle_sip_response_event_t`, and may change its response, before liblinphone does; nonzero keeps it from
/// liblinphone altogether.
typedef int (*cbellesip_filter)(void *context, const void *event);

/// The liblinphone core that is created next, and no other, hears of responses through the filter. One of a process.
void cbellesip_filter_responses(cbellesip_filter filter, void *context);
