// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Glibc
import Logging
import Systemd

/// Has jobs done with files that may be on something that does not answer: one after the other, by a process of its own.
///
/// A process, since a thread would not do. What waits for a frozen disk cannot be killed; a thread that does so keeps its
/// whole process, which then keeps the lock of the runtime folder, the name on the bus and the calls' channels, and
/// which the service manager waits for before it starts the next daemon. A process of its own has none of these, and with
/// `KillMode=process` in the unit the service manager does not wait for it. (A unit of its own would do too; but to make
/// one the service manager writes to the journal, and waits for that.) So the daemon can die at once, whatever its home
/// does.
@EventLoopActor
final class FileWorker {
  static let shared = FileWorker()

  /// Jobs that may wait, besides the one that is being done.
  static let limit = 64
  /// A request or an answer, in bytes.
  nonisolated static let frameBytes = 8 * 1024 * 1024

  private enum Place {
    /// This process; for whoever has files that always answer, as tests have.
    case here
    /// A process of its own; nil while there is none.
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
  /// Called when what did not answer does so again.
  var onAnswer: (@EventLoopActor () -> Void)?
  private var input: [UInt8] = []
  private var output: ArraySlice<UInt8> = []
  private var source: EventSource?
  private var pause: EventSource?

  /// What is asked now would have to wait for something that has not answered in time.
  var isSilent: Bool { silentSince != nil }

  // MARK: Asking

  /// Has a job done. `done` is called once: with the answer, or with what kept it from coming in time.
  ///
  /// - Parameters:
  ///   - folder: what is told where there is no answer.
  ///   - make: the job, made when it is its turn; nil where there is nothing to do any more, and then nothing follows.
  ///   - late: is called with an answer that comes after that.
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
    // Without one there is no bound; but without memory for it much else ends first.
    errand.timer = try? EventSource.timer(after: patience) { [weak self, weak errand] in
      if let errand { self?.timeOut(errand) }
    }
    waiting.append(errand)
    advance()
  }

  /// The same for one job, which is known before.
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
      return .failure(.failed("the answer about it cannot be read"))
    }
    for line in answer.told { line.tell(logger) }
    return answer.value.map { .success($0) } ?? .failure(.failed(answer.problem ?? "there is no answer about it"))
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
        "the folder \(errand.folder) does not answer: nothing in the user's home is read or written until it does; the calls go on"
      )
    }
    // They would wait for the same.
    for errand in waiting { errand.done?(.failure(.silent(errand.folder)), false) }
    waiting = []
  }

  // MARK: The process

  /// Makes the process. To be called before there is a second thread.
  nonisolated static func fork() throws(SystemError) -> ForkedProcess {
    // As ps(1) shows it beside the daemon.
    try ForkedProcess(named: "ongoingcalld-fs") { FileProcess(socket: $0).serve() }
  }

  /// From now on jobs are done by a process: this one, and when it is gone, by another.
  func start(_ process: ForkedProcess?, _ logger: Logger) {
    self.logger = logger
    guard let process else { return startLater() }
    place = .process(process)
    do throws(SystemError) {
      source = try EventSource.descriptor(process.socket, .readable) { [weak self] readiness in
        if readiness.contains(.writable) { self?.write() }
        self?.read()
      }
    } catch { return lost() }
    advance()
  }

  /// The process that does the jobs, where there is one.
  var process: Int32? {
    if case .process(let process?) = place { process.pid } else { nil }
  }

  private func startLater() {
    place = .process(nil)
    pause = try? EventSource.timer(after: Wait.fileProcess) { [weak self] in self?.startAgain() }
  }

  private func startAgain() {
    do throws(SystemError) { start(try Self.fork(), logger) } catch {
      logger.error("no process for the files in the user's home: \(error)")
      startLater()
    }
  }

  private func lost() {
    guard case .process(let process?) = place else { return }
    // Before its descriptor is another's: it lives on in its own handler.
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
        errand.done?(.failure(.failed("it is too large to be asked about")), false)
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
      let count = output.withUnsafeBytes { send(process.socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { break }
      output = output.dropFirst(count)
    }
    source?.watch(for: output.isEmpty ? .readable : [.readable, .writable])
  }

  private func read() {
    guard case .process(let process?) = place else { return }
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = Glibc.read(process.socket, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      if count < 0 && errno == EAGAIN { break }
      guard count > 0, input.count <= Self.frameBytes else { return lost() }
      input += buffer[..<count]
    }
    guard let answer = FileProcess.takeFrame(&input) else { return }
    let errand = current
    current = nil
    finish(errand, .success(answer))
    advance()
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

extension Wait {
  /// For a file in the user's home to be read or written.
  static let files = Duration.seconds(5)
  /// The same, where a launch goes on without it.
  static let look = Duration.seconds(2)
  /// The same for the first daemon of a login, which knows nothing yet.
  static let filesAtStart = Duration.seconds(1)
  /// Before another process takes the place of one that is gone.
  static let fileProcess = Duration.seconds(1)
}
