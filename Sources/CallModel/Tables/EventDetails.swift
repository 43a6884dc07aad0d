// SPDX-License-Identifier: Apache-2.0

/// What an event says besides its name; each kind of event has some of it. The names of the stored properties are also
/// those of the daemon's records.
package struct EventDetails: Sendable, Equatable, Codable {
  /// An ``EndReason``, an ``InterruptionCause`` or a ``RecordingEnd``, or one that a later daemon has.
  package var reason: String?
  /// A line for people.
  package var detail: String?
  package var muted: Bool?
  package var onHold: Bool?
  package var exitStatus: Int?
  package var activationToken: String?
  package var action: String?
  package var file: String?
  package var audio: AudioUse?
  /// µs
  package var grace: UInt64?

  package init() {}
}

/// A row for each detail.
extension EventDetails: BusDictionary {
  package static let rows = announced + told

  /// Those of the signal, which everybody on the bus can hear: this API's own words, and numbers.
  package static let announced: [BusRow<Self>] = [
    BusRow("reason", \.reason),
    BusRow("muted", \.muted),
    BusRow("on-hold", \.onHold),
    BusRow("exit-status", \.exitStatus),
    BusRow("grace", \.grace),
  ]

  /// Those that only `EventsSince` has, for those who may see the session.
  package static let told: [BusRow<Self>] = [
    BusRow("detail", \.detail),
    BusRow("activation-token", \.activationToken),
    BusRow("action", \.action),
    BusRow("file", \.file),
    BusRow("microphone", \.microphone),
    BusRow("speaker", \.speaker),
    BusRow("fallback", \.fallback, unless: \.isEmpty),
  ]

  /// The key that the signal has where there are others.
  package static let more = "more"

  /// What the signal has.
  package var announcement: BusValue {
    var entries: [String: BusValue] = [:]
    for row in Self.announced { entries[row.name] = row.encode(self) }
    if Self.told.contains(where: { $0.encode(self) != nil }) { entries[Self.more] = .bool(true) }
    return .dictionary(entries)
  }

  package var microphone: String? {
    get { audio?.microphone }
    set { use { $0.microphone = newValue } }
  }

  package var speaker: String? {
    get { audio?.speaker }
    set { use { $0.speaker = newValue } }
  }

  package var fallback: [AudioUse.Device] {
    get { audio?.fallback ?? [] }
    set { use { $0.fallback = newValue } }
  }
  private mutating func use(_ change: (inout AudioUse) -> Void) {
    var use = audio ?? AudioUse()
    change(&use)
    audio = use
  }
}
