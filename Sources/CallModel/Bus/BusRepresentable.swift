// SPDX-License-Identifier: Apache-2.0

/// What has one type on the bus.
package protocol BusRepresentable: Sendable {
  static var signature: String { get }
  var busValue: BusValue { get }
  /// nil where the value is of another type.
  init?(bus value: BusValue)
  /// For people, and programs that do not speak D-Bus.
  var shownPart: ShownPart { get }
}

extension BusRepresentable {
  package var shownPart: ShownPart { .value(busValue) }
}

extension String: BusRepresentable {
  package static var signature: String { "s" }
  package var busValue: BusValue { .string(self) }
  package init?(bus value: BusValue) { if let text = value.asString { self = text } else { return nil } }
}

extension Bool: BusRepresentable {
  package static var signature: String { "b" }
  package var busValue: BusValue { .bool(self) }
  package init?(bus value: BusValue) { if let truth = value.asBool { self = truth } else { return nil } }
}

extension UInt64: BusRepresentable {
  package static var signature: String { "t" }
  package var busValue: BusValue { .uint64(self) }
  package init?(bus value: BusValue) { if let number = value.asUInt64 { self = number } else { return nil } }
}

/// A small number.
extension Int: BusRepresentable {
  package static var signature: String { "i" }
  package var busValue: BusValue { .int32(Int32(clamping: self)) }
  package init?(bus value: BusValue) { if let number = value.asInt32 { self = Int(number) } else { return nil } }
}

extension Array: BusRepresentable where Element: BusRepresentable {
  package static var signature: String { "a" + Element.signature }
  package var busValue: BusValue { .array(map(\.busValue), of: Element.signature) }
  /// What is of another type in it is left out.
  package init?(bus value: BusValue) {
    guard case .array(let elements, of: Element.signature) = value else { return nil }
    self = elements.compactMap(Element.init(bus:))
  }
}

extension BusRepresentable where Self: RawRepresentable, RawValue == String {
  package static var signature: String { "s" }
  package var busValue: BusValue { .string(rawValue) }
  package init?(bus value: BusValue) {
    guard let word = value.asString.flatMap(Self.init(rawValue:)) else { return nil }
    self = word
  }
}

extension AudioUse.Device: BusRepresentable {}

/// An `a{sv}` whose keys are the rows of a table.
package protocol BusDictionary: BusRepresentable {
  /// With what is so where a key is missing.
  init()
  static var rows: [BusRow<Self>] { get }
}

extension BusDictionary {
  package static var signature: String { "a{sv}" }

  package var busValue: BusValue { .dictionary(entries) }

  package var shownPart: ShownPart { .keys(Self.rows.map { ($0.name, $0.show(self)) }) }

  /// The keys that it has.
  package var entries: [String: BusValue] {
    var entries: [String: BusValue] = [:]
    for row in Self.rows { entries[row.name] = row.encode(self) }
    return entries
  }

  package init?(bus value: BusValue) {
    guard let entries = value.asDictionary else { return nil }
    self.init(entries)
  }

  /// Keys that have no row, and those of another type, are left out.
  package init(_ entries: [String: BusValue]) {
    self.init()
    for row in Self.rows { if let value = entries[row.name] { row.decode(&self, value) } }
  }
}
