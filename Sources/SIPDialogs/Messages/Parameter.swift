// SPDX-License-Identifier: Apache-2.0

/// What follows a semicolon, in an address or in a header field.
public struct Parameter: Sendable, Equatable, Hashable, Codable {
  static let maximumCount = 64

  /// In lower case.
  public var name: String
  /// nil where there is no equals sign. Of a header field's, without quotes and their escapes; of an address's, as on
  /// the wire.
  public var value: String?

  public init(_ name: String, _ value: String? = nil) {
    (self.name, self.value) = (name.asciiLowercased, value)
  }

  /// As header fields have them, from after the first semicolon on.
  static func list(_ text: ArraySlice<UInt8>) throws(SIPSyntaxError) -> [Parameter] {
    var list: [Parameter] = []
    for part in text.split(at: UInt8(ascii: ";")) {
      let part = part.trimmed
      // Nothing between two semicolons is wrong, but says nothing either.
      guard !part.isEmpty else { continue }
      guard list.count < maximumCount else { throw .tooMany("parameters of a header field", limit: maximumCount) }
      list.append(try Parameter(part))
    }
    return list
  }

  private init(_ part: ArraySlice<UInt8>) throws(SIPSyntaxError) {
    let equals = part.firstIndex(of: UInt8(ascii: "="))
    let name = part[..<(equals ?? part.endIndex)].trimmed
    guard !name.isEmpty, name.allSatisfy({ $0.isTokenCharacter || $0.isOne(of: "[]:/?@&$") }) else {
      throw .parameter(part.text)
    }
    self.name = name.text.asciiLowercased
    guard let equals else { return }
    let value = part[(equals + 1)...].trimmed
    if value.first == UInt8(ascii: "\"") {
      guard let (content, rest) = value.quotedPrefix(), rest.isEmpty else { throw .parameter(part.text) }
      self.value = content.text
    } else {
      self.value = value.text
    }
  }

  /// As a header field has it: quoted where it must be.
  var headerText: String {
    guard let value else { return ";" + name }
    let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0.isTokenCharacter || $0.isOne(of: "[]:/@$=") }
    return ";\(name)=" + (isPlain ? value : value.quoted)
  }
}

extension [Parameter] {
  /// The first of that name; nil where there is none or it has no value.
  public subscript(name: String) -> String? {
    let name = name.asciiLowercased
    return first { $0.name == name }?.value
  }

  public func contains(_ name: String) -> Bool {
    let name = name.asciiLowercased
    return contains { $0.name == name }
  }

  /// Puts it where it was, or at the end.
  public mutating func set(_ name: String, _ value: String?) {
    let new = Parameter(name, value)
    if let index = firstIndex(where: { $0.name == new.name }) { self[index] = new } else { append(new) }
  }

  public mutating func remove(_ name: String) {
    let name = name.asciiLowercased
    removeAll { $0.name == name }
  }

  var headerText: String { map(\.headerText).joined() }
}
