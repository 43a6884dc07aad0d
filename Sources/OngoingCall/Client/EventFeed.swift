// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Brings a session its events, each once and in order, whatever becomes of the daemon and the bus meanwhile.
///
/// The sequence numbers of all sessions' events have no gaps: whoever finds one has missed something, and asks the
/// daemon for it.
@BusActor
final class EventFeed {
  private enum Input: Sendable {
    case change(Courier.Change)
    /// There is somebody else to bring events to.
    case follow
  }

  /// Changes that wait; where they are too many, the gap that is left shows.
  private nonisolated static let capacity = 1024

  nonisolated let courier: Courier
  private nonisolated let inputs: AsyncStream<Input>.Continuation
  private var session: CallSession?
  /// The sequence number of the newest event that has been looked at.
  private var cursor: UInt64 = 0

  nonisolated init(
    limit: Duration? = nil, connect: @escaping @Sendable () throws(CallsError) -> BusConnection
  ) {
    let (stream, inputs) = AsyncStream.makeStream(of: Input.self, bufferingPolicy: .bufferingNewest(Self.capacity))
    self.inputs = inputs
    courier = Courier(limit: limit, connect: connect) { _ = inputs.yield(.change($0)) }
    Task { [weak self] in
      for await input in stream { await self?.take(input) }
    }
  }

  deinit { inputs.finish() }

  /// Follows this session, and no other, from after the event with this sequence number until its end.
  func follow(_ session: CallSession, after sequence: UInt64) {
    (self.session, cursor) = (session, sequence)
    inputs.yield(.follow)
  }

  private func take(_ input: Input) async {
    guard let session else { return }
    switch input {
    case .change(.daemon(.happening(let happening))):
      guard happening.sequence > cursor else { return }
      // The signal, which everybody hears, does not say all of what it tells of.
      let isWhole = !happening.hasMore || happening.session != session.id
      guard isWhole, happening.sequence == cursor + 1 else { return await catchUp(session) }
      bring(happening, to: session)
    case .change(.daemon(.daemonChanged)):
      // Where there is none, nothing can be known; nobody is to be started for it.
      if courier.daemonIsThere { await catchUp(session) }
    case .change(.disconnected), .follow:
      await catchUp(session)
    }
  }

  private func bring(_ happening: SessionHappening, to session: CallSession) {
    cursor = max(cursor, happening.sequence)
    guard happening.session == session.id else { return }
    end(session, with: CallSession.Event(happening))
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
        try courier.connect()
        return try await askWhatWasMissed(by: session)
      } catch  where courier.isConnected && !courier.daemonIsThere {
        // Whoever comes next is a change, and asked.
        return
      } catch {
        try? await Task.sleep(for: pause)
        pause = min(pause * 2, .seconds(5))
      }
    }
  }

  private func look<Answer>(at question: Question<Answer>) async throws(CallsError) -> Answer {
    try await courier.ask(question, startsDaemon: false)
  }

  private func askWhatWasMissed(by session: CallSession) async throws(CallsError) {
    guard let id = session.id else { return }
    let newest = try await look(at: .manager).sequence
    guard self.session === session else { return }
    if newest < cursor {
      // The counting has begun anew: the daemon has lost its records.
      session.hear(CallSession.Event(sequence: cursor, time: 0, kind: .eventsForgotten))
      cursor = 0
    }
    try await bringMissed(to: session)
    guard self.session === session else { return }
    do {
      let info = try await look(at: .session(id))
      guard self.session === session else { return }
      guard info.hasEnded else { return session.correct(by: info) }
      try await bringMissed(to: session)
      guard self.session === session else { return }
      end(session, with: try await lastEvent(of: info))
    } catch  where error.meansNoSuchSession {
      guard self.session === session else { return }
      end(session, with: .forgotten(after: cursor))
    }
  }

  private func bringMissed(to session: CallSession) async throws(CallsError) {
    let missed = try await look(at: .events(since: cursor))
    guard self.session === session else { return }
    // What is forgotten was before its launch.
    let isWhole = missed.contains { $0.session == session.id && $0.name == EventName.launched.rawValue }
    for happening in missed where happening.sequence > cursor {
      if happening.name != BusName.eventsForgotten {
        bring(happening, to: session)
      } else {
        cursor = happening.sequence
        if !isWhole { session.hear(CallSession.Event(happening)) }
      }
    }
  }

  /// Of a session whose end was before what is followed.
  private func lastEvent(of info: SessionInfo) async throws(CallsError) -> CallSession.Event {
    let all = try await look(at: .events(since: 0))
    let events = all.filter { $0.session == info.id }.map(CallSession.Event.init)
    return events.last { $0.end != nil } ?? CallSession.Event(endOf: info, sequence: cursor)
  }
}
