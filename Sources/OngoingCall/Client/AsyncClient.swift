// SPDX-License-Identifier: Apache-2.0
internal import CallModel
internal import Glibc

/// A client of ongoingcalld that asks without waiting, any number of questions at a time. It connects with the first.
///
/// As with ``CallsClient``, a daemon that restarts or a connection that breaks in the middle of a question does not
/// show.
@BusActor
final class AsyncClient {
  /// What is told while there is a connection.
  enum Change: Sendable, Equatable {
    case daemon(DaemonChange)
    /// The bus closed the connection: until ``connect()``, or the next question, nothing is told.
    case disconnected
  }

  private struct Pending {
    var call: BusCall
    var deadline: Deadline
    /// After this, the bus is not trusted any more to have the daemon started; nil is that the manager was asked, or is
    /// not to be.
    var patience: Deadline? = Deadline(in: .seconds(1))
    /// After this, the bus is to show that it answers; nil is that it was asked to.
    var doubt: Deadline?
    var answer: CheckedContinuation<Result<[BusValue], CallsError>, Never>
  }

  /// After so many, whatever is late is told so, and other clients have their turn.
  private static let arrivalsInATurn = 256

  typealias Connect = @Sendable (Deadline) throws(CallsError) -> BusConnection

  private let makeConnection: Connect
  private let limit: Duration?
  private let tell: @Sendable (Change) -> Void
  private var connection: BusConnection?
  private var watcher: DaemonWatcher?
  private var pending: [UInt32: Pending] = [:]

  /// - Parameters:
  ///   - limit: how long every question may take, instead of the time it has.
  ///   - tell: hears of changes, on the thread of the bus.
  nonisolated init(
    limit: Duration? = nil, connect: @escaping Connect,
    tell: @escaping @Sendable (Change) -> Void
  ) {
    (self.limit, makeConnection, self.tell) = (limit, connect, tell)
  }

  /// - Parameter startsDaemon: whether this starts a daemon where none runs; else it fails by
  ///   ``CallsError/daemonVanished(what:)``.
  func ask<Answer>(_ question: Question<Answer>, startsDaemon: Bool = true) async throws(CallsError) -> Answer {
    let deadline = Deadline(in: limit ?? question.time)
    var retries = RetryPolicy()
    var call = question.call
    call.startsService = startsDaemon
    while true {
      do {
        return try question.read(try await answer(to: call, until: deadline))
      } catch .daemonNotInstalled where !startsDaemon {
        throw .daemonVanished(what: call.member)
      } catch .daemonNotStarted(let detail) {
        // The question has not come to anybody: it can be asked again whatever it is.
        guard let pause = retries.pauseBeforeStart() else { throw .daemonNotStarted(detail: detail) }
        try? await Task.sleep(for: pause)
      } catch {
        if error.mayBeOfAnother, let stranger = await stranger(until: deadline) { throw stranger }
        guard question.isRepeatable, retries.asksAgain(after: error) else { throw error }
      }
    }
  }

  /// As ``DaemonDiagnosis/stranger(hasAnswered:)``.
  private func stranger(until deadline: Deadline) async -> CallsError? {
    var call = Question.manager.call
    call.startsService = false
    do throws(CallsError) {
      _ = try await answer(to: call, until: deadline)
      return nil
    } catch  where error.mayBeOfAnother {
      let process = try? await answer(to: .toBus("GetConnectionUnixProcessID", BusName.service), until: deadline)
      return .nameTaken(process: Int32(clamping: process?.first?.asUInt32 ?? 0), unit: nil)
    } catch { return nil }
  }

  private func answer(to call: BusCall, until deadline: Deadline) async throws(CallsError) -> [BusValue] {
    let result: Result<[BusValue], CallsError> = await withCheckedContinuation { answer in
      // Sent not before there is somebody to answer: a task that prefers an executor lets others on before this runs.
      do throws(CallsError) {
        let serial = try bus(until: deadline).send(call)
        var question = Pending(call: call, deadline: deadline, answer: answer)
        if !call.startsService { question.patience = nil }
        question.doubt = Deadline(in: min(.seconds(1), deadline.left / 4))
        pending[serial] = question
      } catch {
        answer.resume(returning: .failure(error))
      }
    }
    return try result.get()
  }

  private func bus(until deadline: Deadline) throws(CallsError) -> BusConnection {
    if let connection { return connection }
    let deadline = deadline.sooner(AnswerTime.usual)
    let connection = try makeConnection(deadline)
    // Before any question: this waits for its answers, and would not know what to do with others'.
    watcher = try DaemonWatcher(on: connection, until: deadline)
    self.connection = connection
    AsyncClients.add(self)
    return connection
  }

  // MARK: Events

  /// Begins to tell of changes, or goes on after the connection was lost.
  func connect() throws(CallsError) { _ = try bus(until: Deadline(in: limit ?? AnswerTime.usual)) }

  /// Whether a daemon runs, as far as the bus has told.
  var daemonIsThere: Bool { watcher?.daemonIsThere ?? false }

  var isConnected: Bool { connection != nil }

  // MARK: A turn of the loop

  fileprivate func takeTurn() {
    guard let connection else { return }
    do throws(CallsError) {
      for _ in 0..<Self.arrivalsInATurn {
        guard let arrival = try connection.nextArrival() else { break }
        switch consume arrival {
        case .news(let news):
          if let change = watcher?.change(of: news) { tell(.daemon(change)) }
        case .answer(let serial, let message):
          guard let pending = pending.removeValue(forKey: serial) else { continue }
          do throws(CallsError) {
            pending.answer.resume(returning: .success(try connection.read(message, of: pending.call)))
          } catch {
            pending.answer.resume(returning: .failure(error))
          }
        }
      }
      giveUpWhatIsLate()
      try doubtTheBus()
      try startWhomNobodyStarts()
    } catch {
      disconnected()
    }
  }

  private func giveUpWhatIsLate() {
    for (serial, late) in pending where late.deadline.milliseconds == 0 {
      pending[serial] = nil
      connection?.forget(serial)
      let error = connection?.lateness(of: late.call, after: late.deadline.seconds)
      late.answer.resume(returning: .failure(error ?? .disconnected))
    }
  }

  /// So that nobody else is blamed for its silence.
  private func doubtTheBus() throws(CallsError) {
    let doubtful = pending.filter { $0.value.doubt?.milliseconds == 0 }.keys
    guard let connection, !doubtful.isEmpty else { return }
    for serial in doubtful { pending[serial]?.doubt = nil }
    try connection.askForSign()
  }

  /// See ``DaemonDiagnosis``.
  private func startWhomNobodyStarts() throws(CallsError) {
    guard let connection, !daemonIsThere else { return }
    let impatient = pending.filter { $0.value.patience?.milliseconds == 0 }.keys
    guard !impatient.isEmpty else { return }
    for serial in impatient { pending[serial]?.patience = nil }
    try connection.tell(DaemonDiagnosis.start)
  }

  private func disconnected() {
    connection = nil
    AsyncClients.remove(self)
    let unanswered = pending.values
    pending = [:]
    for question in unanswered { question.answer.resume(returning: .failure(.disconnected)) }
    watcher = nil
    tell(.disconnected)
  }

  fileprivate var interest: (poll: pollfd, time: Int32)? {
    guard let connection else { return nil }
    if connection.hasArrivals { return (connection.poll, 0) }
    let doubts = pending.values.compactMap(\.doubt) + (daemonIsThere ? [] : pending.values.compactMap(\.patience))
    let deadlines = pending.values.map(\.deadline) + doubts
    return (connection.poll, deadlines.map(\.milliseconds).min() ?? .max)
  }
}

/// The clients that have a connection.
@BusActor
enum AsyncClients {
  private struct Entry {
    weak var client: AsyncClient?
  }

  private static var entries: [Entry] = []

  fileprivate static func add(_ client: AsyncClient) { entries.append(Entry(client: client)) }

  fileprivate static func remove(_ client: AsyncClient) {
    entries.removeAll { $0.client == nil || $0.client === client }
  }

  static func takeTurns() {
    for entry in entries { entry.client?.takeTurn() }
  }

  /// What to wait for, and how many milliseconds at most; -1 is without end.
  static func interests() -> ([pollfd], Int32) {
    entries.removeAll { $0.client == nil }
    let interests = entries.compactMap { $0.client?.interest }
    let time = interests.map(\.time).min() ?? .max
    return (interests.map(\.poll), time == .max ? -1 : time)
  }
}
