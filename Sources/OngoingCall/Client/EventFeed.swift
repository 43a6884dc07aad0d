// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Brings a session its events, each once and in order, whatever becomes of the daemon and the bus meanwhile.
@BusActor
final class EventFeed {
  private enum Input: Sendable {
    case change(AsyncClient.Change)
    /// There is somebody else to bring events to.
    case follow
  }

  /// Changes that wait; where they are too many, the gap that is left shows.
  private nonisolated static let capacity = 1024

  nonisolated let client: AsyncClient
  private nonisolated let inputs: AsyncStream<Input>.Continuation
  private var session: CallSession?
  private var cursor = EventCursor(after: 0)

  nonisolated init(
    limit: Duration? = nil, connect: @escaping AsyncClient.Connect
  ) {
    let (stream, inputs) = AsyncStream.makeStream(of: Input.self, bufferingPolicy: .bufferingNewest(Self.capacity))
    self.inputs = inputs
    client = AsyncClient(limit: limit, connect: connect) { _ = inputs.yield(.change($0)) }
    Task { [weak self] in
      for await input in stream { await self?.take(input) }
    }
  }

  deinit { inputs.finish() }

  /// Follows this session, and no other, from after the event with this sequence number until its end.
  func follow(_ session: CallSession, after sequence: UInt64) {
    (self.session, cursor) = (session, EventCursor(after: sequence, of: session.id))
    inputs.yield(.follow)
  }

  private func take(_ input: Input) async {
    guard let session else { return }
    switch input {
    case .change(.daemon(.happening(let happening))):
      // The signal, which everybody hears, leaves out some of the details.
      let isWhole = !happening.hasMore || happening.session != session.id
      bring(cursor.hear(happening, isWhole: isWhole), to: session)
      if cursor.question != nil { await catchUp(session) }
    case .change(.daemon(.daemonChanged)):
      cursor.daemonMayBeAnother()
      // Where there is none, nothing can be known; nobody is to be started for it.
      if client.daemonIsThere { await catchUp(session) }
    case .change(.disconnected), .follow:
      cursor.daemonMayBeAnother()
      await catchUp(session)
    }
  }

  private func bring(_ items: [EventCursor.Item], to session: CallSession) {
    // What is forgotten was before its launch.
    let isWhole = items.contains {
      guard case .event(let event) = $0 else { return false }
      return event.session == session.id && event.name == EventName.launched.rawValue
    }
    for item in items {
      switch item {
      case .event(let happening) where happening.session == session.id:
        end(session, with: CallSession.Event(happening))
      case .event: break
      case .forgotten(let sequence) where !isWhole: session.hear(.eventsForgotten(sequence))
      case .forgotten: break
      case .startedAnew(let sequence): session.hear(.eventsForgotten(sequence))
      }
    }
  }

  private func end(_ session: CallSession, with event: CallSession.Event) {
    session.hear(event)
    if session.state == .ended, self.session === session { self.session = nil }
  }

  /// Finds out what was missed, however long that takes.
  private func catchUp(_ session: CallSession) async {
    var pause: Duration = .milliseconds(50)
    while self.session === session {
      do throws(CallsError) {
        try client.connect()
        return try await askWhatWasMissed(by: session)
      } catch  where client.isConnected && !client.daemonIsThere {
        // Whoever comes next is a change, and asked.
        return
      } catch {
        try? await Task.sleep(for: pause)
        pause = min(pause * 2, .seconds(5))
      }
    }
  }

  private func look<Answer>(at question: Question<Answer>) async throws(CallsError) -> Answer {
    try await client.ask(question, startsDaemon: false)
  }

  private func askWhatWasMissed(by session: CallSession) async throws(CallsError) {
    guard let id = session.id else { return }
    try await bringMissed(to: session)
    guard self.session === session else { return }
    do {
      let info = try await look(at: .session(id))
      guard self.session === session else { return }
      guard info.hasEnded else { return session.correct(by: info) }
      // It may have ended between the two answers.
      cursor.mayHaveMissed()
      try await bringMissed(to: session)
      guard self.session === session else { return }
      end(session, with: try await lastEvent(of: info))
    } catch  where error.meansNoSuchSession {
      guard self.session === session else { return }
      end(session, with: .forgotten(after: cursor.last))
    }
  }

  private func bringMissed(to session: CallSession) async throws(CallsError) {
    while self.session === session, let question = cursor.question {
      switch question {
      case .events(let since):
        let events = try await look(at: .events(since: since))
        guard self.session === session else { return }
        bring(cursor.answer(events), to: session)
      case .newest:
        let newest = try await look(at: .manager).sequence
        guard self.session === session else { return }
        bring(cursor.answer(newest: newest), to: session)
      }
    }
  }

  /// Of a session whose end was before what is followed.
  private func lastEvent(of info: SessionInfo) async throws(CallsError) -> CallSession.Event {
    let all = try await look(at: .events(since: 0))
    let events = all.filter { $0.session == info.id }.map(CallSession.Event.init)
    return events.last { $0.end != nil } ?? CallSession.Event(endOf: info, sequence: cursor.last)
  }
}
