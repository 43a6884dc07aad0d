// SPDX-License-Identifier: Apache-2.0

/// What an option takes: its D-Bus type, and the values of that which fit.
package struct OptionKind<Value: Sendable>: Sendable {
  /// The D-Bus type.
  package let type: String
  /// How it is written in a configuration file; nil where that has no such key.
  let notation: OptionNotation<Value>?
  /// Returns nil for a value that stands for none.
  let read: @Sendable (BusValue) throws(OptionProblem) -> Value?
  let write: @Sendable (Value) -> BusValue

  init(
    _ type: String, notation: OptionNotation<Value>? = nil, write: @escaping @Sendable (Value) -> BusValue,
    read: @escaping @Sendable (BusValue) throws(OptionProblem) -> Value?
  ) {
    (self.type, self.notation, self.read, self.write) = (type, notation, read, write)
  }
}

extension OptionKind<Bool> {
  static var flag: Self {
    Self("b", notation: .flag, write: BusValue.bool) { value throws(OptionProblem) in value.asBool }
  }
}

extension OptionKind<UInt32> {
  static var number: Self { Self("u", write: BusValue.uint32) { value throws(OptionProblem) in value.asUInt32 } }

  static func number(_ range: ClosedRange<UInt32>) -> Self {
    Self("u", write: BusValue.uint32) { value throws(OptionProblem) in
      guard let number = value.asUInt32 else { return nil }
      guard range.contains(number) else {
        throw OptionProblem("must be \(range.lowerBound) to \(range.upperBound), not \(number)")
      }
      return number
    }
  }

  /// - Parameter infinity: what “infinity” is in a configuration file, where it may be there.
  static func seconds(_ range: ClosedRange<UInt32>, infinity: UInt32? = nil) -> Self {
    Self("u", notation: .seconds(range, infinity: infinity), write: BusValue.uint32) { value throws(OptionProblem) in
      guard let seconds = value.asUInt32 else { return nil }
      guard range.contains(seconds) else {
        throw OptionProblem("must be \(range.lowerBound) to \(range.upperBound) seconds, not \(seconds)")
      }
      return seconds
    }
  }
}

extension OptionKind<BusDescriptor> {
  static var descriptor: Self {
    Self("h", write: BusValue.descriptor) { value throws(OptionProblem) in value.asDescriptor }
  }
}

extension OptionKind<[String]> {
  static func strings(_ count: Int, bytes: Int) -> Self {
    Self("as", write: BusValue.strings) { value throws(OptionProblem) in
      guard let strings = value.asStrings else { return nil }
      guard strings.count <= count else {
        throw OptionProblem("it has \(strings.count) strings; at most \(count) are allowed")
      }
      try OptionBound.check(strings.reduce(0) { $0 + $1.utf8.count }, atMost: bytes)
      return strings
    }
  }

  /// A program and its arguments.
  static func command(_ count: Int, bytes: Int) -> Self {
    let strings = strings(count, bytes: bytes)
    return Self("as", write: strings.write) { value throws(OptionProblem) in
      guard value.asStrings?.first?.isEmpty == false else { throw OptionProblem("it names no program") }
      return try strings.read(value)
    }
  }

  /// `NAME=VALUE`
  static func variables(_ count: Int, bytes: Int) -> Self {
    let strings = strings(count, bytes: bytes)
    return Self("as", write: strings.write) { value throws(OptionProblem) in
      let variables = try strings.read(value) ?? []
      for variable in variables {
        guard let equals = variable.firstIndex(of: "="), equals != variable.startIndex else {
          throw OptionProblem("“\(OptionProblem.shown(variable))” is not NAME=VALUE")
        }
      }
      return variables
    }
  }
}

extension OptionKind<[String: String]> {
  /// - Parameter bytes: the longest value.
  static func settings(bytes: Int) -> Self {
    Self("a{ss}", write: BusValue.stringDictionary) { value throws(OptionProblem) in
      var settings: [String: String] = [:]
      for (key, value) in value.asStringEntries ?? [] {
        try OptionBound.check(value.utf8.count, atMost: bytes)
        settings[key] = value
      }
      return settings
    }
  }
}
