// SPDX-License-Identifier: Apache-2.0

/// What the daemon says of an account: its properties.
/// It is a table: each field is one property on the bus.
package struct AccountInfo: Sendable, Equatable {
  /// Its file's name; to an application in a sandbox, the last element of its path.
  package var id: String
  /// What it is called where its address is not to be known.
  package var label = ""
  /// Whether whoever asks may call through it.
  package var isPermitted = false
  /// The display name and the address.
  package var identity = ""
  package var address = ""
  package var isDefault = false
  package var isEnabled = false
  /// An ``AccountState``, or one that a later daemon has.
  package var state = ""
  /// When the registration ends unless it is refreshed, in microseconds since the epoch; 0 is none.
  package var registeredUntil: UInt64 = 0
  /// A line for people, or "".
  package var lastError = ""
  package var settings = Account()

  package init(id: String) { self.id = id }

  /// As it arrived. A property that is missing has its default.
  package init(id: String, properties: [String: BusValue]) {
    self.init(id: id)
    take(properties)
    if self.id.isEmpty { self.id = id }
  }
}

/// A row for each property. Nothing goes to anybody who did not ask.
extension AccountInfo: BusProperties {
  package static let properties: [BusProperty<Self>] = [
    BusProperty("Id", \.id, .name, json: "id"),
    BusProperty("Label", \.label, .name, json: "label"),
    BusProperty("Permitted", \.isPermitted, .name),
    BusProperty("Identity", \.identity, .name, json: "identity"),
    BusProperty("Address", \.address, .name, json: "address"),
    BusProperty("IsDefault", \.isDefault, .name, json: "is-default"),
    BusProperty("Enabled", \.isEnabled, .name, json: "enabled"),
    BusProperty("State", \.state, .name, json: "state"),
    BusProperty("RegisteredUntil", \.registeredUntil, .name, json: "registered-until"),
    BusProperty("LastError", \.lastError, .name, json: "last-error"),
    BusProperty("Settings", \.settings, .name, json: "settings"),
  ]
}

extension Account: BusRepresentable {
  package static var signature: String { "a{sv}" }
  package var busValue: BusValue { encoded }
  package init?(bus value: BusValue) { self.init(value) }
  package var shownPart: ShownPart { .keys(Self.table.given(in: self).map { ($0.0, .value($0.1)) }) }
}
