// SPDX-License-Identifier: Apache-2.0

/// How a value is written in a configuration file (systemd.syntax(7), systemd.time(7)).
package struct OptionNotation<Value: Sendable>: Sendable {
  /// What is expected, for an error: “yes or no”.
  package let expected: String
  /// nil where the text is not what is expected.
  package let read: @Sendable (String) -> Value?
}

extension OptionNotation<Bool> {
  package static var flag: Self {
    Self(expected: "yes or no") { text in
      switch text.lowercased() {
      case "1", "yes", "y", "true", "t", "on": true
      case "0", "no", "n", "false", "f", "off": false
      default: nil
      }
    }
  }
}

extension OptionNotation<UInt32> {
  /// - Parameter infinity: what “infinity” is, where it may be there.
  package static func seconds(_ range: ClosedRange<UInt32>, infinity: UInt32? = nil) -> Self {
    Self(expected: "a time of \(range.lowerBound) to \(range.upperBound) seconds") { text in
      if text == "infinity" { return infinity }
      return TimeSpan.seconds(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

/// A time span as systemd.time(7) writes it.
package enum TimeSpan {
  private static func unit(_ name: Substring) -> UInt32? {
    switch name {
    case "", "s", "sec", "second", "seconds": 1
    case "m", "min", "minute", "minutes": 60
    case "h", "hr", "hour", "hours": 3600
    case "d", "day", "days": 86400
    default: nil
    }
  }

  /// Whole seconds: `90`, `1min 30s`.
  package static func seconds(_ text: String) -> UInt32? {
    var rest = text[...].drop(while: \.isWhitespace)
    guard !rest.isEmpty else { return nil }
    var total: UInt32 = 0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest[digits.endIndex...].drop(while: \.isWhitespace)
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest[name.endIndex...].drop(while: \.isWhitespace)
      guard let number = UInt32(digits), let unit = unit(name) else { return nil }
      let (product, tooLarge) = number.multipliedReportingOverflow(by: unit)
      let (sum, overflow) = total.addingReportingOverflow(product)
      guard !tooLarge, !overflow else { return nil }
      total = sum
    }
    return total
  }
}
