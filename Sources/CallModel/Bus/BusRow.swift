// SPDX-License-Identifier: Apache-2.0

/// A row of a table: a name on the bus, and the part of a value that goes by it.
package struct BusRow<Whole: Sendable>: Sendable {
  package let name: String
  package let signature: String
  /// nil where the part is left out.
  package let encode: @Sendable (Whole) -> BusValue?
  /// A part of another type is left as it was.
  package let decode: @Sendable (inout Whole, BusValue) -> Void
  package let show: @Sendable (Whole) -> ShownPart
  private let path: any PartialKeyPath<Whole> & Sendable

  private init<Part: BusRepresentable>(
    _ name: String, of type: Part.Type, at path: any PartialKeyPath<Whole> & Sendable,
    encode: @escaping @Sendable (Whole) -> BusValue?, show: @escaping @Sendable (Whole) -> ShownPart,
    take: @escaping @Sendable (inout Whole, Part) -> Void
  ) {
    (self.name, signature, self.path) = (name, Part.signature, path)
    (self.encode, self.show) = (encode, show)
    decode = { whole, value in if let part = Part(bus: value) { take(&whole, part) } }
  }

  /// - Parameter isOmitted: whether a part is left out.
  package init<Part: BusRepresentable>(
    _ name: String, _ path: any WritableKeyPath<Whole, Part> & Sendable,
    unless isOmitted: @escaping @Sendable (Part) -> Bool = { _ in false }
  ) {
    self.init(
      name, of: Part.self, at: path,
      encode: { whole in isOmitted(whole[keyPath: path]) ? nil : whole[keyPath: path].busValue },
      show: { $0[keyPath: path].shownPart }, take: { $0[keyPath: path] = $1 })
  }

  /// - Parameter missing: what is said where the part is nil; nil is nothing.
  package init<Part: BusRepresentable>(
    _ name: String, _ path: any WritableKeyPath<Whole, Part?> & Sendable, orElse missing: BusValue? = nil
  ) {
    self.init(
      name, of: Part.self, at: path, encode: { $0[keyPath: path]?.busValue ?? missing },
      show: { $0[keyPath: path]?.shownPart ?? .unknown }, take: { $0[keyPath: path] = $1 })
  }

  package func `is`(_ path: PartialKeyPath<Whole>) -> Bool { self.path == path }
}

/// A part, for people and programs that do not speak D-Bus.
package indirect enum ShownPart: Sendable {
  case unknown
  case value(BusValue)
  /// Of an `a{sv}` all keys, in the order of their rows.
  case keys([(name: String, part: ShownPart)])
}
