// SPDX-License-Identifier: Apache-2.0
#ifndef WINDOW
#include "CWindow.h"

int cwindow_run(const struct cwindow_program *program, const char *wish, const char *token) {
  (void)program, (void)wish, (void)token;
  return CWINDOW_NOT_BUILT;
}

// Nobody calls these: there is no window.
void cwindow_use_translations(const char *domain, const char *directory) { (void)domain, (void)directory; }
const char *cwindow_translation(const char *text) { return text; }
void cwindow_invoke(void (*job)(void)) { (void)job; }
void cwindow_present(void) {}
void cwindow_close(void) {}
void cwindow_tick(bool on) { (void)on; }
void cwindow_add_action(const char *name, bool has_argument, const char *key) {
  (void)name, (void)has_argument, (void)key;
}
void cwindow_enable(const char *action, bool enabled) { (void)action, (void)enabled; }
void cwindow_set_text(const char *object, const char *property, const char *text) {
  (void)object, (void)property, (void)text;
}
void cwindow_set_flag(const char *object, const char *property, bool flag) { (void)object, (void)property, (void)flag; }
void cwindow_set_class(const char *object, const char *name, bool on) { (void)object, (void)name, (void)on; }
void cwindow_set_label(const char *object, const char *text) { (void)object, (void)text; }
void cwindow_set_choices(const char *object, const char *const *texts, size_t count, unsigned chosen) {
  (void)object, (void)texts, (void)count, (void)chosen;
}
unsigned cwindow_chosen(const char *object) { return (void)object, 0; }
char *cwindow_text(const char *object) { return (void)object, (char *)0; }
void cwindow_focus(const char *object) { (void)object; }
void cwindow_toast(const char *text) { (void)text; }
void cwindow_set_rows(const char *list, const struct cwindow_row *rows, size_t count) {
  (void)list, (void)rows, (void)count;
}
#endif
