// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles

/// Relays the output of a program without a terminal to the journal. It always reads, so that the program, which may be
/// the call itself, never waits for the journal.
final class ProgramOutput {
  /// To be polled for reading; -1 at the end of the output.
  private(set) var descriptor: Int32
  /// The program's end, until the program has it.
  private(set) var end: Int32
  private static let piece = 16 * 1024

  init() throws(ProgramFailure) {
    guard let ends = Descriptor.pipe() else {
      throw ProgramFailure(.refused, "cannot create a pipe for its output: \(errorText(errno))")
    }
    (descriptor, end) = (ends.reading, ends.writing)
    Descriptor.makeNonBlocking(descriptor)
  }

  deinit {
    closeEnd()
    if descriptor >= 0 { close(descriptor) }
  }

  func closeEnd() {
    if end >= 0 { close(end) }
    end = -1
  }

  /// Reads available output, at most about 1 MiB at a time.
  func drain(_ journal: JournalStream) {
    var buffer = [UInt8](repeating: 0, count: Self.piece)
    for _ in 0..<64 where descriptor >= 0 {
      let count = retryOnInterrupt { read(descriptor, &buffer, buffer.count) }
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
