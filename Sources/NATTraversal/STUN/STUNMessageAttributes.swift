// SPDX-License-Identifier: Apache-2.0

// MARK: - Reading attributes

extension STUNMessage {
  /// ERROR-CODE (RFC 8489, 14.8).
  public struct Failure: Sendable, Equatable {
    /// 300 to 699.
    public var code: Int
    /// The server's words, fit to be shown: one line, of bounded length.
    public var phrase: String

    public init(code: Int, phrase: String) { (self.code, self.phrase) = (code, phrase) }
  }

  /// The value of the first of this kind.
  public subscript(_ kind: STUNAttribute.Kind) -> [UInt8]? { attributes.first { $0.kind == kind }?.value }

  /// Of an attribute that has an address (RFC 8489, 14.1 and 14.2); nil if it is missing or unreadable.
  public func address(_ kind: STUNAttribute.Kind) -> TransportAddress? {
    guard let value = self[kind], value.count == 8 || value.count == 20, value[1] == (value.count == 8 ? 1 : 2) else {
      return nil
    }
    let plain = STUNAttribute.Kind.xored.contains(kind) ? xored(Array(value[2...])) : Array(value[2...])
    return TransportAddress(bytes: Array(plain[2...]), port: UInt16(plain[0]) << 8 | UInt16(plain[1]))
  }

  /// XOR-MAPPED-ADDRESS, or else MAPPED-ADDRESS, which is all that RFC 3489 knows.
  public var mappedAddress: TransportAddress? { address(.xorMappedAddress) ?? address(.mappedAddress) }

  /// Of an attribute of four bytes, such as LIFETIME and PRIORITY.
  public func number(_ kind: STUNAttribute.Kind) -> UInt32? {
    guard let value = self[kind], value.count == 4 else { return nil }
    return value.reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Of an attribute of eight bytes: ICE-CONTROLLED and ICE-CONTROLLING.
  public func longNumber(_ kind: STUNAttribute.Kind) -> UInt64? {
    guard let value = self[kind], value.count == 8 else { return nil }
    return value.reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Nil if it is not UTF-8.
  public func text(_ kind: STUNAttribute.Kind) -> String? {
    self[kind].flatMap { String(validating: $0, as: UTF8.self) }
  }

  public var failure: Failure? {
    guard let value = self[.errorCode], value.count >= 4, (3...6).contains(value[2] & 7), value[3] < 100 else {
      return nil
    }
    let phrase = String(decoding: value[4...].prefix(256), as: UTF8.self).unicodeScalars
      .map { $0.properties.isWhitespace || $0.properties.generalCategory == .control ? " " : String($0) }
    return Failure(code: Int(value[2] & 7) * 100 + Int(value[3]), phrase: phrase.prefix(128).joined())
  }

  /// UNKNOWN-ATTRIBUTES of a 420 (RFC 8489, 14.13).
  public var unknownAttributes: [STUNAttribute.Kind] {
    guard let value = self[.unknownAttributes] else { return [] }
    return stride(from: 0, to: value.count - 1, by: 2).map {
      STUNAttribute.Kind(UInt16(value[$0]) << 8 | UInt16(value[$0 + 1]))
    }
  }

  /// What must be understood, but is not (RFC 8489, 6.3).
  public var notUnderstood: [STUNAttribute.Kind] {
    attributes.map(\.kind).filter { $0.mustBeUnderstood && !STUNAttribute.Kind.known.contains($0) }
  }
}

// MARK: - Adding attributes

extension STUNMessage {
  public mutating func add(_ kind: STUNAttribute.Kind, _ address: TransportAddress) {
    let plain = address.port.bigEndianBytes + address.bytes
    add(kind, [0, address.isIPv6 ? 2 : 1] + (STUNAttribute.Kind.xored.contains(kind) ? xored(plain) : plain))
  }

  public mutating func add(_ kind: STUNAttribute.Kind, number: UInt32) { add(kind, number.bigEndianBytes) }

  public mutating func add(_ kind: STUNAttribute.Kind, longNumber: UInt64) { add(kind, longNumber.bigEndianBytes) }

  public mutating func add(_ kind: STUNAttribute.Kind, _ text: String) { add(kind, Array(text.utf8)) }

  public mutating func add(_ failure: Failure) {
    add(.errorCode, [0, 0, UInt8(failure.code / 100 & 7), UInt8(failure.code % 100)] + Array(failure.phrase.utf8))
  }

  public mutating func add(unknown kinds: [STUNAttribute.Kind]) {
    add(.unknownAttributes, kinds.flatMap { $0.rawValue.bigEndianBytes })
  }

  /// A port and an address, with the mask that NATs do not see through (RFC 8489, 14.2).
  private func xored(_ bytes: [UInt8]) -> [UInt8] {
    let mask = Self.cookie.prefix(2) + Self.cookie + transactionID
    return zip(bytes, mask).map { $0 ^ $1 }
  }
}
