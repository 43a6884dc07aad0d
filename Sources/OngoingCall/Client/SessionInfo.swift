// SPDX-License-Identifier: Apache-2.0
package import CallModel

/// What the daemon says of a session, at one time.
///
/// Properties that this version does not know are ignored; one that is missing, or of another type, has its default.
package struct SessionInfo: Sendable, Equatable {
  package var id: String
  package var title = ""
  package var applicationID = ""
  package var uri = ""
  package var engine = ""
  package var unit = ""
  /// A ``SessionState``, or one that a later daemon has.
  package var state = ""
  package var endReason = ""
  package var endDetail = ""
  package var adopted = false
  /// "" where the launch gave none, or the daemon does not say.
  package var token = ""
  package var muted = false
  package var onHold = false
  /// The file that it is recorded to, or "".
  package var recording = ""
  /// µs, CLOCK_REALTIME; 0 is "not yet", as in `joinedAt`.
  package var launchedAt: UInt64 = 0
  package var joinedAt: UInt64 = 0
  /// µs
  package var duration: UInt64 = 0
  /// Whether it goes on after the user's last logout; nil where the daemon does not say.
  package var survivesLogout: Bool?
  package var media: Media?
  /// nil where the daemon does not say.
  package var notification: Notification?

  package struct Media: Sendable, Equatable {
    package var sent: UInt64
    package var received: UInt64
    package var lost: UInt64
    package var roundTripMilliseconds: UInt64?
    package var jitterMilliseconds: UInt64?
    /// As `opus/48000/2`.
    package var codec: String?
    /// In dBov, -127 to 0.
    package var levelSent: Int?
    package var levelReceived: Int?
    /// The devices in use; "" is none.
    package var microphone: String?
    package var speaker: String?
    /// `microphone`, `speaker`: those of which another is used than was asked for.
    package var fallback: [String] = []
    package var echoCancellation: Bool?
  }

  /// Where its notification is.
  package struct Notification: Sendable, Equatable {
    /// `shown`, `dismissed`, `waiting` or `none`; or one that a later daemon has.
    package var state: String
    /// The name of the notification server, or "".
    package var server: String
  }

  package var hasJoined: Bool { joinedAt != 0 }
  package var hasEnded: Bool { state == SessionState.ended.rawValue }

  package init(id: String, properties: [String: BusValue]) {
    self.id = id
    read(&title, properties[SessionProperty.title]?.asString)
    read(&applicationID, properties[SessionProperty.applicationID]?.asString)
    read(&uri, properties[SessionProperty.uri]?.asString)
    read(&engine, properties[SessionProperty.engine]?.asString)
    read(&unit, properties[SessionProperty.unit]?.asString)
    read(&state, properties[SessionProperty.state]?.asString)
    read(&endReason, properties[SessionProperty.endReason]?.asString)
    read(&endDetail, properties[SessionProperty.endDetail]?.asString)
    read(&adopted, properties[SessionProperty.adopted]?.asBool)
    read(&token, properties[SessionProperty.token]?.asString)
    read(&muted, properties[SessionProperty.muted]?.asBool)
    read(&onHold, properties[SessionProperty.onHold]?.asBool)
    read(&recording, properties[SessionProperty.recording]?.asString)
    read(&launchedAt, properties[SessionProperty.launchedAt]?.asUInt64)
    read(&joinedAt, properties[SessionProperty.joinedAt]?.asUInt64)
    read(&duration, properties[SessionProperty.duration]?.asUInt64)
    survivesLogout = properties[SessionProperty.survivesLogout]?.asBool
    media = properties[SessionProperty.media]?.asDictionary.flatMap(Media.init)
    let place = properties[SessionProperty.notification]?.asDictionary
    notification = place?[NotificationPlaceKey.state]?.asString.map {
      Notification(state: $0, server: place?[NotificationPlaceKey.server]?.asString ?? "")
    }
  }

  private func read<T>(_ value: inout T, _ arrived: T?) {
    if let arrived { value = arrived }
  }
}

extension SessionInfo.Media {
  /// nil where there are no counters.
  init?(_ counters: [String: BusValue]) {
    let (sent, received, lost) = (counters[MediaKey.sent], counters[MediaKey.received], counters[MediaKey.lost])
    guard sent != nil || received != nil || lost != nil else { return nil }
    self.init(
      sent: sent?.asUInt64 ?? 0, received: received?.asUInt64 ?? 0, lost: lost?.asUInt64 ?? 0,
      roundTripMilliseconds: counters[MediaKey.roundTrip]?.asUInt64)
    jitterMilliseconds = counters[MediaKey.jitter]?.asUInt64
    codec = counters[MediaKey.codec]?.asString
    levelSent = counters[MediaKey.levelSent]?.asInt32.map(Int.init)
    levelReceived = counters[MediaKey.levelReceived]?.asInt32.map(Int.init)
    microphone = counters[MediaKey.microphone]?.asString
    speaker = counters[MediaKey.speaker]?.asString
    fallback = counters[MediaKey.fallback]?.asStrings ?? []
    echoCancellation = counters[MediaKey.echoCancellation]?.asBool
  }
}
