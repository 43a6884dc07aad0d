// SPDX-License-Identifier: Apache-2.0
import CallModel

/// Whether callers read what they are answered.
///
/// What they do not read is in the bus's memory. dbus-broker counts it by the user, and where the user has too much it
/// closes the connection of whoever sends next: of the daemon, too. It tells how much waits for whom. dbus-daemon does
/// not, and closes nobody's but, at worst, the caller's.
@EventLoopActor
final class AnswerReaders {
  private unowned let bus: Bus
  private let onNews: @EventLoopActor () -> Void
  /// Answers that were sent since it was known what waits, of those who were sent many.
  private var sent: [String: Int] = [:]
  private var isAsking = false
  private var knows = true
  /// They have too much to read.
  private var behind: Set<String> = []
  private var pause: EventSource?

  /// After so many answers it is found out; a large one counts as many.
  static let answers = 1024
  static let largeAnswers = 64
  private static let callers = 1024
  /// As much may wait for one.
  static let bytes: UInt32 = 1024 * 1024

  /// - Parameter onNews: somebody may be answered who might not before.
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

  /// By unique name; nil where the bus does not tell.
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
