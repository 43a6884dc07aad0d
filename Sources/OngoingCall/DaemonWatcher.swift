// SPDX-License-Identifier: Apache-2.0
internal import OngoingCallNames

package enum DaemonChange: Sendable, Equatable {
  case happening(SessionHappening)
  /// Another daemon is there, or none: events may have been missed.
  case daemonChanged
}

/// What a connection to the bus is told of the daemon and its sessions.
struct DaemonWatcher {
  /// The daemon's unique name, "" where there is none; only its signals count, since anybody may send one here.
  private var owner: String

  private static let bus = "org.freedesktop.DBus"
  private static let rules = [
    "type='signal',sender='\(BusName.service)',interface='\(BusName.sessionInterface)',"
      + "member='\(SessionMember.event)',path_namespace='\(BusName.rootPath)/session'",
    "type='signal',sender='\(bus)',interface='\(bus)',member='NameOwnerChanged',arg0='\(BusName.service)'",
  ]

  init(on connection: BusConnection, until deadline: Deadline) throws(CallsError) {
    for rule in Self.rules { try connection.addMatch(rule, until: deadline) }
    owner = try connection.owner(of: BusName.service, until: deadline) ?? ""
  }

  var daemonIsThere: Bool { !owner.isEmpty }

  mutating func change(of signal: BusSignal) -> DaemonChange? {
    if signal.sender == Self.bus, signal.member == "NameOwnerChanged", signal.arguments.count == 3,
      signal.arguments[0].string == BusName.service
    {
      owner = signal.arguments[2].string ?? ""
      return .daemonChanged
    }
    guard daemonIsThere, signal.sender == owner else { return nil }
    return SessionHappening(signal: signal).map(DaemonChange.happening)
  }
}
