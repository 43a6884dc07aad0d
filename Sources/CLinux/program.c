// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int clinux_open_pseudoterminal(unsigned short rows, unsigned short columns, struct clinux_pseudoterminal *terminal) {
  const struct winsize size = {.ws_row = rows, .ws_col = columns};
  struct termios modes;
  terminal->slave = -1;
  terminal->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (terminal->master < 0) return -1;
  int error = unlockpt(terminal->master) < 0 ? errno : ptsname_r(terminal->master, terminal->path, sizeof terminal->path);
  if (error == 0) {
    terminal->slave = open(terminal->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal->slave < 0 || ioctl(terminal->slave, TIOCSWINSZ, &size) < 0 || tcgetattr(terminal->slave, &modes) < 0)
      error = errno;
  }
  if (error == 0) {
    // So that erasing a character on a line that is being edited erases all its bytes.
    modes.c_iflag |= IUTF8;
    if (tcsetattr(terminal->slave, TCSANOW, &modes) < 0) error = errno;
  }
  if (error == 0) return 0;
  close(terminal->master);
  if (terminal->slave >= 0) close(terminal->slave);
  errno = error;
  return -1;
}

static int add_actions(posix_spawn_file_actions_t *actions, const struct clinux_spawn *spawn) {
  int error = 0;
  if (spawn->directory >= 0) error = posix_spawn_file_actions_addfchdir_np(actions, spawn->directory);
  if (error != 0) return error;
  if (spawn->terminal) {
    // Opened by the leader of a session that has no terminal yet, it becomes that session's.
    error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, spawn->terminal, O_RDWR, 0);
    if (error == 0) error = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDOUT_FILENO);
    if (error == 0) error = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDERR_FILENO);
  } else {
    error = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0 && spawn->output >= 0) {
      error = posix_spawn_file_actions_adddup2(actions, spawn->output, STDERR_FILENO);
    }
    if (error == 0) error = posix_spawn_file_actions_adddup2(actions, STDERR_FILENO, STDOUT_FILENO);
  }
  return error != 0 ? error : posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
}

static int set_attributes(posix_spawnattr_t *attributes) {
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int error = posix_spawnattr_setsigmask(attributes, &none);
  if (error == 0) error = posix_spawnattr_setsigdefault(attributes, &all);
  const short flags = POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
  return error != 0 ? error : posix_spawnattr_setflags(attributes, flags);
}

int clinux_spawn(const struct clinux_spawn *spawn, pid_t *pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) return error;
  error = posix_spawnattr_init(&attributes);
  if (error == 0) {
    error = add_actions(&actions, spawn);
    if (error == 0) error = set_attributes(&attributes);
    if (error == 0) error = posix_spawn(pid, spawn->path, &actions, &attributes, spawn->arguments, spawn->environment);
    posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_destroy(&actions);
  return error;
}
