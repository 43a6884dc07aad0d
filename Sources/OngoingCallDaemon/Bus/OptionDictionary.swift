// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// An `a{sv}` of options, as it came: each of a known name, and of the type it is to have.
struct OptionDictionary {
  private var values: [String: BusValue] = [:]
  /// The option that it is the value of; errors name that too.
  private let parent: String?

  init(
    _ dictionary: [(String, BusValue)], _ signatures: [String: String], in parent: String? = nil
  ) throws(CallRefusal) {
    self.parent = parent
    for (name, value) in dictionary {
      guard let signature = signatures[name] else {
        throw problem(name, "there is no such option; there are \(signatures.keys.sorted().joined(separator: ", "))")
      }
      guard value.signature == signature else {
        throw problem(name, "its type is \(value.signature); it must be \(signature)")
      }
      guard values.updateValue(value, forKey: name) == nil else { throw problem(name, "it is given twice") }
    }
  }

  func problem(_ name: String, _ text: String) -> CallRefusal {
    .invalidOption((parent.map { $0 + "." } ?? "") + name, text)
  }

  // MARK: Values

  subscript(name: String) -> BusValue? { values[name] }

  func string(_ name: String) -> String? { values[name]?.asString }
  func strings(_ name: String) -> [String]? { values[name]?.asStrings }
  func bool(_ name: String) -> Bool? { values[name]?.asBool }

  /// A line for people; nil where there is nothing to be seen of it.
  func line(_ name: String, atMost bytes: Int) throws(CallRefusal) -> String? {
    guard let text = string(name) else { return nil }
    let line = DisplayText(text)
    try check(name, line.description, atMost: bytes)
    return line.isVisible ? line.description : nil
  }

  /// The name of a sound device; empty is the default one.
  func device(_ name: String) throws(CallRefusal) -> String? {
    guard let device = string(name) else { return nil }
    try check(name, device, atMost: Limit.deviceBytes)
    return device
  }

  /// One of a few words.
  func choice<T: RawRepresentable & CaseIterable>(_ name: String) throws(CallRefusal) -> T? where T.RawValue == String {
    guard let word = string(name) else { return nil }
    guard let choice = T(rawValue: word) else {
      let known = T.allCases.map(\.rawValue).joined(separator: ", ")
      throw problem(name, "“\(Self.shown(word))” is none of \(known)")
    }
    return choice
  }

  /// Of letters, digits, “-”, “.” and “_”, and not empty.
  func identifier(_ name: String, atMost bytes: Int) throws(CallRefusal) -> String? {
    guard let text = string(name) else { return nil }
    try check(name, text, atMost: bytes)
    guard !text.isEmpty else { throw problem(name, "it is empty") }
    guard Self.isIdentifier(text) else {
      throw problem(name, "only letters, digits, “-”, “.” and “_” may be in it")
    }
    return text
  }

  static func isIdentifier(_ text: String) -> Bool {
    !text.isEmpty
      && text.unicodeScalars.allSatisfy { scalar in
        ("0"..."9").contains(scalar) || ("A"..."Z").contains(scalar) || ("a"..."z").contains(scalar)
          || scalar == "-" || scalar == "." || scalar == "_"
      }
  }

  /// As much of it as fits into an error.
  static func shown(_ text: String) -> String { DisplayText(String(text.prefix(64))).description }

  // MARK: Bounds

  func check(_ name: String, _ text: String, atMost bytes: Int) throws(CallRefusal) {
    guard text.utf8.count <= bytes else {
      throw problem(name, "it is \(text.utf8.count) bytes long; at most \(bytes) are allowed")
    }
  }

  func check(_ name: String, _ list: [String], atMost count: Int, bytes: Int) throws(CallRefusal) {
    guard list.count <= count else {
      throw problem(name, "it has \(list.count) strings; at most \(count) are allowed")
    }
    let total = list.reduce(0) { $0 + $1.utf8.count }
    guard total <= bytes else { throw problem(name, "it is \(total) bytes long; at most \(bytes) are allowed") }
  }
}
