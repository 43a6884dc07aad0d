// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Pipeline.h"

#include <gst/gst.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Directory.h"
#include "Element.h"
#include "Sound.h"

struct pipeline {
  GstElement *elements;
  struct ring *ring;
  void (*broke)(void *context);
  void *context;
  _Atomic bool told;
  char title[DEVICE_NAME];
};

static void on_broken(struct pipeline *pipeline) {
  if (!atomic_exchange(&pipeline->told, true)) pipeline->broke(pipeline->context);
}

static GstBusSyncReply message(GstBus *bus, GstMessage *message, gpointer context) {
  (void)bus;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR || GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) on_broken(context);
  gst_message_unref(message);
  return GST_BUS_DROP;
}

static GstPadProbeReturn spoken(GstPad *pad, GstPadProbeInfo *info, gpointer context) {
  (void)pad;
  struct pipeline *pipeline = context;
  GstMapInfo map;
  if (gst_buffer_map(GST_PAD_PROBE_INFO_BUFFER(info), &map, GST_MAP_READ)) {
    ring_write(pipeline->ring, (const int16_t *)map.data, (uint32_t)(map.size / sizeof(int16_t)));
    gst_buffer_unmap(GST_PAD_PROBE_INFO_BUFFER(info), &map);
  }
  return GST_PAD_PROBE_OK;
}

/// The device asks for sound by taking what the silent source makes: it is filled here.
static GstPadProbeReturn heard(GstPad *pad, GstPadProbeInfo *info, gpointer context) {
  (void)pad;
  struct pipeline *pipeline = context;
  GstBuffer *buffer = gst_buffer_make_writable(GST_PAD_PROBE_INFO_BUFFER(info));
  GST_PAD_PROBE_INFO_DATA(info) = buffer;
  GstMapInfo map;
  if (gst_buffer_map(buffer, &map, GST_MAP_WRITE)) {
    uint32_t count = (uint32_t)(map.size / sizeof(int16_t));
    uint32_t got = ring_read(pipeline->ring, (int16_t *)map.data, count);
    memset((int16_t *)map.data + got, 0, (count - got) * sizeof(int16_t));
    gst_buffer_unmap(buffer, &map);
  }
  // A source that knows that it is silent says so, and sinks skip what is marked like that.
  GST_BUFFER_FLAG_UNSET(buffer, GST_BUFFER_FLAG_GAP);
  return GST_PAD_PROBE_OK;
}

/// The silent source calls itself by a title of its own, which the mixer would show.
static GstPadProbeReturn titled(GstPad *pad, GstPadProbeInfo *info, gpointer context) {
  (void)pad;
  struct pipeline *pipeline = context;
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_TAG) return GST_PAD_PROBE_OK;
  GstEvent *event = gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, pipeline->title, NULL));
  gst_event_unref(GST_PAD_PROBE_INFO_EVENT(info));
  GST_PAD_PROBE_INFO_DATA(info) = event;
  return GST_PAD_PROBE_OK;
}

static void describe(struct pipeline *pipeline, GstElement *device, bool server) {
  if (!server) return;
  // `pulsesrc` names what it records by a name of its own: the title is there for it, too.
  GstStructure *properties = gst_structure_new(
      "properties", "media.role", G_TYPE_STRING, "phone", "application.name", G_TYPE_STRING, "OngoingCall",
      "application.icon_name", G_TYPE_STRING, "call-start", "media.name", G_TYPE_STRING, pipeline->title, "media.title",
      G_TYPE_STRING, pipeline->title, NULL);
  g_object_set(device, "stream-properties", properties, "client-name", "OngoingCall", NULL);
  gst_structure_free(properties);
}

struct pipeline *pipeline_open(bool speaker, bool server, const char *name, const char *title, struct ring *ring,
                               void (*broke)(void *context), void *context) {
  static const char format[] = "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=1";
  char description[512];
  element_start_gstreamer();
  // A sound server brings any sound into the form of its device; ALSA must be helped.
  const char *fits = server ? "" : "audioconvert ! audioresample ! ";
  if (speaker) {
    snprintf(description, sizeof description,
             "audiotestsrc name=tap wave=silence samplesperbuffer=480 ! %s ! %s%s name=device sync=false "
             "buffer-time=40000 latency-time=10000", format, fits, server ? "pulsesink" : "alsasink");
  } else {
    snprintf(description, sizeof description,
             "%s name=device buffer-time=80000 latency-time=10000 provide-clock=false ! %s%s ! fakesink name=tap sync=false",
             server ? "pulsesrc" : "alsasrc", fits, format);
  }
  struct pipeline *pipeline = calloc(1, sizeof *pipeline);
  if (!pipeline) return NULL;
  (pipeline->ring = ring, pipeline->broke = broke, pipeline->context = context);
  // It may have been cut within a character.
  const char *end;
  g_utf8_validate(title, -1, &end);
  snprintf(pipeline->title, sizeof pipeline->title, "%.*s", end > title ? (int)(end - title) : 4, end > title ? title : "Call");
  GError *error = NULL;
  pipeline->elements = gst_parse_launch(description, &error);
  bool made = pipeline->elements && !error;
  g_clear_error(&error);
  if (!made) {
    pipeline_free(pipeline);
    return NULL;
  }
  GstBus *bus = gst_element_get_bus(pipeline->elements);
  gst_bus_set_sync_handler(bus, message, pipeline, NULL);
  gst_object_unref(bus);
  GstElement *device = gst_bin_get_by_name(GST_BIN(pipeline->elements), "device");
  if (*name) g_object_set(device, "device", name, NULL);
  describe(pipeline, device, server);
  gst_object_unref(device);
  GstElement *tap = gst_bin_get_by_name(GST_BIN(pipeline->elements), "tap");
  GstPad *pad = gst_element_get_static_pad(tap, speaker ? "src" : "sink");
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, speaker ? heard : spoken, pipeline, NULL);
  if (speaker) gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, titled, pipeline, NULL);
  gst_object_unref(pad);
  gst_object_unref(tap);
  // What was left from before is old by now.
  if (speaker) ring_skip(ring, UINT32_MAX);
  bool plays = gst_element_set_state(pipeline->elements, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE &&
               gst_element_get_state(pipeline->elements, NULL, NULL, 5 * GST_SECOND) != GST_STATE_CHANGE_FAILURE;
  if (plays && !atomic_load(&pipeline->told)) return pipeline;
  atomic_store(&pipeline->told, true);
  pipeline_free(pipeline);
  return NULL;
}

void pipeline_free(struct pipeline *pipeline) {
  if (!pipeline) return;
  atomic_store(&pipeline->told, true);
  if (pipeline->elements) {
    gst_element_set_state(pipeline->elements, GST_STATE_NULL);
    GstBus *bus = gst_element_get_bus(pipeline->elements);
    gst_bus_set_sync_handler(bus, NULL, NULL, NULL);
    gst_object_unref(bus);
    gst_object_unref(pipeline->elements);
  }
  free(pipeline);
}
#endif
