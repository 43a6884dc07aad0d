// SPDX-License-Identifier: Apache-2.0
package import CallModel
internal import Glibc

/// A client of ongoingcalld. It connects with the first question; one thread uses it.
///
/// A daemon that restarts, or a bus connection that breaks, in the middle of a question does not show: what may be
/// asked twice is asked again, in the time that is left.
package final class CallsClient {
  typealias Connect = (Deadline) throws(CallsError) -> BusConnection

  /// A daemon that is away for longer is not being replaced.
  private static let replacementTime: Duration = .seconds(5)
  /// A manager that is not on the bus for longer is on another.
  private static let managerTime: Duration = .seconds(1)

  private let connect: Connect
  /// Whether a question starts a daemon where none runs. Without, it fails by ``CallsError/daemonVanished(what:)``: who
  /// only looks on does not bring back a daemon that the user has stopped.
  private let startsDaemon: Bool
  private let limit: Duration?
  /// Of the limit, for the questions that are still to be asked; nil is all of it.
  private var left: Duration?
  private var connection: BusConnection?
  private var watches = false
  private var watcher: DaemonWatcher?

  /// - Parameters:
  ///   - limit: how long all questions together may take, instead of the time that each has. While a client listens to
  ///     events, each that comes begins it anew.
  ///   - startsDaemon: whether its questions start a daemon where none runs.
  ///   - connect: opens a connection to the bus; the session bus if not given.
  package init(
    limit: Duration? = nil, startsDaemon: Bool = true,
    connect: @escaping (Deadline) throws(CallsError) -> BusConnection = { deadline throws(CallsError) in
      try BusConnection(address: SessionBusAddress.find(), until: deadline)
    }
  ) {
    (self.limit, self.startsDaemon, self.connect) = (limit, startsDaemon, connect)
  }

  /// Another client of the same bus, which starts no daemon, or does.
  package func another(startsDaemon: Bool) -> CallsClient {
    CallsClient(limit: limit, startsDaemon: startsDaemon, connect: connect)
  }

  private func deadline(in time: Duration) -> Deadline {
    limit.map { Deadline(in: left ?? $0, of: $0) } ?? Deadline(in: time)
  }

  private func spend(until deadline: Deadline) { if limit != nil { left = deadline.left } }

  private func bus(until deadline: Deadline) throws(CallsError) -> BusConnection {
    if let connection { return connection }
    // A bus does less than a daemon.
    let connection = try connect(deadline.sooner(AnswerTime.usual))
    self.connection = connection
    return connection
  }

  package func ask<Answer>(_ question: Question<Answer>) throws(CallsError) -> Answer {
    try ask(question, startsDaemon: startsDaemon)
  }

  /// Starts no daemon, whichever client this is.
  package func look<Answer>(at question: Question<Answer>) throws(CallsError) -> Answer {
    try ask(question, startsDaemon: false)
  }

  private func ask<Answer>(_ question: Question<Answer>, startsDaemon: Bool) throws(CallsError) -> Answer {
    let deadline = deadline(in: question.time)
    defer { spend(until: deadline) }
    var retries = RetryPolicy()
    var call = question.call
    // Not at first: a bus that has a daemon started writes to the journal, and waits where that stands still.
    call.startsService = false
    // The manager's word, not the bus's.
    var found: CallsError?
    while true {
      do {
        let answer = try bus(until: deadline).call(
          call, until: deadline,
          unless: { (soon, isLast) in
            found = failure(until: soon, isLast: isLast, startsDaemon: startsDaemon)
            return found
          })
        return try question.read(answer)
      } catch .daemonNotInstalled where !startsDaemon {
        throw .daemonVanished(what: call.member)
      } catch .daemonNotInstalled where !call.startsService {
        call.startsService = try !isReplaced(until: deadline)
      } catch .daemonNotStarted(let detail) {
        if let found { throw found }
        // The question has not come to anybody: it can be asked again whatever it is.
        if let failure = failure(until: deadline, startsDaemon: startsDaemon) { throw failure }
        guard !deadline.isOver, let pause = retries.pauseBeforeStart() else {
          throw startFailure(detail, until: deadline)
        }
        usleep(UInt32(pause / .microseconds(1)))
      } catch {
        if error.mayBeOfAnother, let stranger = stranger(until: deadline) { throw stranger }
        if error == .disconnected { connection = nil }
        guard question.isRepeatable, !deadline.isOver, retries.asksAgain(after: error) else { throw error }
        if connection == nil, watches { try startWatching(until: deadline) }
      }
    }
  }

  /// Whether another daemon has come in the place of one that is not there.
  private func isReplaced(until deadline: Deadline) throws(CallsError) -> Bool {
    do { return try comesBack(until: deadline) } catch {
      // Unless there is time left to try.
      guard !deadline.isOver else { throw error }
      return false
    }
  }

  /// On a connection of its own: this one waits for an answer.
  private func failure(until deadline: Deadline, isLast: Bool = false, startsDaemon: Bool) -> CallsError? {
    guard let bus = try? connect(deadline) else { return nil }
    return (try? DaemonDiagnosis(on: bus, until: deadline).failure(isLast: isLast, startsDaemon: startsDaemon)) ?? nil
  }

  private func startFailure(_ detail: String, until deadline: Deadline) -> CallsError {
    if let bus = try? bus(until: deadline), (try? DaemonDiagnosis(on: bus, until: deadline).hasManager()) == false {
      return .foreignBus
    }
    return .daemonNotStarted(detail: detail)
  }

  private func stranger(until deadline: Deadline) -> CallsError? {
    guard let connection else { return nil }
    return (try? DaemonDiagnosis(on: connection, until: deadline).stranger(hasAnswered: true)) ?? nil
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
    let deadline = deadline(in: AnswerTime.usual)
    defer { spend(until: deadline) }
    try startWatching(until: deadline)
    watches = true
  }

  /// Whether a daemon is there, as far as ``watch()`` and ``nextChange(until:)`` know.
  package var daemonIsThere: Bool { watcher?.daemonIsThere ?? false }

  /// Can be polled for reading, after ``watch()``: there may then be a change. -1 where there is no connection.
  package var descriptor: Int32 { connection?.descriptor ?? -1 }

  private func startWatching(until deadline: Deadline) throws(CallsError) {
    watcher = try DaemonWatcher(on: bus(until: deadline), until: deadline)
  }

  /// With what the signal, which everybody hears, does not say.
  private func whole(_ happening: SessionHappening) throws(CallsError) -> SessionHappening {
    guard happening.hasMore, happening.sequence > 0 else { return happening }
    do {
      let events = try look(at: .events(since: happening.sequence - 1))
      return events.first { $0.sequence == happening.sequence } ?? happening
    } catch .daemonVanished {
      // Nobody is left who knows more.
      return happening
    } catch { throw error }
  }

  /// The next thing that happens after ``watch()``, or nil when nothing does in time.
  package func nextChange(until deadline: Deadline) throws(CallsError) -> DaemonChange? {
    try watch()
    left = nil
    do {
      while let news = try bus(until: deadline).nextNews(until: deadline) {
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
    var absence: Deadline?
    while true {
      do {
        let info = try look(at: .session(id))
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
  // MARK: Where there may be no daemon

  /// What `ask` comes to, for who only looks on; nil is that there is no daemon, and so no call. One that is being
  /// replaced is waited for.
  package func unlessAway<Answer>(_ ask: () throws -> Answer) throws -> Answer? {
    for _ in 0..<10 {
      do { return try ask() } catch CallsError.daemonVanished {
        guard try comesBack() else { return nil }
      }
    }
    return try ask()
  }

  /// Whether a daemon is there, or is about to be; then it is waited for.
  ///
  /// - Throws: what keeps it from coming, unless nobody has it come.
  package func comesBack() throws(CallsError) -> Bool {
    let deadline = deadline(in: AnswerTime.usual)
    defer { spend(until: deadline) }
    // Whoever connects first starts the bus, and the manager connects to it after that.
    return try comesBack(until: deadline, managerWithin: Self.managerTime)
  }

  private func comesBack(
    until deadline: Deadline, managerWithin time: Duration = .zero
  ) throws(CallsError) -> Bool {
    let managersDeadline = deadline.sooner(time)
    if !watches {
      try startWatching(until: deadline)
      watches = true
    }
    var pause = Duration.milliseconds(10)
    var tries = ""
    while !daemonIsThere {
      guard !deadline.isOver else {
        let problem = tries.isEmpty ? "is not ready after \(deadline.seconds) s" : "does not start\(tries)"
        throw .daemonNotStarted(detail: "its unit \(DaemonName.unit) \(problem)")
      }
      do {
        let diagnosis = try DaemonDiagnosis(on: bus(until: deadline), until: deadline)
        guard let made = try diagnosis.triesOfStart() else { return false }
        tries = made
      } catch {
        guard error == .foreignBus, !managersDeadline.isOver else { throw error }
      }
      _ = try nextChange(until: deadline.sooner(pause))
      pause = min(pause * 2, .milliseconds(500))
    }
    return true
  }
}
