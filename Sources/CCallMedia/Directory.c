// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Directory.h"

#include <gst/gst.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "Element.h"

struct directory {
  void (*changed)(void *context);
  void *context;
  pthread_mutex_t lock;
  GstDeviceProvider *provider;
  bool has_server;
};

static GstBusSyncReply told(GstBus *bus, GstMessage *message, gpointer context) {
  (void)bus;
  struct directory *directory = context;
  GstMessageType type = GST_MESSAGE_TYPE(message);
  if (directory->changed && (type == GST_MESSAGE_DEVICE_ADDED || type == GST_MESSAGE_DEVICE_REMOVED ||
                             type == GST_MESSAGE_DEVICE_CHANGED)) {
    directory->changed(directory->context);
  }
  gst_message_unref(message);
  return GST_BUS_DROP;
}

struct directory *directory_make(void (*changed)(void *context), void *context) {
  struct directory *directory = calloc(1, sizeof *directory);
  if (!directory) return NULL;
  (directory->changed = changed, directory->context = context);
  pthread_mutex_init(&directory->lock, NULL);
  return directory;
}

static void stop(struct directory *directory) {
  if (!directory->provider) return;
  GstBus *bus = gst_device_provider_get_bus(directory->provider);
  gst_device_provider_stop(directory->provider);
  if (directory->changed) gst_bus_set_sync_handler(bus, NULL, NULL, NULL);
  gst_object_unref(bus);
  gst_object_unref(directory->provider);
  directory->provider = NULL;
}

void directory_free(struct directory *directory) {
  if (!directory) return;
  stop(directory);
  pthread_mutex_destroy(&directory->lock);
  free(directory);
}

void directory_forget(struct directory *directory) {
  pthread_mutex_lock(&directory->lock);
  stop(directory);
  pthread_mutex_unlock(&directory->lock);
}

static bool start(struct directory *directory, const char *name) {
  GstDeviceProvider *provider = gst_device_provider_factory_get_by_name(name);
  if (!provider) return false;
  GstBus *bus = gst_device_provider_get_bus(provider);
  // There is one provider in a process: who only looks leaves the other's handler alone.
  if (directory->changed) gst_bus_set_sync_handler(bus, told, directory, NULL);
  gst_object_unref(bus);
  if (gst_device_provider_start(provider)) {
    directory->provider = provider;
    return true;
  }
  gst_object_unref(provider);
  return false;
}

static bool fill(GstDevice *device, struct device_entry *entry) {
  memset(entry, 0, sizeof *entry);
  char *class = gst_device_get_device_class(device), *shown = gst_device_get_display_name(device), *name = NULL;
  bool sound = strcmp(class, "Audio/Source") == 0 || strcmp(class, "Audio/Sink") == 0;
  entry->speaker = strcmp(class, "Audio/Sink") == 0;
  GstStructure *properties = gst_device_get_properties(device);
  if (g_object_class_find_property(G_OBJECT_GET_CLASS(device), "internal-name")) {
    g_object_get(device, "internal-name", &name, NULL);
  } else if (properties) {
    name = g_strdup(gst_structure_get_string(properties, "device.string"));
    if (!name) name = g_strdup(gst_structure_get_string(properties, "alsa.name"));
  }
  gboolean is_default = FALSE;
  if (properties) {
    const char *kind = gst_structure_get_string(properties, "device.class");
    entry->is_monitor = kind && strcmp(kind, "monitor") == 0;
    gst_structure_get_boolean(properties, "is-default", &is_default);
    gst_structure_free(properties);
  }
  entry->is_default = is_default;
  snprintf(entry->description, sizeof entry->description, "%s", shown ? shown : "");
  // A name that is cut off would name nothing.
  bool fits = name && snprintf(entry->name, sizeof entry->name, "%s", name) < (int)sizeof entry->name;
  g_free(class);
  g_free(shown);
  g_free(name);
  return sound && fits;
}

int directory_list(struct directory *directory, struct device_entry *entries, int room) {
  element_start_gstreamer();
  pthread_mutex_lock(&directory->lock);
  if (!directory->provider) {
    directory->has_server = start(directory, "pulsedeviceprovider");
    if (!directory->has_server && access("/dev/snd", F_OK) == 0) start(directory, "alsadeviceprovider");
  }
  int count = directory->provider ? 0 : -1;
  GList *devices = directory->provider ? gst_device_provider_get_devices(directory->provider) : NULL;
  for (GList *at = devices; at && count < room; at = at->next) {
    if (fill(GST_DEVICE(at->data), &entries[count])) count++;
  }
  g_list_free_full(devices, gst_object_unref);
  pthread_mutex_unlock(&directory->lock);
  return count;
}

bool directory_has_server(struct directory *directory) {
  pthread_mutex_lock(&directory->lock);
  bool has = directory->has_server && directory->provider;
  pthread_mutex_unlock(&directory->lock);
  return has;
}
#endif
