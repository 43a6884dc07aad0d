// SPDX-License-Identifier: Apache-2.0
internal import CallModel

package enum DaemonChange: Sendable, Equatable {
  case happening(SessionHappening)
  /// Another daemon is there, or none: events may have been missed.
  case daemonChanged
}

/// What a connection to the bus is told of the daemon and its sessions.
struct DaemonWatcher {
  private let connection: BusConnection

  private static let events = SignalRule(
    of: BusName.service, interface: BusName.sessionInterface, member: SessionSignal.event.name,
    below: "\(BusName.rootPath)/session")

  init(on connection: BusConnection, until deadline: Deadline) throws(CallsError) {
    try connection.listen(to: Self.events, until: deadline)
    self.connection = connection
  }

  var daemonIsThere: Bool { connection.isOwned(BusName.service) }

  func change(of news: BusNews) -> DaemonChange? {
    switch news {
    case .signal(let signal): SessionHappening(signal: signal).map(DaemonChange.happening)
    case .ownerChanged, .missed: .daemonChanged
    }
  }
}
