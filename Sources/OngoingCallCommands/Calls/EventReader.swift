// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// Reads the events of all calls, each once and in order, whatever becomes of the daemon and the bus meanwhile.
///
/// It starts no daemon: one that was stopped stays so, and the next change tells of another.
final class EventReader {
  let client: CallsClient
  private var cursor: EventCursor

  /// - Parameter sequence: the events begin after this one; nil is the newest there is.
  init(_ client: CallsClient, since sequence: UInt64?) throws {
    self.client = client
    try client.watch()
    // Where there is no daemon, all that the next one tells is new.
    cursor = EventCursor(after: try sequence ?? client.unlessAway { try client.look(at: .manager).sequence } ?? 0)
  }

  /// What has happened until now.
  func begin() throws -> [EventCursor.Item] {
    var items: [EventCursor.Item] = []
    do { try catchUp(&items) } catch CallsError.daemonVanished {}
    return items
  }

  func take(_ change: DaemonChange) throws -> [EventCursor.Item] {
    var items: [EventCursor.Item] = []
    switch change {
    case .happening(let happening): items = cursor.hear(happening)
    case .daemonChanged:
      cursor.daemonMayBeAnother()
      guard client.daemonIsThere else { return [] }
    }
    do { try catchUp(&items) } catch CallsError.daemonVanished {}
    return items
  }

  private func catchUp(_ items: inout [EventCursor.Item]) throws {
    while let question = cursor.question {
      switch question {
      case .events(let since): items += cursor.answer(try client.look(at: .events(since: since)))
      case .newest: items += cursor.answer(newest: try client.look(at: .manager).sequence)
      }
    }
  }
}
