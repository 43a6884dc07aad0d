// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import LinuxFiles

/// A program that this process runs for itself: it gets a little on standard input, and answers with a little on
/// standard output and standard error. It ends with this process at the latest.
///
/// Nothing here waits, not even for the disk that the program is on.
@EventLoopActor
public final class ChildProgram {
  /// What it may get on standard input, in bytes.
  public nonisolated static let inputLimit = Int(CLINUX_INPUT_SIZE)
  /// The exit statuses of a program that could not be run.
  public nonisolated static let missing = Int32(CLINUX_NO_PROGRAM)
  public nonisolated static let notRunnable = Int32(CLINUX_NOT_RUNNABLE)

  public struct Result: Sendable {
    /// nil if it was killed because its time was over.
    public var end: ProcessEnd?
    /// What it wrote, as far as it was wanted.
    public var output: [UInt8] = []
    public var errors: [UInt8] = []
  }

  private let process: ProcessHandle
  private let output: Int32
  private let errors: Int32
  private var timer: EventSource?
  private var done: ((Result) -> Void)?

  /// - Parameters:
  ///   - arguments: without the program's own name.
  ///   - input: at most ``inputLimit`` bytes.
  ///   - limit: how many bytes of standard output, and of standard error, are wanted.
  ///   - patience: the time after which it is killed.
  ///   - done: called once, not before this returns.
  @discardableResult
  public init(
    _ path: String, _ arguments: [String], input: [UInt8] = [], limit: Int, within patience: Duration,
    done: @escaping (Result) -> Void
  ) throws(SystemError) {
    let child = try Self.run(path, arguments, input)
    (process, output, errors, self.done) = (ProcessHandle(child.process), child.output, child.errors, done)
    do throws(SystemError) {
      timer = try EventSource.timer(after: patience) { [weak self] in self?.kill() }
      // It keeps this until the process has ended.
      try process.onEnd { self.ended(limit) }
    } catch {
      kill(telling: false)
      throw error
    }
  }

  deinit {
    close(output)
    close(errors)
  }

  private static func run(_ path: String, _ arguments: [String], _ input: [UInt8]) throws(SystemError) -> clinux_child {
    var words = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var child = clinux_child()
    try SystemError.checkCall(clinux_run(path, &words, input, input.count, &child), "run \(path)")
    return child
  }

  /// Ends it before its time; then it has no answer.
  public func kill() { kill(telling: true) }

  private func kill(telling: Bool) {
    // It may have ended by itself.
    try? process.signal(SIGKILL)
    timer = nil
    guard let done else { return }
    self.done = nil
    if telling { done(Result()) }
  }

  private func ended(_ limit: Int) {
    timer = nil
    let end = process.reap()
    guard let done else { return }
    self.done = nil
    done(Result(end: end, output: Self.read(output, limit), errors: Self.read(errors, limit)))
  }

  /// What is there: what has ended writes no more, but who it has started may.
  private static func read(_ descriptor: Int32, _ limit: Int) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: limit)
    var count = 0
    while count < limit {
      let result = retryOnInterrupt {
        bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress.map { $0 + count }, limit - count) }
      }
      guard result > 0 else { break }
      count += result
    }
    return Array(bytes[..<count])
  }
}
