// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What the user, or who administers the machine, has chosen. (`systemd/ongoingcalld.conf` documents every key.)
struct Configuration: Equatable, Sendable {
  /// [Calls]: what launches leave open. Its keys are in the rows of the options.
  var calls = CallSettings()

  // [Notifications]
  var tellsWantedEnds = false
  /// Seconds that an ongoing notification stays away when it was dismissed.
  var dismissalPause: UInt32 = Limit.defaultDismissalPauseSeconds
  /// Whether other applications' notifications are held back during calls.
  var asksForQuiet = false

  /// A new key of [Notifications] is a property, its line here, its line in the coding, and its paragraph in
  /// `systemd/ongoingcalld.conf`.
  private static let keys: [String: [String: Key]] = [
    "Calls": Dictionary(
      uniqueKeysWithValues: CallSettings.table.rows.compactMap(\.configuration).map { ($0.name, Key($0)) }),
    "Notifications": [
      "CallEnded": Key(\.tellsWantedEnds, .flag),
      "DismissedSec": Key(\.dismissalPause, .seconds(Limit.dismissalPauseSeconds)),
      "DoNotDisturb": Key(\.asksForQuiet, .flag),
    ],
  ]

  /// Takes one line's assignment over. An empty value is the default.
  mutating func set(_ assignment: ConfigurationFile.Assignment) throws(ConfigurationFile.Problem) {
    if assignment.section.hasPrefix("X-") || assignment.key.hasPrefix("X-") { return }
    let (section, name, value) = assignment.shown
    func problem(_ text: String) -> ConfigurationFile.Problem { .init(line: assignment.line, text: text) }
    guard let keys = Self.keys[assignment.section] else {
      throw problem("unknown section [\(section)]; the sections are \(Self.list(Self.keys.keys.map { "[\($0)]" }))")
    }
    guard let key = keys[assignment.key] else {
      throw problem("[\(section)] has no key “\(name)”; its keys are \(Self.list(keys.keys))")
    }
    guard key.set(&self, assignment.value) else {
      throw problem("\(name)=“\(value)”: expected \(key.expected)")
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

    init(_ key: ConfigurationKey<CallSettings>) {
      expected = key.expected
      set = { key.set(&$0.calls, $1) }
    }

    init<Value>(_ path: any WritableKeyPath<Configuration, Value> & Sendable, _ notation: OptionNotation<Value>) {
      expected = notation.expected
      set = { configuration, text in
        guard let value = text.isEmpty ? Configuration()[keyPath: path] : notation.read(text) else { return false }
        configuration[keyPath: path] = value
        return true
      }
    }
  }
}

/// As the next daemon reads it, and as the process does that reads files for this one: all keys beside each other.
extension Configuration: Codable {
  private enum CodingKeys: String, CodingKey {
    case tellsWantedEnds, dismissalPause, asksForQuiet
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    calls = try CallSettings(from: decoder)
    tellsWantedEnds = try values.decode(Bool.self, forKey: .tellsWantedEnds)
    dismissalPause = try values.decode(UInt32.self, forKey: .dismissalPause)
    // An older daemon has not saved it.
    asksForQuiet = try values.decodeIfPresent(Bool.self, forKey: .asksForQuiet) ?? false
  }

  func encode(to encoder: any Encoder) throws {
    try calls.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(tellsWantedEnds, forKey: .tellsWantedEnds)
    try values.encode(dismissalPause, forKey: .dismissalPause)
    try values.encode(asksForQuiet, forKey: .asksForQuiet)
  }
}
