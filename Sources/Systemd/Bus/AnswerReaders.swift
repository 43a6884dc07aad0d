// SPDX-License-Identifier: Apache-2.0
import CallModel

/// Tracks whether callers read their answers.
///
/// Unread answers stay in the bus's memory. dbus-broker counts them per user. If the user has too many, it closes the
/// connection of whoever sends next, possibly the daemon's. It reports how much waits for each connection. dbus-daemon
/// does not, and closes at worst the caller's connection.
@EventLoopActor
final class AnswerReaders {
  private unowned let bus: Bus
  private let onNews: @EventLoopActor () -> Void
  /// The answers that were sent since the last report, of callers that got many.
  private var sent: [String: Int] = [:]
  private var isAsking = false
  private var knows = true
  /// Callers with too many unread answers.
  private var behind: Set<String> = []
  private var pause: EventSource?

  /// After so many answers, the bus is asked; a large answer counts as many.
  static let answers = 1024
  static let largeAnswers = 64
  private static let callers = 1024
  /// How many bytes may wait for one caller.
  static let bytes: UInt32 = 1024 * 1024

  /// - Parameter onNews: called when a caller may be answered again.
  init(on bus: Bus, onNews: @escaping @EventLoopActor () -> Void) { (self.bus, self.onNews) = (bus, onNews) }

  func mayBeTold(_ caller: String, large: Bool = false) -> Bool {
    guard knows else { return true }
    return !behind.contains(caller) && (!large || sent[caller] ?? 0 < Self.answers)
  }

  func answered(_ caller: String, isLarge: Bool = false) {
    guard knows else { return }
    if sent.count >= Self.callers { sent.removeAll() }
    sent[caller, default: 0] += isLarge ? Self.largeAnswers : 1
    if sent[caller] ?? 0 >= Self.answers { find() }
  }

  private func find() {
    guard !isAsking, pause == nil else { return }
    isAsking = true
    bus.driver.call(
      path: Bus.driverPath, interface: "org.freedesktop.DBus.Debug.Stats", member: "GetStats",
      decode: { answer throws(BusError) in Self.unread(try answer.read()) },
      answer: { [weak self] result in self?.note((try? result.get()) ?? nil) })
  }

  /// The unread bytes by unique name; nil if the bus does not report them.
  private nonisolated static func unread(_ answer: BusValue) -> [String: UInt32]? {
    for (key, value) in answer.asEntries ?? [] where key == "org.bus1.DBus.Debug.Stats.PeerAccounting" {
      let peers = (value.asArray ?? []).compactMap { peer -> (String, UInt32)? in
        guard let fields = peer.asStructure, fields.count == 3, let name = fields[0].asString else { return nil }
        for case .entry(.string("OutgoingBytes"), .uint32(let bytes)) in fields[2].asArray ?? [] {
          return (name, bytes)
        }
        return nil
      }
      return Dictionary(peers) { first, _ in first }
    }
    return nil
  }

  private func note(_ unread: [String: UInt32]?) {
    isAsking = false
    sent.removeAll()
    guard let unread else {
      (knows, behind) = (false, [])
      return onNews()
    }
    behind = Set(unread.filter { $0.value > Self.bytes }.keys)
    if !behind.isEmpty {
      pause = try? EventSource.timer(after: .milliseconds(100)) { [weak self] in
        self?.pause = nil
        self?.find()
      }
    }
    onNews()
  }
}
