// SPDX-License-Identifier: Apache-2.0
internal import OngoingCallNames

/// Something that happened to a session.
package struct SessionHappening: Sendable, Equatable {
  package var sequence: UInt64
  /// µs, CLOCK_REALTIME
  package var time: UInt64
  /// "" for ``BusName/eventsForgotten``.
  package var session: String
  package var name: String
  /// Unknown keys included.
  package var details: [String: BusValue]

  package var reason: String? { details[EventDetail.reason]?.string }
  /// There are more details than an `Event` signal has.
  var hasMore: Bool { details[EventDetail.more] == .bool(true) }
  package var exitStatus: Int? { details[EventDetail.exitStatus]?.int32.map(Int.init) }

  /// An element of what `EventsSince` returns.
  init?(element: BusValue) {
    guard let fields = element.fields, fields.count >= 6,
      let sequence = fields[0].uint64, let time = fields[1].uint64, let session = fields[2].string,
      let name = fields[4].string, let details = fields[5].properties
    else { return nil }
    (self.sequence, self.time, self.session, self.name, self.details) = (
      sequence, time, session, name, details
    )
  }

  /// An `Event` signal.
  init?(signal: BusSignal) {
    guard signal.interface == BusName.sessionInterface, signal.member == SessionMember.event,
      let session = BusName.session(at: signal.path), signal.arguments.count >= 4,
      let sequence = signal.arguments[0].uint64, let time = signal.arguments[1].uint64,
      let name = signal.arguments[2].string, let details = signal.arguments[3].properties
    else { return nil }
    (self.sequence, self.time, self.session, self.name, self.details) = (
      sequence, time, session, name, details
    )
  }
}

extension BusName {
  /// The id in a session's path, or nil for any other path.
  static func session(at path: String) -> String? {
    guard path.hasPrefix(sessionPathPrefix) else { return nil }
    let id = path.dropFirst(sessionPathPrefix.count)
    return id.isEmpty || id.contains("/") ? nil : String(id)
  }
}
