// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import OngoingCall

/// What a verb that goes on waits for.
enum Wake {
  /// Something has come from the bus.
  case bus
  /// There is something to read on standard input, or its end.
  case input
  /// Ctrl-C; only after ``Interrupts/begin()``.
  case interrupt
  case time

  /// Waits; to be called when there is no change left (``Deadline/atOnce``). With nobody there to read the output any
  /// more, the process ends here, as if it had written.
  ///
  /// - Parameter milliseconds: -1 is without end.
  static func next(
    on client: CallsClient, milliseconds: Int32 = -1, input: Bool = false
  ) -> Wake {
    while true {
      var waits = [
        pollfd(fd: client.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: StandardStream.output.rawValue, events: 0, revents: 0),
        pollfd(fd: Interrupts.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: input ? STDIN_FILENO : -1, events: Int16(POLLIN), revents: 0),
      ]
      let count = poll(&waits, nfds_t(waits.count), milliseconds)
      if count == 0 { return .time }
      guard count > 0 else { continue }
      if waits[2].revents != 0 { return .interrupt }
      if waits[1].revents & Int16(POLLERR | POLLHUP) != 0 { StandardStream.endByBrokenPipe() }
      if waits[3].revents != 0 { return .input }
      if waits[0].revents != 0 { return .bus }
    }
  }
}

extension Deadline {
  /// As long as it takes to read what is there.
  static var atOnce: Deadline { Deadline(in: .milliseconds(1)) }
}

/// Ctrl-C, while it does not end this process.
enum Interrupts {
  static var descriptor: Int32 { clinux_interrupts() }

  static func begin() { clinux_begin_interrupts() }
  /// Whether there was one since the last time.
  static func take() -> Bool { clinux_take_interrupt() }
  /// From now on it ends this process again, and one that has come meanwhile does so at once.
  static func end() { clinux_end_interrupts() }
}
