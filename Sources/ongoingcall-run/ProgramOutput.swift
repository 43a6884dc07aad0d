// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc

/// What a program without a terminal prints, on its way to the journal: it is always read, so that the program, which may
/// be the call itself, never waits for a journal that reads nothing.
final class ProgramOutput {
  /// To be polled for reading; -1 once nothing more can come.
  private(set) var descriptor: Int32
  /// The program's end, until it has it.
  private(set) var end: Int32
  private static let piece = 16 * 1024

  init() throws(ProgramFailure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw ProgramFailure(.refused, "no pipe could be made for what it prints: \(errorText(errno))")
    }
    (descriptor, end) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  deinit {
    closeEnd()
    if descriptor >= 0 { close(descriptor) }
  }

  func closeEnd() {
    if end >= 0 { close(end) }
    end = -1
  }

  /// Reads what has been printed, at most about a mebibyte at a time.
  func drain(_ journal: Journal) {
    var buffer = [UInt8](repeating: 0, count: Self.piece)
    for _ in 0..<64 where descriptor >= 0 {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return }
      guard count > 0 else {
        close(descriptor)
        descriptor = -1
        return
      }
      journal.write(buffer[..<count])
    }
  }
}
