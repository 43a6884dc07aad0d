// SPDX-License-Identifier: Apache-2.0

/// One key of an `a{sv}`: all that is known of it, in one place.
///
/// From its row come what a client sends, how the daemon checks and reads that, what an application in a sandbox may give,
/// the key of `ongoingcalld.conf` that changes the default, the value's place in a session's record, and the control tool's
/// checks and texts.
package struct OptionRow<Options: Sendable>: Sendable {
  /// On D-Bus.
  package let name: String
  /// The type of the value on D-Bus.
  package let type: String
  /// What the control tool calls it.
  package let toolName: String
  /// The kinds of call that it does not go with, and why.
  package let unfit: [CallKind: String]
  package let sandbox: SandboxRule
  /// The key of `ongoingcalld.conf` that says what it is where it is left open.
  package let configuration: ConfigurationKey<Options>?
  /// Reads a value of the right type. What is wrong with it has no name yet.
  let read: @Sendable (BusValue, inout Options) throws(OptionProblem) -> Void
  /// nil where it is left open.
  let write: @Sendable (Options) -> BusValue?
  /// Its place in a record; nil where it has none.
  let record: OptionRecord<Options>?
}

/// A key of a section of a configuration file.
package struct ConfigurationKey<Options: Sendable>: Sendable {
  package let name: String
  /// What it takes: “yes or no”.
  package let expected: String
  /// Sets what options are that leave it open; an empty text is the default. Returns false for what is not expected.
  package let set: @Sendable (inout Options, String) -> Bool
  /// Makes options, where they leave it open, as others say.
  let fill: @Sendable (inout Options, Options) -> Void
}

/// How a value is kept in a record (``SessionRecord``).
struct OptionRecord<Options: Sendable>: Sendable {
  typealias Key = RecordKey

  let write: @Sendable (Options, inout KeyedEncodingContainer<RecordKey>) throws -> Void
  /// Leaves as it is what a record of an older version does not have.
  let read: @Sendable (inout Options, KeyedDecodingContainer<RecordKey>) throws -> Void
}

struct RecordKey: CodingKey {
  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.init(stringValue) }
  init?(intValue: Int) { nil }
}

extension OptionRow {
  /// The same option, of something that has these options inside of it.
  func inside<Whole: Sendable>(_ path: any WritableKeyPath<Whole, Options> & Sendable) -> OptionRow<Whole> {
    OptionRow<Whole>(
      name: name, type: type, toolName: toolName, unfit: unfit, sandbox: sandbox, configuration: nil,
      read: { [read] value, whole throws(OptionProblem) in try read(value, &whole[keyPath: path]) },
      write: { [write] in write($0[keyPath: path]) }, record: nil)
  }
}
