// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import EngineChannel
  import Glibc

  /// The engine channel on what were standard input and output, which nothing else may read or write from then on.
  final class Channel {
    let runtime: EngineRuntime
    private let output: Int32
    private(set) var isClosed = false

    /// liblinphone and its sound libraries print to standard output now and then; that goes to standard error.
    init() {
      let input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
      output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
      let null = open("/dev/null", O_RDONLY)
      dup2(null, STDIN_FILENO)
      close(null)
      dup2(STDERR_FILENO, STDOUT_FILENO)
      runtime = EngineRuntime(input: input, output: output)
    }

    /// Waits until the channel can be read or written that should be, at most so long.
    func wait(milliseconds: Int32) {
      var polled = [
        pollfd(fd: isClosed ? -1 : runtime.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: !isClosed && runtime.wantsToWrite ? output : -1, events: Int16(POLLOUT), revents: 0),
      ]
      guard poll(&polled, 2, milliseconds) > 0 else { return }
      if polled[1].revents != 0 { runtime.flush() }
    }

    func requests() -> [EngineRequest] {
      guard !isClosed else { return [] }
      do { return try runtime.receive() } catch {
        isClosed = true
        return []
      }
    }

    /// Gives the daemon a last time to read what it has not read.
    func drain(milliseconds: Int32) {
      guard !isClosed, runtime.wantsToWrite else { return }
      var polled = pollfd(fd: output, events: Int16(POLLOUT), revents: 0)
      if poll(&polled, 1, milliseconds) > 0 { runtime.flush() }
    }
  }
#endif
