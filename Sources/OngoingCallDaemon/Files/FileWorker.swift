// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Glibc
import LinuxFiles
import Logging
import Systemd

/// Does jobs with files that may not answer: one after the other, in a separate process.
///
/// A thread would not do. A thread that waits for a frozen disk cannot be killed, and keeps its whole process alive,
/// with the lock of the runtime folder, the bus name and the calls' channels; and the service manager waits for that
/// process before it starts the next daemon. A separate process has none of these, and with `KillMode=process` in the
/// unit, the service manager does not wait for it. (A unit of its own would also work. But to create one, the service
/// manager writes to the journal, and waits for it.) So the daemon can exit at once, whatever its home does.
@EventLoopActor
final class FileWorker {
  static let shared = FileWorker()

  /// The number of jobs that may wait besides the current one.
  static let limit = 64
  /// The maximum size of a request or an answer, in bytes.
  nonisolated static let frameBytes = 8 * 1024 * 1024

  private enum Place {
    /// In this process, for files that always answer, for example in tests.
    case here
    /// In a separate process; nil while there is none.
    case process(ForkedProcess?)
  }

  private final class Errand {
    let folder: String
    let make: () -> FileJob?
    var done: ((Result<[UInt8], FileTrouble>, _ isLate: Bool) -> Void)?
    var timer: EventSource?
    var isLate = false

    init(_ folder: String, _ make: @escaping () -> FileJob?) { (self.folder, self.make) = (folder, make) }
  }

  private var place = Place.here
  private var logger = Logger(label: DaemonName.executable)
  private var waiting: [Errand] = []
  private var current: Errand?
  private var silentSince: UInt64?
  /// Called when a folder that did not answer does so again.
  var onAnswer: (@EventLoopActor () -> Void)?
  /// Called when the folder of accounts has changed, or may have.
  var onFolderChange: (@EventLoopActor () -> Void)?
  private var input: [UInt8] = []
  private var output: ArraySlice<UInt8> = []
  private var source: EventSource?
  private var pause: EventSource?

  /// A new job would have to wait for something that has not answered in time.
  var isSilent: Bool { silentSince != nil }

  // MARK: Asking

  /// Submits a job. `done` is called once: with the answer, or with the reason why there was none in time.
  ///
  /// - Parameters:
  ///   - folder: the folder to name if there is no answer.
  ///   - make: creates the job when it is its turn; nil means that there is nothing left to do, and nothing is called
  ///     then.
  ///   - late: called with an answer that comes after the failure.
  func submit<Value: Codable>(
    about folder: String, within patience: Duration, _ make: @escaping () -> FileJob?,
    late: @escaping (Value) -> Void = { _ in }, done: @escaping (Result<Value, FileTrouble>) -> Void
  ) {
    let errand = Errand(folder, make)
    errand.done = { [logger] result, isLate in
      let value = result.flatMap { FileWorker.decode($0, logger) as Result<Value, FileTrouble> }
      guard isLate else { return done(value) }
      if case .success(let value) = value { late(value) }
    }
    if case .here = place { return performHere(errand) }
    guard !isSilent else { return done(.failure(.silent(folder))) }
    guard waiting.count < Self.limit else { return done(.failure(.crowded(folder, waiting.count))) }
    // Without a timer there is no time limit; but if there is no memory for one, much else fails first.
    errand.timer = try? EventSource.timer(after: patience) { [weak self, weak errand] in
      if let errand { self?.timeOut(errand) }
    }
    waiting.append(errand)
    advance()
  }

  /// The same for a job that is already known.
  func ask<Value: Codable & Sendable>(
    _ job: FileJob, about folder: String, within patience: Duration = Wait.files
  ) async throws(FileTrouble) -> Value {
    let result: Result<Value, FileTrouble> = await withCheckedContinuation { continuation in
      submit(about: folder, within: patience) {
        job
      } done: {
        continuation.resume(returning: $0)
      }
    }
    return try result.get()
  }

  private static func decode<Value: Codable>(_ bytes: [UInt8], _ logger: Logger) -> Result<Value, FileTrouble> {
    guard let answer = try? JSONDecoder().decode(FileAnswer<Value>.self, from: Data(bytes)) else {
      return .failure(.failed("its answer is unreadable"))
    }
    for line in answer.told { line.tell(logger) }
    return answer.value.map { .success($0) } ?? .failure(.failed(answer.problem ?? "it gave no answer"))
  }

  private func performHere(_ errand: Errand) {
    guard let job = errand.make() else { return }
    errand.done?(.success(job.perform()), false)
  }

  private func timeOut(_ errand: Errand) {
    guard errand === current else {
      waiting.removeAll { $0 === errand }
      errand.done?(.failure(.silent(errand.folder)), false)
      return
    }
    errand.isLate = true
    errand.done?(.failure(.silent(errand.folder)), false)
    if silentSince == nil {
      silentSince = SystemClock.monotonic.now
      logger.warning(
        "the folder \(errand.folder) does not answer: no file in the user's home is read or written until it does; calls go on"
      )
    }
    // They would wait for the same folder.
    for errand in waiting { errand.done?(.failure(.silent(errand.folder)), false) }
    waiting = []
  }

  // MARK: The process

  /// Creates the process. Call this before there is a second thread.
  nonisolated static func fork() throws(SystemError) -> ForkedProcess {
    // The name that ps(1) shows beside the daemon.
    try ForkedProcess(named: "ongoingcalld-fs") { FileProcess(socket: $0).serve() }
  }

  /// From now on, jobs are done by this process, and by another one when it exits.
  func start(_ process: ForkedProcess?, _ logger: Logger) {
    self.logger = logger
    guard let process else { return startLater() }
    place = .process(process)
    do throws(SystemError) { try process.reapAtEnd() } catch { logger.warning("\(error)") }
    do throws(SystemError) {
      source = try EventSource.descriptor(process.socket, .readable) { [weak self] readiness in
        if readiness.contains(.writable) { self?.write() }
        self?.read()
      }
    } catch { return lost() }
    advance()
  }

  /// The process that does the jobs, if there is one.
  var process: Int32? {
    if case .process(let process?) = place { process.pid } else { nil }
  }

  private func startLater() {
    place = .process(nil)
    pause = try? EventSource.timer(after: Wait.fileProcess) { [weak self] in self?.startAgain() }
  }

  private func startAgain() {
    do throws(SystemError) {
      start(try Self.fork(), logger)
      // It watches nothing yet.
      onFolderChange?()
    } catch {
      logger.error("cannot start the process for the files in the user's home: \(error)")
      startLater()
    }
  }

  private func lost() {
    guard case .process(let process?) = place else { return }
    // Cancel it before its descriptor is reused: it would live on in its own handler.
    source?.cancel()
    source = nil
    close(process.socket)
    (input, output) = ([], [])
    let errand = current
    current = nil
    finish(errand, .failure(.interrupted))
    startLater()
  }

  private func advance() {
    while process != nil, current == nil, !waiting.isEmpty {
      let errand = waiting.removeFirst()
      guard let job = errand.make() else { continue }
      guard let request = try? JSONEncoder().encode(job), request.count <= Self.frameBytes else {
        errand.done?(.failure(.failed("the request is too large")), false)
        continue
      }
      current = errand
      output = FileProcess.frame(Array(request))[...]
      write()
    }
  }

  private func write() {
    guard case .process(let process?) = place else { return }
    while !output.isEmpty {
      let count = retryOnInterrupt {
        output.withUnsafeBytes { send(process.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      }
      guard count >= 0 else { break }
      output = output.dropFirst(count)
    }
    source?.watch(for: output.isEmpty ? .readable : [.readable, .writable])
  }

  private func read() {
    guard case .process(let process?) = place else { return }
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = retryOnInterrupt { Glibc.read(process.socket, &buffer, buffer.count) }
      if count < 0 && errno == EAGAIN { break }
      guard count > 0, input.count <= Self.frameBytes else { return lost() }
      input += buffer[..<count]
    }
    while let frame = FileProcess.takeFrame(&input) {
      guard !frame.isEmpty else {
        onFolderChange?()
        continue
      }
      let errand = current
      current = nil
      finish(errand, .success(frame))
      advance()
    }
  }

  private func finish(_ errand: Errand?, _ result: Result<[UInt8], FileTrouble>) {
    guard let errand else { return }
    errand.timer = nil
    let since = silentSince
    silentSince = nil
    errand.done?(result, errand.isLate)
    guard let since else { return }
    let seconds = (SystemClock.monotonic.now - since) / 1_000_000
    if case .success = result { logger.notice("the folder \(errand.folder) answers again, after \(seconds) s") }
    onAnswer?()
  }
}
