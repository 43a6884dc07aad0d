// SPDX-License-Identifier: Apache-2.0

/// What the user, or who administers the machine, has chosen. (`systemd/ongoingcalld.conf` documents every key.)
struct Configuration: Codable, Equatable, Sendable {
  // [Calls]: what launches do not say.
  var lingers = false
  var launchTimeout: UInt32 = Limit.defaultLaunchTimeoutSeconds
  var reconnectTimeout: UInt32 = Limit.defaultReconnectTimeoutSeconds
  var aloneTimeout: UInt32 = Limit.defaultAloneTimeoutSeconds
  var inhibitsSleep = true

  // [Notifications]
  var tellsWantedEnds = false
  /// Seconds that an ongoing notification stays away when it was dismissed.
  var dismissalPause: UInt32 = Limit.defaultDismissalPauseSeconds

  /// A new key is a property, its line here, and its paragraph in `systemd/ongoingcalld.conf`.
  private static let keys: [String: [String: Key]] = [
    "Calls": [
      "Linger": .flag(\.lingers),
      "LaunchTimeoutSec": .seconds(\.launchTimeout, Limit.timeoutSeconds),
      "ReconnectTimeoutSec": .seconds(\.reconnectTimeout, Limit.timeoutSeconds),
      "AloneTimeoutSec": .seconds(\.aloneTimeout, Limit.aloneTimeoutSeconds, infinity: 0),
      "InhibitSleep": .flag(\.inhibitsSleep),
    ],
    "Notifications": [
      "CallEnded": .flag(\.tellsWantedEnds),
      "DismissedSec": .seconds(\.dismissalPause, Limit.dismissalPauseSeconds),
    ],
  ]

  /// Takes one line's assignment over. An empty value is the default.
  mutating func set(_ assignment: ConfigurationFile.Assignment) throws(ConfigurationFile.Problem) {
    if assignment.section.hasPrefix("X-") || assignment.key.hasPrefix("X-") { return }
    let (section, name, value) = assignment.shown
    func problem(_ text: String) -> ConfigurationFile.Problem { .init(line: assignment.line, text: text) }
    guard let keys = Self.keys[assignment.section] else {
      throw problem("there is no section [\(section)]; there is \(Self.list(Self.keys.keys.map { "[\($0)]" }))")
    }
    guard let key = keys[assignment.key] else {
      throw problem("[\(section)] has no key “\(name)”; it has \(Self.list(keys.keys))")
    }
    guard key.set(&self, assignment.value) else {
      throw problem("“\(value)” is not \(key.expected), which \(name)= takes")
    }
  }

  private static func list(_ names: some Sequence<String>) -> String { names.sorted().joined(separator: ", ") }
}

extension Configuration {
  /// A key that can be set: where it goes, and what it takes.
  private struct Key: Sendable {
    var expected: String
    /// False where the value is not what is expected.
    var set: @Sendable (inout Configuration, String) -> Bool

    static func flag(_ path: any WritableKeyPath<Configuration, Bool> & Sendable) -> Key {
      of(path, "yes or no", ConfigurationValue.flag)
    }

    /// - Parameter infinity: what is stored for "infinity", where that is allowed.
    static func seconds(
      _ path: any WritableKeyPath<Configuration, UInt32> & Sendable, _ range: ClosedRange<UInt32>,
      infinity: UInt32? = nil
    ) -> Key {
      of(path, "a time of \(range.lowerBound) to \(range.upperBound) seconds") { text in
        if text == "infinity" { return infinity }
        return ConfigurationValue.seconds(text).flatMap { range.contains($0) ? $0 : nil }
      }
    }

    private static func of<Value>(
      _ path: any WritableKeyPath<Configuration, Value> & Sendable, _ expected: String,
      _ read: @escaping @Sendable (String) -> Value?
    ) -> Key {
      Key(expected: expected) { configuration, text in
        guard let value = text.isEmpty ? Configuration()[keyPath: path] : read(text) else { return false }
        configuration[keyPath: path] = value
        return true
      }
    }
  }
}

/// Values as systemd.syntax(7) and systemd.time(7) write them.
enum ConfigurationValue {
  static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "1", "yes", "y", "true", "t", "on": true
    case "0", "no", "n", "false", "f", "off": false
    default: nil
    }
  }

  private static let units: [Substring: UInt32] = [
    "": 1, "s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400, "days": 86400,
  ]

  /// Whole seconds: `90`, `1min 30s`.
  static func seconds(_ text: String) -> UInt32? {
    var rest = text[...].drop(while: \.isWhitespace)
    guard !rest.isEmpty else { return nil }
    var total: UInt32 = 0
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest[digits.endIndex...].drop(while: \.isWhitespace)
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest[name.endIndex...].drop(while: \.isWhitespace)
      guard let number = UInt32(digits), let unit = units[name] else { return nil }
      let (product, tooLarge) = number.multipliedReportingOverflow(by: unit)
      let (sum, overflow) = total.addingReportingOverflow(product)
      guard !tooLarge, !overflow else { return nil }
      total = sum
    }
    return total
  }
}
