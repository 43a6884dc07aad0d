// SPDX-License-Identifier: Apache-2.0
#ifdef SIP
#include <string.h>

#include "Service.h"

static const SecretSchema schema = {
    .name = "org.ongoingcall.Account",
    .flags = SECRET_SCHEMA_NONE,
    .attributes = {{"account", SECRET_SCHEMA_ATTRIBUTE_STRING}},
};

static GHashTable *attributes_of(const char *account) {
  return secret_attributes_build(&schema, "account", account, NULL);
}

static void free_items(GList *items) { g_list_free_full(items, g_object_unref); }

/// Connects, and finds the items of an account, in all keyrings; none is CSECRET_NO_PASSWORD.
static enum csecret_result find(const char *account, SecretService **service, GList **items, char **reason) {
  const enum csecret_result result = csecret_connect(service, reason);
  if (result != CSECRET_DONE) return result;
  GError *error = NULL;
  GHashTable *attributes = attributes_of(account);
  *items = secret_service_search_sync(*service, &schema, attributes, SECRET_SEARCH_ALL, NULL, &error);
  g_hash_table_unref(attributes);
  if (error) return csecret_failure(error, reason);
  return *items ? CSECRET_DONE : CSECRET_NO_PASSWORD;
}

/// Has the user unlock those of the items that are locked.
static enum csecret_result unlock(SecretService *service, GList *items, char **reason) {
  GList *locked = NULL;
  for (GList *item = items; item; item = item->next)
    if (secret_item_get_locked(item->data)) locked = g_list_prepend(locked, item->data);
  if (!locked) return CSECRET_DONE;
  GError *error = NULL;
  const int wanted = (int)g_list_length(locked);
  const int unlocked = secret_service_unlock_sync(service, locked, NULL, NULL, &error);
  g_list_free(locked);
  if (error) return csecret_failure(error, reason);
  return unlocked < wanted ? CSECRET_LOCKED : CSECRET_DONE;
}

/// Where there are several, because keyrings were changed, the one that was changed last.
static SecretItem *newest(GList *items) {
  SecretItem *newest = items->data;
  for (GList *item = items; item; item = item->next)
    if (secret_item_get_modified(item->data) > secret_item_get_modified(newest)) newest = item->data;
  return newest;
}

static enum csecret_result load(SecretItem *item, struct csecret_password *password, char **reason) {
  GError *error = NULL;
  if (!secret_item_load_secret_sync(item, NULL, &error)) return csecret_failure(error, reason);
  SecretValue *value = secret_item_get_secret(item);
  if (!value) return CSECRET_LOCKED;
  gsize count = 0;
  const char *bytes = secret_value_get(value, &count);
  const enum csecret_result result = count <= CSECRET_MAXIMUM ? CSECRET_DONE : CSECRET_TOO_LONG;
  if (result == CSECRET_DONE) {
    memcpy(password->bytes, bytes, count);
    password->count = count;
  }
  secret_value_unref(value);
  return result;
}

/// Whether a keyring is locked; what is in it may not be found then.
static enum csecret_result find_locked(SecretService *service, char **reason) {
  GError *error = NULL;
  if (!secret_service_load_collections_sync(service, NULL, &error)) return csecret_failure(error, reason);
  enum csecret_result result = CSECRET_NO_PASSWORD;
  GList *collections = secret_service_get_collections(service);
  for (GList *collection = collections; collection; collection = collection->next)
    if (secret_collection_get_locked(collection->data)) result = CSECRET_LOCKED;
  free_items(collections);
  return result;
}

enum csecret_result csecret_check(const char *account, char **reason) {
  enum csecret_result result = csecret_find_service(reason);
  if (result != CSECRET_DONE) return result;
  SecretService *service = NULL;
  GList *items = NULL;
  result = find(account, &service, &items, reason);
  if (result == CSECRET_NO_PASSWORD) result = find_locked(service, reason);
  free_items(items);
  g_clear_object(&service);
  return result;
}

enum csecret_result csecret_lookup(const char *account, struct csecret_password *password, char **reason) {
  SecretService *service = NULL;
  GList *items = NULL;
  enum csecret_result result = find(account, &service, &items, reason);
  if (result == CSECRET_DONE) {
    GList one = {.data = newest(items)};
    result = unlock(service, &one, reason);
    if (result == CSECRET_DONE) result = load(one.data, password, reason);
  }
  free_items(items);
  g_clear_object(&service);
  return result;
}

enum csecret_result csecret_store(const char *account, const char *label, const struct csecret_password *password,
                                  char **reason) {
  SecretService *service = NULL;
  enum csecret_result result = csecret_connect(&service, reason);
  if (result == CSECRET_DONE) {
    GError *error = NULL;
    GHashTable *attributes = attributes_of(account);
    // libsecret copies it to memory that it wipes.
    SecretValue *value = secret_value_new((const char *)password->bytes, (gssize)password->count, "text/plain");
    secret_service_store_sync(service, &schema, attributes, SECRET_COLLECTION_DEFAULT, label, value, NULL, &error);
    secret_value_unref(value);
    g_hash_table_unref(attributes);
    // libsecret has a keyring made where there is none, and the service says that it is done also where the user did not
    // want one.
    const gboolean is_missing = g_error_matches(error, SECRET_ERROR, SECRET_ERROR_NO_SUCH_OBJECT) ||
                                g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_METHOD) ||
                                g_error_matches(error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_OBJECT);
    if (error) result = csecret_failure(error, reason);
    if (is_missing) result = CSECRET_NO_KEYRING;
  }
  g_clear_object(&service);
  return result;
}

enum csecret_result csecret_remove(const char *account, char **reason) {
  SecretService *service = NULL;
  GList *items = NULL;
  enum csecret_result result = find(account, &service, &items, reason);
  if (result == CSECRET_DONE) result = unlock(service, items, reason);
  GError *error = NULL;
  for (GList *item = items; result == CSECRET_DONE && item; item = item->next)
    if (!secret_item_delete_sync(item->data, NULL, &error)) result = csecret_failure(error, reason);
  free_items(items);
  g_clear_object(&service);
  return result;
}
#else
#include "CSecret.h"

enum csecret_result csecret_check(const char *account, char **reason) {
  (void)account, (void)reason;
  return CSECRET_NOT_BUILT;
}

enum csecret_result csecret_lookup(const char *account, struct csecret_password *password, char **reason) {
  (void)account, (void)password, (void)reason;
  return CSECRET_NOT_BUILT;
}

enum csecret_result csecret_store(const char *account, const char *label, const struct csecret_password *password,
                                  char **reason) {
  (void)account, (void)label, (void)password, (void)reason;
  return CSECRET_NOT_BUILT;
}

enum csecret_result csecret_remove(const char *account, char **reason) {
  (void)account, (void)reason;
  return CSECRET_NOT_BUILT;
}
#endif
