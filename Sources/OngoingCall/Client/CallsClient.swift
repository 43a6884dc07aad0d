// SPDX-License-Identifier: Apache-2.0
package import CallModel
internal import Glibc

/// A client of ongoingcalld. It connects with the first question; one thread uses it.
///
/// A daemon that restarts, or a bus connection that breaks, in the middle of a question does not show: what may be
/// asked twice is asked again, in the time that is left.
package final class CallsClient {
  /// A daemon that is away for longer is not being replaced.
  private static let replacementTime: Duration = .seconds(5)

  private let connect: () throws(CallsError) -> BusConnection
  /// Whether a question starts a daemon where none runs. Without, it fails by ``CallsError/daemonVanished(what:)``: who
  /// only looks on does not bring back a daemon that the user has stopped.
  package var startsDaemon = true
  private let limit: Duration?
  private var connection: BusConnection?
  private var watches = false
  private var watcher: DaemonWatcher?

  /// - Parameters:
  ///   - limit: how long every question may take, instead of the time it has.
  ///   - connect: opens a connection to the bus; the session bus if not given.
  package init(
    limit: Duration? = nil,
    connect: @escaping () throws(CallsError) -> BusConnection = { () throws(CallsError) in
      try BusConnection(address: SessionBusAddress.find())
    }
  ) {
    self.limit = limit
    self.connect = connect
  }

  private func bus() throws(CallsError) -> BusConnection {
    if let connection { return connection }
    let connection = try connect()
    self.connection = connection
    return connection
  }

  package func ask<Answer>(_ question: Question<Answer>) throws(CallsError) -> Answer {
    let deadline = Deadline(in: limit ?? question.time)
    var retries = RetryPolicy()
    while true {
      do {
        var call = question.call
        call.startsService = startsDaemon
        let answer = try bus().call(call, until: deadline, unless: { startsDaemon ? daemonFailure() : nil })
        return try question.read(answer)
      } catch .daemonNotInstalled where !startsDaemon {
        throw .daemonVanished(what: question.call.member)
      } catch .timedOut(let what, let seconds) {
        throw daemonFailure(isLast: true) ?? .timedOut(what: what, seconds: seconds)
      } catch .daemonNotStarted(let detail) {
        // The question has not come to anybody: it can be asked again whatever it is.
        if let failure = daemonFailure() { throw failure }
        guard let pause = retries.pauseBeforeStart() else { throw startFailure(detail) }
        usleep(UInt32(pause / .microseconds(1)))
      } catch {
        if error == .disconnected { connection = nil }
        guard question.isRepeatable, retries.asksAgain(after: error) else { throw error }
        if connection == nil, watches { try startWatching(until: deadline) }
      }
    }
  }

  /// On a connection of its own: this one waits for an answer.
  private func daemonFailure(isLast: Bool = false) -> CallsError? {
    guard let bus = try? connect() else { return nil }
    return (try? DaemonDiagnosis(on: bus).failure(isLast: isLast)) ?? nil
  }

  private func startFailure(_ detail: String) -> CallsError {
    if let bus = try? connect(), (try? DaemonDiagnosis(on: bus).hasManager()) == false { return .foreignBus }
    return .daemonNotStarted(detail: detail)
  }
}

// MARK: - Questions

/// What is asked most. Everything else is asked by ``ask(_:)``.
extension CallsClient {
  package func session(_ id: String) throws(CallsError) -> SessionInfo { try ask(.session(id)) }
  package func sessions() throws(CallsError) -> [SessionInfo] { try ask(.sessions) }
  package func manager() throws(CallsError) -> ManagerInfo { try ask(.manager) }

  package func events(since sequence: UInt64) throws(CallsError) -> [SessionHappening] {
    try ask(.events(since: sequence))
  }

  package func describe() throws(CallsError) -> String { try ask(.describe) }
}

// MARK: - Events

extension CallsClient {
  /// Begins to listen to events; to miss none, before what they are the events of.
  package func watch() throws(CallsError) {
    guard !watches else { return }
    try startWatching(until: Deadline(in: limit ?? AnswerTime.usual))
    watches = true
  }

  /// Whether a daemon is there, as far as ``watch()`` and ``nextChange(until:)`` know.
  package var daemonIsThere: Bool { watcher?.daemonIsThere ?? false }

  /// Can be polled for reading, after ``watch()``: there may then be a change. -1 where there is no connection.
  package var descriptor: Int32 { connection?.descriptor ?? -1 }

  private func startWatching(until deadline: Deadline) throws(CallsError) {
    watcher = try DaemonWatcher(on: bus(), until: deadline)
  }

  /// With what the signal, which everybody hears, does not say.
  private func whole(_ happening: SessionHappening) throws(CallsError) -> SessionHappening {
    guard happening.hasMore, happening.sequence > 0 else { return happening }
    do {
      return try events(since: happening.sequence - 1).first { $0.sequence == happening.sequence } ?? happening
    } catch .daemonVanished where !startsDaemon {
      // Nobody is left who knows more.
      return happening
    } catch { throw error }
  }

  /// The next thing that happens after ``watch()``, or nil when nothing does in time.
  package func nextChange(until deadline: Deadline) throws(CallsError) -> DaemonChange? {
    try watch()
    do {
      while let news = try bus().nextNews(until: deadline) {
        switch watcher?.change(of: news) {
        case .happening(let happening)?: return .happening(try whole(happening))
        case .daemonChanged?: return .daemonChanged
        case nil: continue
        }
      }
      return nil
    } catch .disconnected {
      connection = nil
      // However short the caller wants to wait for a signal: this is a question, and has a question's time.
      try startWatching(until: Deadline(in: limit ?? AnswerTime.usual))
      // What was missed meanwhile is for the caller to find out.
      return .daemonChanged
    } catch {
      throw error
    }
  }

  /// Waits until `isDone`, or the session has ended.
  ///
  /// Events only say when to look: what counts is the state that the daemon then gives, so that none that was missed
  /// matters.
  ///
  /// - Returns: nil where neither came to be in time.
  package func wait(
    for id: String, within time: Duration, until isDone: (SessionInfo) throws(CallsError) -> Bool
  ) throws(CallsError) -> SessionInfo? {
    let deadline = Deadline(in: time)
    try watch()
    let started = startsDaemon
    startsDaemon = false
    defer { startsDaemon = started }
    var absence: Deadline?
    while true {
      do {
        let info = try session(id)
        if info.hasEnded { return info }
        if try isDone(info) { return info }
        absence = nil
      } catch .daemonVanished where absence?.milliseconds != 0 {
        absence = absence ?? Deadline(in: Self.replacementTime)
      } catch { throw error }
      guard deadline.milliseconds > 0 else { return nil }
      var mayHaveChanged = false
      while !mayHaveChanged {
        let soon = absence.map { deadline.sooner(.milliseconds($0.milliseconds)) } ?? deadline
        switch try nextChange(until: soon) {
        case .happening(let happening): mayHaveChanged = happening.session == id
        case .daemonChanged: mayHaveChanged = true
        case nil where absence?.milliseconds == 0: mayHaveChanged = true
        case nil: return nil
        }
      }
    }
  }
}
