// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READING, WRITING };

/// For standard input, output and error.
enum { STREAMS = 3 };

static void close_all(int pipes[STREAMS][2]) {
  for (int stream = 0; stream < STREAMS; stream++)
    for (int end = READING; end <= WRITING; end++)
      if (pipes[stream][end] >= 0) close(pipes[stream][end]);
}

/// What the program does before it is one: only what a signal handler may do, since a child of a process with several
/// threads may do no more.
static _Noreturn void become(const char *path, char *const *arguments, int pipes[STREAMS][2], pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int stream = 0; stream < STREAMS; stream++)
    if (dup2(pipes[stream][stream == STDIN_FILENO ? READING : WRITING], stream) < 0) _exit(CLINUX_NOT_RUNNABLE);
  if (close_range(STDERR_FILENO + 1, ~0U, 0) < 0 || chdir("/") < 0) _exit(CLINUX_NOT_RUNNABLE);
  execve(path, arguments, environ);
  _exit(errno == ENOENT ? CLINUX_NO_PROGRAM : CLINUX_NOT_RUNNABLE);
}

int clinux_run(const char *path, char *const *arguments, const void *input, size_t count, struct clinux_child *child) {
  int pipes[STREAMS][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
  if (count > CLINUX_INPUT_SIZE) {
    errno = EINVAL;
    return -1;
  }
  // Kept for the descriptor of the process, which must not fail any more when there is one.
  int spare = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  bool is_ready = spare >= 0;
  for (int stream = 0; is_ready && stream < STREAMS; stream++) is_ready = pipe2(pipes[stream], O_CLOEXEC) == 0;
  // Before it can be closed at the other end, so that there is no SIGPIPE.
  if (is_ready) is_ready = write(pipes[STDIN_FILENO][WRITING], input, count) == (ssize_t)count;
  const pid_t parent = getpid();
  const pid_t pid = is_ready ? fork() : -1;
  if (pid == 0) become(path, arguments, pipes, parent);
  const int error = errno;
  if (spare >= 0) close(spare);
  if (pid < 0) {
    close_all(pipes);
    errno = error;
    return -1;
  }
  const int process = pidfd_open(pid, 0);
  if (process < 0) {
    const int reason = errno;
    kill(pid, SIGKILL);
    close_all(pipes);
    errno = reason;
    return -1;
  }
  *child = (struct clinux_child){
      .pid = pid,
      .process = process,
      .output = pipes[STDOUT_FILENO][READING],
      .errors = pipes[STDERR_FILENO][READING],
  };
  close(pipes[STDIN_FILENO][READING]);
  close(pipes[STDIN_FILENO][WRITING]);
  close(pipes[STDOUT_FILENO][WRITING]);
  close(pipes[STDERR_FILENO][WRITING]);
  fcntl(child->output, F_SETFL, O_NONBLOCK);
  fcntl(child->errors, F_SETFL, O_NONBLOCK);
  return 0;
}

bool clinux_reap(int process, int *status, int *signal) {
  siginfo_t end = {0};
  if (waitid(P_PIDFD, (id_t)process, &end, WEXITED | WNOHANG) < 0 || end.si_pid == 0) return false;
  *status = end.si_code == CLD_EXITED ? end.si_status : 0;
  *signal = end.si_code == CLD_EXITED ? 0 : end.si_status;
  return true;
}
