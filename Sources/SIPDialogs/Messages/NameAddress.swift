// SPDX-License-Identifier: Apache-2.0

/// The value of From, To, Contact, Route and similar fields: an address, with a name and the field's own parameters.
public struct NameAddress: Sendable, Equatable, CustomStringConvertible {
  /// The longest, in bytes.
  public static let maximumLength = 8192

  /// Without quotes and escapes.
  public var displayName: String?
  public var uri: SIPURI
  /// Of the header field, not of the address.
  public var parameters: [Parameter]

  public init(_ uri: SIPURI, displayName: String? = nil, parameters: [Parameter] = []) {
    (self.uri, self.displayName, self.parameters) = (uri, displayName, parameters)
  }

  public init(_ text: String) throws(SIPSyntaxError) { try self.init(ArraySlice(text)) }

  init(_ text: ArraySlice<UInt8>, limit: Int = Self.maximumLength) throws(SIPSyntaxError) {
    guard text.count <= limit else { throw .tooLong("address", count: text.count, limit: limit) }
    if let wrong = text.first(where: \.isControl) { throw .character("address", code: wrong) }
    let text = text.trimmed
    guard !text.isEmpty else { throw .empty("address") }
    var rest = text
    if let (name, after) = text.quotedPrefix() {
      displayName = name.isEmpty ? nil : name.text
      rest = after.trimmed
      guard rest.first == UInt8(ascii: "<") else { throw .address(text.text) }
    }
    if let open = rest.firstIndex(of: UInt8(ascii: "<")) {
      let name = rest[..<open].trimmed
      if !name.isEmpty { displayName = name.text }
      guard let close = rest[open...].firstIndex(of: UInt8(ascii: ">")) else { throw .address(text.text) }
      uri = try SIPURI(rest[(open + 1)..<close].trimmed)
      rest = rest[(close + 1)...].trimmed
    } else {
      // RFC 3261, 20.10: without brackets, parameters belong to the header field.
      let address = rest.prefix { $0 != UInt8(ascii: ";") }
      uri = try SIPURI(address.trimmed)
      rest = rest[address.endIndex...]
    }
    guard rest.isEmpty || rest.first == UInt8(ascii: ";") else { throw .address(text.text) }
    parameters = try Parameter.list(rest.dropFirst())
  }

  /// Parses a field that may have several, separated by commas.
  public static func list(_ text: String) throws(SIPSyntaxError) -> [NameAddress] {
    var list: [NameAddress] = []
    for part in ArraySlice(text).split(at: UInt8(ascii: ","), brackets: true) where !part.trimmed.isEmpty {
      guard list.count < SIPMessage.maximumHeaders else {
        throw .tooMany("addresses of a header field", limit: SIPMessage.maximumHeaders)
      }
      list.append(try NameAddress(part))
    }
    return list
  }

  /// Always in brackets, so that the address's parameters stay its own.
  public var description: String {
    (displayName.map { $0.withoutControls.quoted + " " } ?? "") + "<\(uri)>" + parameters.headerText
  }

  public subscript(name: String) -> String? { parameters[name] }

  public var tag: String? {
    get { parameters["tag"] }
    set { if let newValue { parameters.set("tag", newValue) } else { parameters.remove("tag") } }
  }

  /// A contact's preference in thousandths; 1000 if it is missing (RFC 3261, 20.10).
  public var quality: Int {
    guard let text = parameters["q"] else { return 1000 }
    let parts = text.utf8.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = ArraySlice(parts[0]).number(Int.self) else { return 1000 }
    guard whole == 0 else { return 1000 }
    var (value, weight) = (0, 100)
    for digit in parts.count > 1 ? parts[1].prefix(3) : "".utf8[...] {
      guard digit.isDigit else { break }
      value += Int(digit - UInt8(ascii: "0")) * weight
      weight /= 10
    }
    return value
  }
}

extension NameAddress: Codable {
  /// One string, as on the wire.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self = try NameAddress(container.decode(String.self))
    } catch let error as SIPSyntaxError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
