// SPDX-License-Identifier: Apache-2.0

/// What the daemon says of a session, at one time: its properties. The daemon encodes it, its clients decode it.
/// It is a table: each field is one property on the bus.
package struct SessionInfo: Sendable, Equatable {
  package var id: String
  package var title = ""
  /// What the user calls it in place of its id, or "".
  package var name = ""
  package var applicationID = ""
  package var uri = ""
  /// The id of the account that it goes through, or "".
  package var account = ""
  package var engine = ""
  package var unit = ""
  /// The program and its arguments; empty where the call runs none.
  package var command: [String] = []
  /// Whether the program was launched with a terminal of its own.
  package var terminal = false
  /// A ``SessionState``, or one that a later daemon has.
  package var state = ""
  package var endReason = ""
  package var endDetail = ""
  package var adopted = false
  package var muted = false
  package var onHold = false
  /// µs, CLOCK_REALTIME; 0 is "not yet", as in `joinedAt`.
  package var launchedAt: UInt64 = 0
  package var joinedAt: UInt64 = 0
  /// µs
  package var duration: UInt64 = 0
  /// Whether it goes on after the user's last logout; nil where the daemon does not say.
  package var survivesLogout: Bool?
  /// "" where the launch gave none, or the daemon does not say.
  package var token = ""
  /// nil where no process is known.
  package var program: ProgramStatus?
  /// nil before the engine has said anything of the sound.
  package var media: MediaCounters?
  /// The file that it is recorded to, or "".
  package var recording = ""
  /// Whom the call is with, as the account's server says, or "".
  package var connectedTo = ""
  /// Whom the far end asks the user to call instead, or "".
  package var transferRequest = ""
  /// nil where the daemon does not say.
  package var notification: NotificationStatus?

  package var hasJoined: Bool { joinedAt != 0 }
  package var hasEnded: Bool { state == SessionState.ended.rawValue }

  package init(id: String) { self.id = id }

  /// As it arrived. A property that is missing has its default.
  package init(id: String, properties: [String: BusValue]) {
    self.init(id: id)
    take(properties)
    self.id = id
  }
}

/// A row for each property.
extension SessionInfo: BusProperties {
  package static let properties: [BusProperty<Self>] = [
    BusProperty("Id", \.id, .never, json: "id"),
    BusProperty("Title", \.title, .name, json: "title"),
    BusProperty("Name", \.name, .name, json: "name"),
    BusProperty("ApplicationId", \.applicationID, .name, json: "application-id"),
    BusProperty("Uri", \.uri, .name, json: "uri"),
    BusProperty("Account", \.account, .name, json: "account"),
    BusProperty("Engine", \.engine, .name, json: "engine"),
    BusProperty("Unit", \.unit, .name, json: "unit"),
    BusProperty("Command", \.command, .name, json: "command"),
    BusProperty("Terminal", \.terminal, .never, json: "terminal"),
    BusProperty("Program", \.program, .silent, json: "program", orElse: .dictionary([:])),
    BusProperty("State", \.state, .value, json: "state"),
    BusProperty("EndReason", \.endReason, .value, json: "end-reason"),
    BusProperty("EndDetail", \.endDetail, .name, json: "end-detail"),
    BusProperty("Adopted", \.adopted, .never, json: "adopted"),
    BusProperty("Muted", \.muted, .value, json: "muted"),
    BusProperty("OnHold", \.onHold, .value, json: "on-hold"),
    BusProperty("LaunchedAt", \.launchedAt, .never, json: "launched-at-usec"),
    BusProperty("JoinedAt", \.joinedAt, .value, json: "joined-at-usec"),
    BusProperty("Duration", \.duration, .silent, json: "duration-usec"),
    BusProperty("SurvivesLogout", \.survivesLogout, .value, json: "survives-logout"),
    BusProperty("Token", \.token, .name),
    BusProperty("Media", \.media, .silent, json: "media", orElse: .dictionary([:])),
    BusProperty("Recording", \.recording, .name, json: "recording"),
    BusProperty("ConnectedTo", \.connectedTo, .name, json: "connected-to"),
    BusProperty("TransferRequest", \.transferRequest, .name, json: "transfer-request"),
    BusProperty("Notification", \.notification, .silent, json: "notification"),
  ]
}

/// What a session's `Notification` says.
package struct NotificationStatus: BusDictionary, Equatable {
  /// A ``NotificationPlace``, or one that a later daemon has.
  package var state = ""
  /// The name of the notification server, or "".
  package var server = ""

  /// Whether the server holds it back, because the user does not want to be disturbed; nil if it does not say.
  package var isHeldBack: Bool?

  package init() {}
  package init(_ place: NotificationPlace, server: String, isHeldBack: Bool? = nil) {
    (state, self.server, self.isHeldBack) = (place.rawValue, server, isHeldBack)
  }

  /// nil where it has no state.
  package init?(bus value: BusValue) {
    guard let entries = value.asDictionary, entries["state"]?.asString != nil else { return nil }
    self.init(entries)
  }

  package static let rows: [BusRow<Self>] = [
    BusRow("state", \.state), BusRow("server", \.server), BusRow("held-back", \.isHeldBack),
  ]
}
