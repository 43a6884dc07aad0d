// SPDX-License-Identifier: Apache-2.0

/// What the daemon says of an account: its properties.
/// It is a table: each field is one property on the bus.
package struct AccountInfo: Sendable, Equatable {
  package var id: String
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
    self.id = id
  }
}

/// A row for each property. What the user has said goes to nobody who did not ask.
extension AccountInfo: BusProperties {
  package static let properties: [BusProperty<Self>] = [
    BusProperty("Id", \.id, .never, json: "id"),
    BusProperty("Identity", \.identity, .name, json: "identity"),
    BusProperty("Address", \.address, .name, json: "address"),
    BusProperty("IsDefault", \.isDefault, .value, json: "is-default"),
    BusProperty("Enabled", \.isEnabled, .value, json: "enabled"),
    BusProperty("State", \.state, .value, json: "state"),
    BusProperty("RegisteredUntil", \.registeredUntil, .value, json: "registered-until"),
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
