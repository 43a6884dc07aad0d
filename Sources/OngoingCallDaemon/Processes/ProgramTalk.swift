// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles
import Systemd

/// What a program that the service manager runs is told on standard input, and answers on standard output: a little.
@EventLoopActor
final class ProgramTalk {
  private static let longestInput = 32 * 1024
  private static let longestAnswer = 64 * 1024

  /// The program's ends, until its answer is waited for.
  private(set) var input: Int32
  private(set) var output: Int32
  private let answers: Int32
  private var bytes: [UInt8] = []
  private var source: EventSource?
  private var timer: EventSource?
  private var then: ((_ answer: [UInt8], _ isWhole: Bool) -> Void)?

  /// - Parameter text: all of it is in the pipe before the program begins.
  init(_ text: [UInt8]) throws(SystemError) {
    guard text.count <= Self.longestInput else { throw SystemError("tell a program something", errno: EMSGSIZE) }
    guard let told = Descriptor.pipe() else { throw SystemError("make a pipe", errno: errno) }
    guard let answered = Descriptor.pipe() else {
      let error = errno
      close(told.reading)
      close(told.writing)
      throw SystemError("make a pipe", errno: error)
    }
    (input, output, answers) = (told.reading, answered.writing, answered.reading)
    Descriptor.makeNonBlocking(told.writing)
    Descriptor.makeNonBlocking(answers)
    let isWritten = Descriptor.write(text[...], to: told.writing)
    let error = errno
    close(told.writing)
    guard isWritten else { throw SystemError("tell a program something", errno: error) }
  }

  deinit {
    for descriptor in [input, output, answers] where descriptor >= 0 { close(descriptor) }
  }

  /// What the program has answered when it, and all that it started, has ended; or so far.
  func answer(within patience: Duration) async -> (answer: [UInt8], isWhole: Bool) {
    for descriptor in [input, output] { close(descriptor) }
    (input, output) = (-1, -1)
    return await withCheckedContinuation { continuation in
      then = { continuation.resume(returning: ($0, $1)) }
      do throws(SystemError) {
        timer = try EventSource.timer(after: patience) { [weak self] in self?.finish(false) }
        source = try EventSource.descriptor(answers, .readable) { [weak self] _ in self?.take() }
      } catch { finish(false) }
    }
  }

  private func take() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = retryOnInterrupt { read(answers, &buffer, buffer.count) }
      if count < 0, errno == EAGAIN { return }
      guard count > 0, bytes.count + count <= Self.longestAnswer else { return finish(count == 0) }
      bytes += buffer[..<count]
    }
  }

  private func finish(_ isWhole: Bool) {
    guard let then else { return }
    self.then = nil
    source?.cancel()
    (source, timer) = (nil, nil)
    then(bytes, isWhole)
  }
}
