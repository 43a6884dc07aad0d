// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Canceller.h"

#include <gst/gst.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "DelayMeter.h"
#include "Element.h"
#include "Sound.h"

enum { FRAME = 10 * SOUND_PER_MS, USUAL_DELAY_MS = 50, STRAY_MS = 20, SEEN_MS = 42 };

/// One of two elements that are called like functions, in the thread that both sounds pass: so they stay in step
/// whatever the devices' clocks and pipelines do.
struct stage {
  GstElement *element;
  GstPad *feed, *take;
  int16_t *out;
  int made, room;
  GstClockTime at, delay;
};
struct canceller {
  struct stage probe, dsp;
  int delay_ms, wanted_ms;
  struct delay_meter meter;
};

static GstFlowReturn taken(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
  (void)parent;
  struct stage *stage = gst_pad_get_element_private(pad);
  gsize room = (gsize)(stage->room - stage->made) * sizeof(int16_t);
  if (stage->out && room > 0) {
    stage->made += (int)(gst_buffer_extract(buffer, 0, stage->out + stage->made, room) / sizeof(int16_t));
  }
  gst_buffer_unref(buffer);
  return GST_FLOW_OK;
}

static bool open_stage(struct stage *stage, const char *factory) {
  stage->element = gst_element_factory_make(factory, NULL);
  if (!stage->element) return false;
  gst_object_ref_sink(stage->element);
  stage->feed = gst_pad_new("feed", GST_PAD_SRC);
  stage->take = gst_pad_new("take", GST_PAD_SINK);
  gst_pad_set_element_private(stage->take, stage);
  gst_pad_set_chain_function(stage->take, taken);
  GstPad *in = gst_element_get_static_pad(stage->element, "sink"), *out = gst_element_get_static_pad(stage->element, "src");
  bool linked = gst_pad_link(stage->feed, in) == GST_PAD_LINK_OK && gst_pad_link(out, stage->take) == GST_PAD_LINK_OK;
  gst_object_unref(in);
  gst_object_unref(out);
  return linked;
}

static gboolean asked(GstPad *pad, GstObject *parent, GstQuery *query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_LATENCY) return gst_pad_query_default(pad, parent, query);
  struct stage *stage = gst_pad_get_element_private(pad);
  gst_query_set_latency(query, TRUE, stage->delay, GST_CLOCK_TIME_NONE);
  return TRUE;
}

static bool start(struct stage *stage) {
  gst_pad_set_element_private(stage->feed, stage);
  gst_pad_set_query_function(stage->feed, asked);
  gst_pad_set_active(stage->take, TRUE);
  gst_pad_set_active(stage->feed, TRUE);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  GstCaps *caps = gst_caps_new_simple("audio/x-raw", "format", G_TYPE_STRING, "S16LE", "layout", G_TYPE_STRING,
                                      "interleaved", "rate", G_TYPE_INT, SOUND_RATE, "channels", G_TYPE_INT, 1, NULL);
  bool started = gst_element_set_state(stage->element, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE &&
                 gst_pad_push_event(stage->feed, gst_event_new_stream_start("sound")) &&
                 gst_pad_push_event(stage->feed, gst_event_new_caps(caps)) &&
                 gst_pad_push_event(stage->feed, gst_event_new_segment(&segment));
  gst_caps_unref(caps);
  return started;
}

static void close_stage(struct stage *stage) {
  if (stage->element) gst_element_set_state(stage->element, GST_STATE_NULL);
  if (stage->feed) (gst_pad_set_active(stage->feed, FALSE), gst_object_unref(stage->feed));
  if (stage->take) (gst_pad_set_active(stage->take, FALSE), gst_object_unref(stage->take));
  if (stage->element) gst_object_unref(stage->element);
}

/// How long sound is under way from here to the loudspeaker, through the air, and back from the microphone.
static void set_delay(struct canceller *canceller, int delay_ms) {
  canceller->delay_ms = canceller->wanted_ms = delay_ms;
  canceller->probe.delay = (GstClockTime)delay_ms * GST_MSECOND;
  // The times of both let the one pair what is heard with what is spoken at the same moment.
  canceller->probe.at = canceller->dsp.at + canceller->probe.delay;
  gst_pad_push_event(canceller->probe.take, gst_event_new_latency(0));
}

struct canceller *canceller_make(void) {
  element_start_gstreamer();
  struct canceller *canceller = calloc(1, sizeof *canceller);
  if (!canceller) return NULL;
  bool made = open_stage(&canceller->probe, "webrtcechoprobe") && open_stage(&canceller->dsp, "webrtcdsp");
  if (made) {
    char *name = gst_element_get_name(canceller->probe.element);
    g_object_set(canceller->dsp.element, "probe", name, NULL);
    gst_util_set_object_arg(G_OBJECT(canceller->dsp.element), "echo-suppression-level", "high");
    g_free(name);
    made = start(&canceller->probe) && start(&canceller->dsp);
    set_delay(canceller, USUAL_DELAY_MS);
  }
  if (made) return canceller;
  canceller_free(canceller);
  return NULL;
}

void canceller_free(struct canceller *canceller) {
  if (!canceller) return;
  close_stage(&canceller->dsp);
  close_stage(&canceller->probe);
  free(canceller);
}

static int pass(struct stage *stage, const int16_t *in, int16_t *out) {
  GstBuffer *buffer = gst_buffer_new_memdup(in, FRAME * sizeof(int16_t));
  (GST_BUFFER_PTS(buffer) = stage->at, GST_BUFFER_DURATION(buffer) = 10 * GST_MSECOND);
  stage->at += 10 * GST_MSECOND;
  (stage->out = out, stage->made = 0, stage->room = FRAME);
  return gst_pad_push(stage->feed, buffer) == GST_FLOW_OK ? stage->made : 0;
}

void canceller_heard(struct canceller *canceller, const int16_t *sound, int count) {
  delay_meter_heard(&canceller->meter, sound, count);
  // Only here have both elements been given as much.
  if (canceller->wanted_ms != canceller->delay_ms) set_delay(canceller, canceller->wanted_ms);
  for (int at = 0; at + FRAME <= count; at += FRAME) pass(&canceller->probe, sound + at, NULL);
}

void canceller_spoken(struct canceller *canceller, int16_t *sound, int count) {
  int16_t out[FRAME];
  int measured = delay_meter_spoken(&canceller->meter, sound, count);
  // It looks for an echo from where it is told on, best in the middle of what it sees.
  int wanted = measured > SEEN_MS ? measured - SEEN_MS : 0;
  if (measured >= 0 && abs(wanted - canceller->delay_ms) > STRAY_MS) canceller->wanted_ms = wanted;
  for (int at = 0; at + FRAME <= count; at += FRAME) {
    if (pass(&canceller->dsp, sound + at, out) == FRAME) memcpy(sound + at, out, sizeof out);
  }
}
#endif
