// SPDX-License-Identifier: Apache-2.0
internal import CallModel
internal import Synchronization

/// All calls of the user, whoever has placed them: what an app shows that is a window, a panel or a bar of calls.
///
/// ``updates`` tells of the calls and accounts, whatever becomes of the daemon and the bus meanwhile. The methods ask
/// something of one call, by its ``Call/id``; ``launch(_:settings:context:)`` places another one.
///
/// You can call all methods from anywhere and concurrently. No method waits forever: if there is no answer in time, it
/// throws ``CallsError/timedOut(what:seconds:)``. What the daemon does not allow throws
/// ``CallsError/refused(name:message:)``; what is asked of a call that has ended, or that is not there,
/// ``CallsError/sessionEnded``. Cancelling a task does not cancel the request that it has made.
///
/// The object carries no call: no call ends with it, or with its process. In a sandbox, it has the calls that the
/// sandboxed app may see. For one call of the app itself, with each of its events, use ``CallSession``.
public final class OngoingCalls: Sendable {
  /// All there is, at one time.
  public struct Snapshot: Sendable, Hashable {
    /// The calls in the order of their launches; also those that ended less than a minute ago.
    public var calls: [Call] = []
    /// The user's SIP accounts, in the order of their ids.
    public var accounts: [Account] = []

    /// Creates one without calls and accounts.
    public init() {}
  }

  /// What is known. Later versions may add cases.
  public enum Update: Sendable, Hashable {
    /// The calls and accounts.
    case snapshot(Snapshot)
    /// No daemon runs, so that it keeps no calls. If it was stopped by a crash or an upgrade, it is back in a moment, with
    /// its calls; so wait some seconds before you show that there are none.
    case noDaemon
    /// It cannot be told whether there are calls. It is tried again by itself, at least every 5 seconds.
    case trouble(CallsError)
  }

  private struct Audience {
    var newest: Update?
    var listeners: [Int: AsyncStream<Update>.Continuation] = [:]
    var count = 0
  }

  private let audience = Mutex(Audience())
  private let wishes: AsyncStream<Void>.Continuation
  let client: AsyncClient

  /// Creates an object that connects to the user's session bus once it is used.
  public convenience init() {
    self.init { deadline throws(CallsError) in
      try BusConnection(address: SessionBusAddress.find(), until: deadline)
    }
  }

  /// - Parameter limit: how long every question may take, instead of the time it has.
  init(limit: Duration? = nil, connect: @escaping AsyncClient.Connect) {
    // However much happens while one look is under way, one more look sees all of it.
    let (stream, wishes) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.wishes = wishes
    client = AsyncClient(limit: limit, connect: connect) { _ in wishes.yield() }
    Task { [weak self] in
      for await _ in stream { await self?.look() }
    }
  }

  deinit { wishes.finish() }

  /// What is known, and then what changes. Of several updates that wait, you get the newest alone. Every access is a
  /// sequence of its own. It does not end by itself: leave the loop, or cancel its task. Until then, it keeps the object.
  ///
  /// Looking starts no daemon. Some changes have no event, such as those of ``Call/duration``, ``Call/sound`` and the
  /// accounts: to have them, call ``refresh()`` as often as you show them.
  public var updates: AsyncStream<Update> {
    let (stream, source) = AsyncStream.makeStream(of: Update.self, bufferingPolicy: .bufferingNewest(1))
    let key = audience.withLock { audience in
      audience.count += 1
      audience.listeners[audience.count] = source
      if let newest = audience.newest { source.yield(newest) }
      return audience.count
    }
    source.onTermination = { [self] _ in
      audience.withLock { audience in
        audience.listeners[key] = nil
        // Nobody looks any more, so that it becomes old.
        if audience.listeners.isEmpty { audience.newest = nil }
      }
    }
    wishes.yield()
    return stream
  }

  /// Has all ``updates`` look again. Returns at once. Calling it often costs little: one look at a time is under way.
  public func refresh() { wishes.yield() }

  private var isFollowed: Bool { audience.withLock { !$0.listeners.isEmpty } }

  private func tell(_ update: Update) {
    audience.withLock { audience in
      guard !audience.listeners.isEmpty else { return }
      audience.newest = update
      for listener in audience.listeners.values { listener.yield(update) }
    }
  }

  @BusActor
  private func look() async {
    var pause: Duration = .milliseconds(50)
    while isFollowed {
      do throws(CallsError) {
        try client.connect()
        return tell(.snapshot(try await snapshot()))
      } catch  where client.isConnected && !client.daemonIsThere {
        // Whoever comes next is a change, and looked at.
        return tell(.noDaemon)
      } catch {
        tell(.trouble(error))
        try? await Task.sleep(for: pause)
        pause = min(pause * 2, .seconds(5))
      }
    }
  }

  @BusActor
  private func snapshot() async throws(CallsError) -> Snapshot {
    let sessions = try await client.ask(.sessions, startsDaemon: false)
    let accounts = try await client.ask(.accounts, startsDaemon: false)
    var ringing: Set<String> = []
    if sessions.contains(where: { $0.state == SessionState.launching.rawValue }) {
      let events = try await client.ask(.events(since: 0), startsDaemon: false)
      ringing = Set(events.filter { $0.name == EventName.ringing.rawValue }.map(\.session))
    }
    var snapshot = Snapshot()
    snapshot.calls = sessions.map { Call($0, isRinging: ringing.contains($0.id)) }
    snapshot.accounts = accounts.map(Account.init)
    return snapshot
  }
}
