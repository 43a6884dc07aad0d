// SPDX-License-Identifier: Apache-2.0

/// A parameter of an address or of a header field, after a semicolon.
public struct Parameter: Sendable, Equatable, Hashable, Codable {
  static let maximumCount = 64

  /// In lower case.
  public var name: String
  /// nil if there is no equals sign. In a header field without quotes and escapes; in an address as on the wire.
  public var value: String?

  public init(_ name: String, _ value: String? = nil) {
    (self.name, self.value) = (name.asciiLowercased, value)
  }

  /// Parses a header field's parameters, after the first semicolon.
  static func list(_ text: ArraySlice<UInt8>) throws(SIPSyntaxError) -> [Parameter] {
    var list: [Parameter] = []
    for part in text.split(at: UInt8(ascii: ";")) {
      let part = part.trimmed
      // An empty part is wrong, but harmless.
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

  /// In a header field's notation: quoted if necessary.
  var headerText: String {
    guard let value else { return ";" + name }
    let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0.isTokenCharacter || $0.isOne(of: "[]:/@$=") }
    return ";\(name)=" + (isPlain ? value : value.quoted)
  }
}

extension [Parameter] {
  /// The first with that name; nil if it is missing or has no value.
  public subscript(name: String) -> String? {
    let name = name.asciiLowercased
    return first { $0.name == name }?.value
  }

  public func contains(_ name: String) -> Bool {
    let name = name.asciiLowercased
    return contains { $0.name == name }
  }

  /// Sets it in its place, or at the end.
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
