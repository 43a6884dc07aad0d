// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Element.h"

#include <dlfcn.h>
#include <gst/gst.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct element {
  GstElement *bin;
  GstPad *feed, *take;
  GstClockTime at;
  uint8_t *out;
  int room, filled;
};

static void start(void) { gst_init(NULL, NULL); }

void element_start_gstreamer(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, start);
}

static const char *const encoders[] = {[MEDIA_SPEEX] = "speexenc", [MEDIA_GSM] = "gsmenc"};
static const char *const decoders[] = {[MEDIA_SPEEX] = "speexdec", [MEDIA_GSM] = "gsmdec"};

static const char *const plugins[] = {[MEDIA_SPEEX] = "libgstspeex.so", [MEDIA_GSM] = "libgstgsm.so"};

/// By the plugin's file: to ask GStreamer takes as long as all else that is done before a call is placed.
bool element_exists(enum media_encoding encoding) {
  Dl_info library;
  char path[512];
  if (encoding != MEDIA_SPEEX && encoding != MEDIA_GSM) return true;
  if (!dladdr((void *)gst_init, &library) || !library.dli_fname) return false;
  const char *slash = strrchr(library.dli_fname, '/');
  int length = slash ? (int)(slash - library.dli_fname) : 0;
  snprintf(path, sizeof path, "%.*s/gstreamer-1.0/%s", length, library.dli_fname, plugins[encoding]);
  return access(path, R_OK) == 0;
}

static GstFlowReturn taken(GstPad *pad, GstObject *parent, GstBuffer *buffer) {
  (void)parent;
  struct element *element = gst_pad_get_element_private(pad);
  // speexenc begins with two buffers that are no sound but headers.
  if (!GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_HEADER)) {
    gsize size = gst_buffer_get_size(buffer);
    if (size <= (gsize)(element->room - element->filled)) {
      element->filled += (int)gst_buffer_extract(buffer, 0, element->out + element->filled, size);
    }
  }
  gst_buffer_unref(buffer);
  return GST_FLOW_OK;
}

/// The first packet of a Speex stream in Ogg, which tells the decoder what RTP leaves to SDP.
static GstBuffer *speex_header(uint32_t rate) {
  uint32_t mode = rate >= 32000 ? 2 : rate >= 16000 ? 1 : 0;
  uint32_t fields[] = {1, 80, rate, mode, 4, 1, UINT32_MAX, 160u << mode, 0, 1, 0, 0, 0};
  uint8_t header[80] = "Speex   1.2";
  for (int i = 0; i < 13; i++) {
    for (int byte = 0; byte < 4; byte++) header[28 + 4 * i + byte] = (uint8_t)(fields[i] >> (8 * byte));
  }
  return gst_buffer_new_memdup(header, sizeof header);
}

static GstCaps *outside(const struct media_codec *codec) {
  const char *name = codec->encoding == MEDIA_GSM ? "audio/x-gsm" : "audio/x-speex";
  return gst_caps_new_simple(name, "rate", G_TYPE_INT, (int)codec->clock, "channels", G_TYPE_INT, 1, NULL);
}

struct element *element_make(const struct media_codec *codec, bool encodes, char why[256]) {
  element_start_gstreamer();
  const char *name = (encodes ? encoders : decoders)[codec->encoding];
  int rate = (int)codec->clock;
  char description[256];
  snprintf(description, sizeof description, encodes ? "%s name=codec" :
           "%s name=codec ! audioconvert ! audioresample ! "
           "capsfilter caps=audio/x-raw,format=S16LE,layout=interleaved,channels=1,rate=%d", name, rate);
  struct element *element = calloc(1, sizeof *element);
  if (!element) return NULL;
  GError *error = NULL;
  element->bin = gst_parse_bin_from_description(description, TRUE, &error);
  if (!element->bin || error) {
    snprintf(why, 256, "the GStreamer element %s cannot be made: %s", name, error ? error->message : "it is not installed");
    g_clear_error(&error);
    element_free(element);
    return NULL;
  }
  gst_object_ref_sink(element->bin);
  element->feed = gst_pad_new("feed", GST_PAD_SRC);
  element->take = gst_pad_new("take", GST_PAD_SINK);
  gst_pad_set_element_private(element->take, element);
  gst_pad_set_chain_function(element->take, taken);
  GstPad *in = gst_element_get_static_pad(element->bin, "sink"), *out = gst_element_get_static_pad(element->bin, "src");
  bool linked = in && out && gst_pad_link(element->feed, in) == GST_PAD_LINK_OK &&
                gst_pad_link(out, element->take) == GST_PAD_LINK_OK;
  if (in) gst_object_unref(in);
  if (out) gst_object_unref(out);
  gst_pad_set_active(element->take, TRUE);
  gst_pad_set_active(element->feed, TRUE);
  bool plays = linked && gst_element_set_state(element->bin, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE;
  GstCaps *raw = gst_caps_new_simple("audio/x-raw", "format", G_TYPE_STRING, "S16LE", "layout", G_TYPE_STRING,
                                     "interleaved", "rate", G_TYPE_INT, rate, "channels", G_TYPE_INT, 1, NULL);
  GstCaps *coded = outside(codec);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  plays = plays && gst_pad_push_event(element->feed, gst_event_new_stream_start("sound")) &&
          gst_pad_push_event(element->feed, gst_event_new_caps(encodes ? raw : coded)) &&
          gst_pad_push_event(element->feed, gst_event_new_segment(&segment));
  gst_caps_unref(raw);
  gst_caps_unref(coded);
  if (plays && !encodes && codec->encoding == MEDIA_SPEEX) {
    uint8_t nothing[16];
    (element->out = nothing, element->room = 0);
    plays = gst_pad_push(element->feed, speex_header(codec->clock)) == GST_FLOW_OK &&
            gst_pad_push(element->feed, gst_buffer_new_memdup("\0\0\0\0\0\0\0\0", 8)) == GST_FLOW_OK;
  }
  if (!plays) {
    snprintf(why, 256, "the GStreamer element %s does not start; its plugin may be damaged", name);
    element_free(element);
    return NULL;
  }
  return element;
}

void element_free(struct element *element) {
  if (element->bin) gst_element_set_state(element->bin, GST_STATE_NULL);
  if (element->feed) (gst_pad_set_active(element->feed, FALSE), gst_object_unref(element->feed));
  if (element->take) (gst_pad_set_active(element->take, FALSE), gst_object_unref(element->take));
  if (element->bin) gst_object_unref(element->bin);
  free(element);
}

int element_run(struct element *element, const void *in, int size, uint8_t *out, int room) {
  (element->out = out, element->room = room, element->filled = 0);
  GstBuffer *buffer = gst_buffer_new_memdup(in, (gsize)size);
  GST_BUFFER_PTS(buffer) = element->at;
  // Encoders look only at how times go on.
  element->at += 20 * GST_MSECOND;
  GstFlowReturn flow = gst_pad_push(element->feed, buffer);
  return flow == GST_FLOW_OK ? element->filled : -1;
}
#endif
