// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// The events of all calls: each of them once and in order, whatever becomes of the daemon and the bus meanwhile.
///
/// Signals are taken as long as their sequence numbers have no gap; after one, and after each change of the daemon, the
/// daemon is asked for what was missed. None is started by that: one that was stopped stays so, and the next change
/// tells of another.
final class EventFeed {
  enum Item: Equatable {
    case event(SessionHappening)
    /// Those up to this one were missed, and the daemon does not know them any more.
    case forgotten(UInt64)
    /// Another daemon, which counts from the beginning.
    case startedAnew
  }

  let client: CallsClient
  /// The newest that was given out, or was not asked for; its time, where it is known, tells it from another daemon's.
  private(set) var last: UInt64
  private var lastTime: UInt64?

  /// - Parameter sequence: of the event after which they begin; nil is the newest there is.
  init(_ client: CallsClient, since sequence: UInt64?) throws {
    self.client = client
    try client.watch()
    last = try sequence ?? client.manager().sequence
  }

  /// What has happened until now.
  func begin() throws -> [Item] {
    let events = try client.events(since: last)
    let isAhead = last > 0 && !events.contains { $0.sequence > last }
    return try isAhead && client.manager().sequence < last ? startAnew() : take(events)
  }

  func take(_ change: DaemonChange) throws -> [Item] {
    client.startsDaemon = false
    do {
      return switch change {
      case .happening(let happening) where happening.sequence <= last: []
      case .happening(let happening) where happening.sequence == last + 1: take([happening])
      case .happening: take(try client.events(since: last))
      case .daemonChanged: client.daemonIsThere ? try catchUp() : []
      }
    } catch CallsError.daemonVanished { return [] }
  }

  /// After a change of the daemon.
  private func catchUp() throws -> [Item] {
    guard last > 0 else { return take(try client.events(since: 0)) }
    let events = try client.events(since: last - 1)
    if let known = events.first(where: { $0.sequence == last }), known.name != BusName.eventsForgotten {
      return lastTime == nil || known.time == lastTime ? take(events) : try startAnew()
    }
    // Either it is forgotten there, and what comes after it is not; or there has never been one.
    return events.isEmpty || !events.contains { $0.sequence >= last } ? try startAnew() : take(events)
  }

  private func startAnew() throws -> [Item] {
    let events = try client.events(since: 0)
    (last, lastTime) = (0, nil)
    return [.startedAnew] + take(events)
  }

  private func take(_ events: [SessionHappening]) -> [Item] {
    var items: [Item] = []
    for event in events where event.sequence > last {
      (last, lastTime) = (event.sequence, event.time)
      items.append(event.name == BusName.eventsForgotten ? .forgotten(event.sequence) : .event(event))
    }
    return items
  }
}
