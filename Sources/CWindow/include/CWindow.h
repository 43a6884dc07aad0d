// SPDX-License-Identifier: Apache-2.0
//
// A window on GTK 4 and libadwaita: a GtkBuilder description, whose objects are changed by their ids. All functions but
// cwindow_invoke, cwindow_run and cwindow_use_translations are for the main loop's thread, from `opened` on.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum { CWINDOW_NOT_BUILT = -1 };

struct cwindow_program {
  /// The application's id (GApplication). One process has it on a bus.
  const char *application;
  const char *icon;
  /// The GtkBuilder description; it has a window named `window`.
  const char *description;
  size_t length;
  const char *domain;
  /// Someone wants the window: the first time, or again. The text is what cwindow_run was given, in whichever process.
  void (*opened)(const char *wish);
  /// A button was pressed, a row chosen or a key typed. "" is no argument.
  void (*acted)(const char *action, const char *argument);
  /// Once a second while the window is on the screen and cwindow_tick is on.
  void (*ticked)(void);
};

/// Takes the language from the environment (setlocale(3)) and the translations of `domain` (gettext(3)) from `directory`,
/// or, where it is NULL, from where the system has them. Before cwindow_run.
void cwindow_use_translations(const char *domain, const char *directory);

/// The translation of `text`, or `text` where there is none. Never freed.
const char *cwindow_translation(const char *text);

/// Runs the main loop until the window is closed, or hands `wish` to the process that has the window. Returns the exit
/// status, or CWINDOW_NOT_BUILT.
///
/// - token: what lets the window come to the front, or "".
int cwindow_run(const struct cwindow_program *program, const char *wish, const char *token);

/// Runs `job` on the main loop's thread. For any thread, also before cwindow_run.
void cwindow_invoke(void (*job)(void));

/// Brings the window to the front.
void cwindow_present(void);
void cwindow_close(void);
void cwindow_tick(bool on);

// Actions: "app.NAME" in the description.
void cwindow_add_action(const char *name, bool has_argument, const char *key);
void cwindow_enable(const char *action, bool enabled);

// Properties of objects.
void cwindow_set_text(const char *object, const char *property, const char *text);
void cwindow_set_flag(const char *object, const char *property, bool flag);
void cwindow_set_class(const char *object, const char *name, bool on);
/// What a screen reader says of a widget.
void cwindow_set_label(const char *object, const char *text);
/// A list of texts to choose from (GtkStringList), and which is chosen.
void cwindow_set_choices(const char *object, const char *const *texts, size_t count, unsigned chosen);
unsigned cwindow_chosen(const char *object);
/// The text of an entry; the caller frees it.
char *cwindow_text(const char *object);
void cwindow_focus(const char *object);
void cwindow_toast(const char *text);

struct cwindow_row {
  const char *id;
  const char *title;
  const char *subtitle;
};

/// The rows of a list (GtkListBox). Activating one acts "choose" with the row's id.
void cwindow_set_rows(const char *list, const struct cwindow_row *rows, size_t count);
