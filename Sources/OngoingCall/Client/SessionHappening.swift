// SPDX-License-Identifier: Apache-2.0
package import CallModel

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

  /// Those of the details that this version knows.
  package var known: EventDetails { EventDetails(details) }
  /// There are more details than an `Event` signal has.
  var hasMore: Bool { details[EventDetails.more] == .bool(true) }

  /// Of details that are larger than any daemon's, none is kept: they are, and for long.
  private static let maximumWeight = 64 << 10

  package init(
    sequence: UInt64, time: UInt64, session: String, name: String, details: [String: BusValue] = [:]
  ) {
    (self.sequence, self.time, self.session, self.name) = (sequence, time, session, name)
    self.details = details
  }

  private init?(_ sequence: BusValue, _ time: BusValue, _ session: String?, _ name: BusValue, _ details: BusValue) {
    guard let sequence = sequence.asUInt64, let time = time.asUInt64, let session, let name = name.asString,
      let all = details.asDictionary, session.utf8.count <= Self.maximumBytes, name.utf8.count <= Self.maximumBytes
    else { return nil }
    (self.sequence, self.time, self.session, self.name) = (sequence, time, session, name)
    self.details = details.weight <= Self.maximumWeight ? all : [:]
  }

  /// Of a name, and of a session's id.
  private static let maximumBytes = 8 << 10

  /// An element of what `EventsSince` returns.
  init?(element: BusValue) {
    guard let fields = element.asStructure, fields.count >= 6 else { return nil }
    self.init(fields[0], fields[1], fields[2].asString, fields[4], fields[5])
  }

  /// An `Event` signal.
  init?(signal: BusSignal) {
    let fields = signal.arguments
    guard signal.interface == BusName.sessionInterface, signal.member == SessionSignal.event.name, fields.count >= 4
    else { return nil }
    self.init(fields[0], fields[1], BusName.session(at: signal.path), fields[2], fields[3])
  }
}

extension BusName {
  /// The id in an account's path, or nil for any other path.
  static func account(at path: String) -> String? {
    path.hasPrefix(accountsPath + "/") ? String(path.dropFirst(accountsPath.utf8.count + 1)) : nil
  }

  /// The id in a session's path, or nil for any other path.
  static func session(at path: String) -> String? {
    guard path.hasPrefix(sessionPathPrefix) else { return nil }
    let id = path.dropFirst(sessionPathPrefix.count)
    return id.isEmpty || id.contains("/") ? nil : String(id)
  }
}
