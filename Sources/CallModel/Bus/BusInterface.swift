// SPDX-License-Identifier: Apache-2.0

/// What an object has on the bus. `packaging/dbus-1/org.ongoingcall.Calls1.xml` documents it.
package struct BusInterface: Sendable {
  package let name: String
  package let methods: [BusMethod]
  package let signals: [BusSignalKind]
  package let properties: [BusPropertyKind]

  package init(
    _ name: String, methods: [BusMethod], signals: [BusSignalKind] = [], properties: [BusPropertyKind]
  ) {
    (self.name, self.methods, self.signals, self.properties) = (name, methods, signals, properties)
  }
}

/// An argument of a method or a signal.
package struct BusArgument: Sendable {
  package let name: String
  package let signature: String

  package init(_ name: String, _ signature: String) { (self.name, self.signature) = (name, signature) }
}

/// A row of the table of an interface's methods.
package struct BusMethod: Sendable {
  package enum Callers: Sendable {
    /// Also one of whom it cannot be found out who it is: the method shows nothing that is not the caller's own.
    case anybody
    /// Also an application in a sandbox.
    case identified
    /// No application in a sandbox, and why.
    case unconfined(because: String)
  }

  package let name: String
  package let callers: Callers
  package let takes: [BusArgument]
  package let gives: [BusArgument]

  package init(_ name: String, for callers: Callers, takes: [BusArgument] = [], gives: [BusArgument] = []) {
    (self.name, self.callers, self.takes, self.gives) = (name, callers, takes, gives)
  }
}

package struct BusSignalKind: Sendable {
  package let name: String
  package let gives: [BusArgument]

  package init(_ name: String, gives: [BusArgument]) { (self.name, self.gives) = (name, gives) }
}

/// What of a property does not depend on whose it is.
package struct BusPropertyKind: Sendable {
  package let name: String
  package let signature: String
  package let announcement: PropertyAnnouncement

  package init(_ name: String, _ signature: String, _ announcement: PropertyAnnouncement) {
    (self.name, self.signature, self.announcement) = (name, signature, announcement)
  }
}

/// How a change of a property is told: the annotation `EmitsChangedSignal`.
package enum PropertyAnnouncement: String, Sendable, CaseIterable {
  /// It never changes.
  case never = "const"
  /// With its value, to everybody.
  case value = "true"
  /// By its name. Who wants to know its value asks, and is told what they may see.
  case name = "invalidates"
  /// Not at all.
  case silent = "false"
}

/// A row of the table of an object's properties.
package struct BusProperty<Object: Sendable>: Sendable {
  package let row: BusRow<Object>
  package let announcement: PropertyAnnouncement
  /// Its key in the JSON of the control tool, where it has one.
  package let json: String?

  package init<Part: BusRepresentable>(
    _ name: String, _ path: any WritableKeyPath<Object, Part> & Sendable, _ announcement: PropertyAnnouncement,
    json: String? = nil
  ) {
    (row, self.announcement, self.json) = (BusRow(name, path), announcement, json)
  }

  package init<Part: BusRepresentable>(
    _ name: String, _ path: any WritableKeyPath<Object, Part?> & Sendable, _ announcement: PropertyAnnouncement,
    json: String? = nil, orElse missing: BusValue? = nil
  ) {
    (row, self.announcement, self.json) = (BusRow(name, path, orElse: missing), announcement, json)
  }

  package var name: String { row.name }
  package var kind: BusPropertyKind { BusPropertyKind(row.name, row.signature, announcement) }
}

/// An object whose properties are the rows of a table.
package protocol BusProperties: Sendable {
  static var properties: [BusProperty<Self>] { get }
}

extension BusProperties {
  /// The value of a property; nil where there is none of that name, or it is not known.
  package func value(of property: String) -> BusValue? {
    Self.properties.first { $0.name == property }?.row.encode(self)
  }

  package static func name(_ path: PartialKeyPath<Self>) -> String {
    Self.properties.first { $0.row.is(path) }?.name ?? ""
  }

  /// Properties that have no row, and those of another type, are left out.
  package mutating func take(_ values: [String: BusValue]) {
    for property in Self.properties { if let value = values[property.name] { property.row.decode(&self, value) } }
  }

  /// The names of the properties whose change is to be told.
  package func changes(since before: Self) -> [String] {
    Self.properties.filter { property in
      switch property.announcement {
      case .never, .silent: false
      case .value, .name: property.row.encode(self) != property.row.encode(before)
      }
    }.map(\.name)
  }
}
