// SPDX-License-Identifier: Apache-2.0

/// Something that may be left open, and what it is then: `@Choice var launchTimeout: UInt32 = 120`.
///
/// It reads as what was said, or else as its default; `$launchTimeout.given` tells the two apart.
@propertyWrapper
package struct Choice<Value: Sendable & Equatable>: Sendable, Equatable {
  /// What it is where nothing is said.
  package let usual: Value
  /// What was said; nil where it was left open.
  package var given: Value?

  package init(wrappedValue usual: Value) { self.usual = usual }

  package var wrappedValue: Value {
    get { given ?? usual }
    set { given = newValue }
  }

  package var projectedValue: Self {
    get { self }
    set { self = newValue }
  }

  /// Whoever says the default and whoever says nothing want the same.
  package static func == (one: Self, other: Self) -> Bool { one.wrappedValue == other.wrappedValue }
}
