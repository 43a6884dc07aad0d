// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include "Service.h"

#include <stdbool.h>
#include <string.h>

// libsecret asks the user by these methods of a class that may be replaced. Its own take a prompt that the user has
// dismissed for an error without an error, and either crash or wait for ever.

typedef struct {
  SecretService parent;
} CSecretService;

typedef struct {
  SecretServiceClass parent;
} CSecretServiceClass;

GType csecret_service_get_type(void);
G_DEFINE_TYPE(CSecretService, csecret_service, SECRET_TYPE_SERVICE)

static void prompted(GObject *prompt, GAsyncResult *result, gpointer data) {
  GTask *task = data;
  GError *error = NULL;
  GVariant *value = secret_prompt_perform_finish(SECRET_PROMPT(prompt), result, &error);
  if (value) {
    g_task_return_pointer(task, value, (GDestroyNotify)g_variant_unref);
  } else if (error) {
    g_task_return_error(task, error);
  } else {
    g_task_return_new_error(task, SECRET_ERROR, SECRET_ERROR_IS_LOCKED, "the prompt was dismissed");
  }
  g_object_unref(task);
}

static void prompt(SecretService *service, SecretPrompt *prompt, const GVariantType *type, GCancellable *cancellable,
                   GAsyncReadyCallback callback, gpointer data) {
  GTask *task = g_task_new(service, cancellable, callback, data);
  secret_prompt_perform(prompt, NULL, type, cancellable, prompted, task);
}

static GVariant *finish_prompt(SecretService *service, GAsyncResult *result, GError **error) {
  (void)service;
  return g_task_propagate_pointer(G_TASK(result), error);
}

static void csecret_service_init(CSecretService *service) { (void)service; }

static void csecret_service_class_init(CSecretServiceClass *class) {
  class->parent.prompt_async = prompt;
  class->parent.prompt_finish = finish_prompt;
}

/// What the libraries have to say besides their errors is for nobody: on standard error there is one line of this
/// program's.
static GLogWriterOutput ignore(GLogLevelFlags level, const GLogField *fields, gsize count, gpointer data) {
  (void)level, (void)fields, (void)count, (void)data;
  return G_LOG_WRITER_HANDLED;
}

static bool means_no_service(const GError *error) {
  if (error->domain != G_DBUS_ERROR) return false;
  switch (error->code) {
  case G_DBUS_ERROR_SERVICE_UNKNOWN:
  case G_DBUS_ERROR_NAME_HAS_NO_OWNER:
  case G_DBUS_ERROR_SPAWN_EXEC_FAILED:
  case G_DBUS_ERROR_SPAWN_FORK_FAILED:
  case G_DBUS_ERROR_SPAWN_CHILD_EXITED:
  case G_DBUS_ERROR_SPAWN_CHILD_SIGNALED:
  case G_DBUS_ERROR_SPAWN_FAILED:
  case G_DBUS_ERROR_SPAWN_SERVICE_NOT_FOUND:
  case G_DBUS_ERROR_SPAWN_FILE_INVALID:
    return true;
  default:
    return false;
  }
}

enum csecret_result csecret_failure(GError *error, char **reason) {
  if (!error) return CSECRET_FAILED;
  const bool is_locked = g_error_matches(error, SECRET_ERROR, SECRET_ERROR_IS_LOCKED);
  const bool is_absent = means_no_service(error);
  g_dbus_error_strip_remote_error(error);
  *reason = strdup(error->message);
  g_error_free(error);
  return is_locked ? CSECRET_LOCKED : is_absent ? CSECRET_NO_SERVICE : CSECRET_FAILED;
}

enum csecret_result csecret_find_service(char **reason) {
  GError *error = NULL;
  GDBusConnection *bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, &error);
  if (!bus) {
    (void)csecret_failure(error, reason);
    return CSECRET_NO_SERVICE;
  }
  GVariant *answer = g_dbus_connection_call_sync(
      bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "NameHasOwner",
      g_variant_new("(s)", "org.freedesktop.secrets"), G_VARIANT_TYPE("(b)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_object_unref(bus);
  if (!answer) return csecret_failure(error, reason);
  gboolean runs = FALSE;
  g_variant_get(answer, "(b)", &runs);
  g_variant_unref(answer);
  return runs ? CSECRET_DONE : CSECRET_NO_SERVICE;
}

enum csecret_result csecret_connect(SecretService **service, char **reason) {
  g_log_set_writer_func(ignore, NULL, NULL);
  GError *error = NULL;
  *service = secret_service_open_sync(csecret_service_get_type(), NULL, SECRET_SERVICE_OPEN_SESSION, NULL, &error);
  if (!*service) {
    // Anything but an answer of the bus: there is no bus.
    const bool has_no_bus =
        error && error->domain != G_DBUS_ERROR && !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) &&
        error->domain != SECRET_ERROR;
    const enum csecret_result failure = csecret_failure(error, reason);
    return has_no_bus ? CSECRET_NO_SERVICE : failure;
  }
  // libsecret does without encryption where the service offers none.
  const char *algorithms = secret_service_get_session_algorithms(*service);
  return algorithms && strcmp(algorithms, "plain") != 0 ? CSECRET_DONE : CSECRET_NOT_ENCRYPTED;
}
#endif
