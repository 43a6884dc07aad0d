// SPDX-License-Identifier: Apache-2.0
#ifdef WINDOW
#include <adwaita.h>
#include <libintl.h>
#include <locale.h>
#include <string.h>

#include "CWindow.h"

// One process has one window.
static struct cwindow_program program;
static GtkApplication *application;
static GtkBuilder *builder;
static GtkWindow *window;
static guint timer;

static gpointer object(const char *name) {
  GObject *found = gtk_builder_get_object(builder, name);
  if (!found) g_error("the window has no “%s”", name);
  return found;
}

// --- The main loop

static gboolean run_job(gpointer job) {
  ((void (*)(void))job)();
  return G_SOURCE_REMOVE;
}

void cwindow_invoke(void (*job)(void)) { g_idle_add_full(G_PRIORITY_DEFAULT, run_job, job, NULL); }

static gboolean tick(gpointer data) {
  (void)data;
  if (gtk_widget_get_mapped(GTK_WIDGET(window))) program.ticked();
  return G_SOURCE_CONTINUE;
}

void cwindow_tick(bool on) {
  if (on == (timer != 0)) return;
  if (timer) g_source_remove(timer);
  timer = on ? g_timeout_add_seconds(1, tick, NULL) : 0;
}

// --- What the user does

static void activated(GSimpleAction *action, GVariant *argument, gpointer data) {
  (void)data;
  program.acted(g_action_get_name(G_ACTION(action)), argument ? g_variant_get_string(argument, NULL) : "");
}

void cwindow_add_action(const char *name, bool has_argument, const char *key) {
  GSimpleAction *action = g_simple_action_new(name, has_argument ? G_VARIANT_TYPE_STRING : NULL);
  g_signal_connect(action, "activate", G_CALLBACK(activated), NULL);
  g_action_map_add_action(G_ACTION_MAP(application), G_ACTION(action));
  g_object_unref(action);
  if (!key) return;
  char *detailed = g_strconcat("app.", name, NULL);
  const char *const keys[] = {key, NULL};
  gtk_application_set_accels_for_action(application, detailed, keys);
  g_free(detailed);
}

void cwindow_enable(const char *action, bool enabled) {
  g_simple_action_set_enabled(G_SIMPLE_ACTION(g_action_map_lookup_action(G_ACTION_MAP(application), action)), enabled);
}

static void chosen(GtkListBox *list, GtkListBoxRow *row, gpointer data) {
  (void)list, (void)data;
  program.acted("choose", gtk_widget_get_name(GTK_WIDGET(row)));
}

/// A key that writes a digit is one, wherever it is on the keyboard.
static gboolean typed(GtkEventControllerKey *keys, guint key, guint code, GdkModifierType state, gpointer action) {
  (void)keys, (void)code;
  if (state & (GDK_CONTROL_MASK | GDK_ALT_MASK | GDK_SUPER_MASK)) return FALSE;
  char digit[2] = {(char)gdk_keyval_to_unicode(key), 0};
  if (gdk_keyval_to_unicode(key) >= 128 || !digit[0] || !strchr("0123456789*#", digit[0])) return FALSE;
  program.acted(action, digit);
  return TRUE;
}

/// Enter presses what happens to have the focus, so it must not press everything.
static gboolean entered(GtkEventControllerKey *keys, guint key, guint code, GdkModifierType state, gpointer data) {
  (void)keys, (void)code, (void)state, (void)data;
  return key == GDK_KEY_Return || key == GDK_KEY_KP_Enter || key == GDK_KEY_ISO_Enter;
}

static void connect_keys(const char *name, GCallback pressed, const char *action) {
  GtkEventController *keys = gtk_event_controller_key_new();
  gtk_event_controller_set_propagation_phase(keys, GTK_PHASE_CAPTURE);
  g_signal_connect(keys, "key-pressed", pressed, (gpointer)action);
  gtk_widget_add_controller(object(name), keys);
}

static void entry_activated(AdwEntryRow *entry, gpointer action) {
  (void)entry;
  program.acted(action, "");
}

// --- The application

static void build(void) {
  gtk_window_set_default_icon_name(program.icon);
  builder = gtk_builder_new();
  gtk_builder_set_translation_domain(builder, program.domain);
  GError *error = NULL;
  if (!gtk_builder_add_from_string(builder, program.description, (gssize)program.length, &error))
    g_error("%s", error->message);
  window = object("window");
  gtk_window_set_application(window, application);
  connect_keys("keypad", G_CALLBACK(typed), "digit");
  connect_keys("hang-up", G_CALLBACK(entered), NULL);
  g_signal_connect(object("rows"), "row-activated", G_CALLBACK(chosen), NULL);
  g_signal_connect(object("address"), "entry-activated", G_CALLBACK(entry_activated), (gpointer)"call");
}

static int command_line(GApplication *self, GApplicationCommandLine *line, gpointer data) {
  (void)self, (void)data;
  int count = 0;
  char **words = g_application_command_line_get_arguments(line, &count);
  if (!window) build();
  if (count > 2 && words[2][0]) gtk_window_set_startup_id(window, words[2]);
  program.opened(count > 1 ? words[1] : "");
  g_strfreev(words);
  return 0;
}

void cwindow_use_translations(const char *domain, const char *directory) {
  setlocale(LC_ALL, "");
  if (directory) bindtextdomain(domain, directory);
  bind_textdomain_codeset(domain, "UTF-8");
}

const char *cwindow_translation(const char *text) { return dgettext(program.domain, text); }

int cwindow_run(const struct cwindow_program *what, const char *wish, const char *token) {
  program = *what;
  g_set_application_name("OngoingCall");
  // What a desktop finds the window's desktop file by, on X11.
  g_set_prgname(program.application);
  AdwApplication *adwaita = adw_application_new(program.application, G_APPLICATION_HANDLES_COMMAND_LINE);
  application = GTK_APPLICATION(adwaita);
  g_signal_connect(application, "command-line", G_CALLBACK(command_line), NULL);
  char *words[] = {(char *)program.application, (char *)wish, (char *)token, NULL};
  const int status = g_application_run(G_APPLICATION(application), 3, words);
  g_object_unref(application);
  return status;
}

void cwindow_present(void) { gtk_window_present(window); }

void cwindow_close(void) { gtk_window_close(window); }

// --- Objects

void cwindow_set_text(const char *name, const char *property, const char *text) {
  g_object_set(object(name), property, text, NULL);
}

void cwindow_set_flag(const char *name, const char *property, bool flag) {
  g_object_set(object(name), property, (gboolean)flag, NULL);
}

void cwindow_set_class(const char *name, const char *class, bool on) {
  if (on)
    gtk_widget_add_css_class(object(name), class);
  else
    gtk_widget_remove_css_class(object(name), class);
}

void cwindow_set_label(const char *name, const char *text) {
  gtk_accessible_update_property(object(name), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

void cwindow_set_choices(const char *name, const char *const *texts, size_t count, unsigned chosen_one) {
  GtkStringList *list = gtk_string_list_new(NULL);
  for (size_t index = 0; index < count; index++) gtk_string_list_append(list, texts[index]);
  g_object_set(object(name), "model", list, "selected", chosen_one, NULL);
  g_object_unref(list);
}

unsigned cwindow_chosen(const char *name) {
  guint selected = 0;
  g_object_get(object(name), "selected", &selected, NULL);
  return selected;
}

char *cwindow_text(const char *name) { return strdup(gtk_editable_get_text(object(name))); }

void cwindow_focus(const char *name) { gtk_widget_grab_focus(object(name)); }

void cwindow_toast(const char *text) {
  AdwToast *toast = adw_toast_new("");
  // A title is markup.
  char *escaped = g_markup_escape_text(text, -1);
  adw_toast_set_title(toast, escaped);
  g_free(escaped);
  adw_toast_overlay_add_toast(object("toasts"), toast);
}

// --- Lists

static GtkWidget *new_row(const char *id) {
  GtkWidget *row = adw_action_row_new();
  gtk_widget_set_name(row, id);
  adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
  gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
  adw_action_row_set_title_lines(ADW_ACTION_ROW(row), 2);
  adw_action_row_set_subtitle_lines(ADW_ACTION_ROW(row), 2);
  GtkWidget *arrow = gtk_image_new_from_icon_name("go-next-symbolic");
  adw_action_row_add_suffix(ADW_ACTION_ROW(row), arrow);
  return row;
}

void cwindow_set_rows(const char *name, const struct cwindow_row *rows, size_t count) {
  GtkListBox *list = object(name);
  // A row that stays keeps the focus.
  for (size_t index = 0; index < count; index++) {
    GtkListBoxRow *row = gtk_list_box_get_row_at_index(list, (int)index);
    while (row && strcmp(gtk_widget_get_name(GTK_WIDGET(row)), rows[index].id) != 0) {
      bool is_wanted = false;
      for (size_t later = index + 1; later < count; later++)
        is_wanted |= strcmp(gtk_widget_get_name(GTK_WIDGET(row)), rows[later].id) == 0;
      if (is_wanted) break;
      gtk_list_box_remove(list, GTK_WIDGET(row));
      row = gtk_list_box_get_row_at_index(list, (int)index);
    }
    if (!row || strcmp(gtk_widget_get_name(GTK_WIDGET(row)), rows[index].id) != 0) {
      gtk_list_box_insert(list, new_row(rows[index].id), (int)index);
      row = gtk_list_box_get_row_at_index(list, (int)index);
    }
    adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), rows[index].title);
    // A subtitle is markup where the title is, and only there.
    adw_action_row_set_subtitle(ADW_ACTION_ROW(row), rows[index].subtitle);
  }
  for (GtkListBoxRow *row; (row = gtk_list_box_get_row_at_index(list, (int)count));)
    gtk_list_box_remove(list, GTK_WIDGET(row));
}
#endif
