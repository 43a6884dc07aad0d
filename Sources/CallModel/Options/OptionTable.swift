// SPDX-License-Identifier: Apache-2.0

/// The rows of one `a{sv}`.
package struct OptionTable<Options: Sendable>: Sendable {
  package let rows: [OptionRow<Options>]

  package init(_ rows: [OptionRow<Options>]) { self.rows = rows }

  package subscript(name: String) -> OptionRow<Options>? { rows.first { $0.name == name } }

  package var names: Set<String> { Set(rows.map(\.name)) }

  // MARK: Reading

  /// Whether each option has a row, the type of that, and is there once.
  ///
  /// - Parameter parent: the option that the dictionary is the value of.
  package func check(_ entries: [(String, BusValue)], in parent: String? = nil) throws(OptionProblem) {
    var given: Set<String> = []
    for (name, value) in entries {
      let problem = self.problem(name, value) ?? (given.insert(name).inserted ? nil : "it is given twice")
      if let problem { throw OptionProblem(name, problem).inside(parent) }
    }
  }

  private func problem(_ name: String, _ value: BusValue) -> String? {
    guard let row = self[name] else {
      return "unknown option; the options are \(names.sorted().joined(separator: ", "))"
    }
    return value.signature == row.type ? nil : "its type is \(value.signature); it must be \(row.type)"
  }

  /// Takes over what is given, each within its bounds, in the order of the rows; all of it has passed ``check(_:in:)``.
  package func read(
    _ entries: [(String, BusValue)], into options: inout Options, in parent: String? = nil
  ) throws(OptionProblem) {
    for row in rows {
      guard let value = entries.first(where: { $0.0 == row.name })?.1 else { continue }
      do { try row.read(value, &options) } catch { throw error.inside(row.name).inside(parent) }
    }
  }

  /// Takes over what is known and fits. The rest is of another version.
  package func readWhatFits(_ values: [String: BusValue], into options: inout Options) {
    for row in rows {
      guard let value = values[row.name], value.signature == row.type else { continue }
      try? row.read(value, &options)
    }
  }

  /// Why an application in a sandbox may not give these, and which of them; nil where it may.
  package func refusal(of entries: [(String, BusValue)], from application: String) -> OptionProblem? {
    for (name, value) in entries {
      let rule = self[name]?.sandbox ?? .refused("it is not for applications in a sandbox")
      if let why = rule.refusal(of: value, from: application) { return OptionProblem(name, why) }
    }
    return nil
  }

  // MARK: Writing

  /// As `a{sv}`; what is left open is not in it.
  package func encode(_ options: Options) -> BusValue {
    .dictionary(Dictionary(uniqueKeysWithValues: given(in: options)))
  }

  /// The options that are not left open.
  package func given(in options: Options) -> [(String, BusValue)] {
    rows.compactMap { row in row.write(options).map { (row.name, $0) } }
  }

  /// `options` as they arrive where they are sent to: within their bounds, texts made safe to show.
  ///
  /// - Parameter new: options of which all is left open.
  package func sent(_ options: Options, over new: Options) throws(OptionProblem) -> Options {
    var arrived = new
    try read(given(in: options), into: &arrived)
    return arrived
  }

  // MARK: Records and configuration

  func write(_ options: Options, to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: RecordKey.self)
    for row in rows { try row.record?.write(options, &container) }
  }

  func read(from decoder: any Decoder, into options: inout Options) throws {
    let container = try decoder.container(keyedBy: RecordKey.self)
    for row in rows { try row.record?.read(&options, container) }
  }

  /// Makes what is left open as `others` say, where a configuration may say it.
  package func fill(_ options: inout Options, from others: Options) {
    for row in rows { row.configuration?.fill(&options, others) }
  }
}
