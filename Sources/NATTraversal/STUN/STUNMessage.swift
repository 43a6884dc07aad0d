// SPDX-License-Identifier: Apache-2.0

/// A STUN message (RFC 8489, 5), without MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT: these belong to
/// its bytes.
public struct STUNMessage: Sendable, Equatable {
  public enum MessageClass: UInt8, Sendable, CaseIterable {
    case request, indication, success, failure
  }

  public struct Method: RawRepresentable, Hashable, Sendable {
    /// Twelve bits.
    public let rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue & 0xFFF }

    public static let binding = Method(rawValue: 0x001)
    // RFC 8656, 17
    public static let allocate = Method(rawValue: 0x003)
    public static let refresh = Method(rawValue: 0x004)
    public static let send = Method(rawValue: 0x006)
    public static let data = Method(rawValue: 0x007)
    public static let createPermission = Method(rawValue: 0x008)
    public static let channelBind = Method(rawValue: 0x009)
  }

  /// A message with more is not read.
  static let mostAttributes = 64
  static let cookie: [UInt8] = [0x21, 0x12, 0xA4, 0x42]

  public var messageClass: MessageClass
  public var method: Method
  /// Twelve bytes.
  public let transactionID: [UInt8]
  /// In their order. Of several of one kind, the first counts.
  public private(set) var attributes: [STUNAttribute] = []

  /// - Parameter transactionID: twelve bytes.
  public init(_ messageClass: MessageClass, _ method: Method, transactionID: [UInt8]) {
    precondition(transactionID.count == 12)
    (self.messageClass, self.method, self.transactionID) = (messageClass, method, transactionID)
  }

  /// Nil unless the datagram is one whole STUN message. A wrong FINGERPRINT makes it something else.
  ///
  /// It is not authenticated: ``STUNKey/authenticates(_:)``.
  public init?(_ datagram: [UInt8]) {
    guard let slots = STUNSlot.all(in: datagram) else { return nil }
    let type = UInt16(datagram[0]) << 8 | UInt16(datagram[1])
    let method = type & 0xF | type >> 1 & 0x70 | type >> 2 & 0xF80
    guard let messageClass = MessageClass(rawValue: UInt8(type >> 4 & 1 | type >> 7 & 2)) else { return nil }
    self.init(messageClass, Method(rawValue: method), transactionID: Array(datagram[8..<20]))
    var isProtected = false
    for slot in slots {
      switch slot.kind {
      case .fingerprint: guard slot.holdsFingerprint(of: datagram) else { return nil }
      case .messageIntegrity, .messageIntegritySHA256: isProtected = true
      // What follows the integrity anybody may have added (RFC 8489, 14.5).
      case _ where isProtected: break
      default: attributes.append(STUNAttribute(slot.kind, Array(datagram[slot.value])))
      }
    }
  }

  /// Whether it can only be STUN, where other protocols share the port (RFC 7983, 7).
  public static func isLikely(_ datagram: [UInt8]) -> Bool {
    datagram.count >= 20 && datagram[0] < 4 && datagram[4..<8].elementsEqual(cookie)
  }

  public mutating func add(_ kind: STUNAttribute.Kind, _ value: [UInt8] = []) {
    attributes.append(STUNAttribute(kind, value))
  }

  /// The bytes to send.
  /// - Parameters:
  ///   - key: adds the integrity.
  ///   - fingerprint: adds FINGERPRINT.
  public func encoded(_ key: STUNKey? = nil, fingerprint: Bool = false) -> [UInt8] {
    let (method, kind) = (method.rawValue, UInt16(messageClass.rawValue))
    let type = method & 0xF | (method & 0x70) << 1 | (method & 0xF80) << 2 | (kind & 1) << 4 | (kind & 2) << 7
    var bytes = type.bigEndianBytes + [0, 0] + Self.cookie + transactionID
    for attribute in attributes { bytes.append(attribute) }
    if let key {
      bytes.setLength(addingAttributeOf: key.length)
      bytes.append(STUNAttribute(key.attribute, key.code(of: bytes)))
    }
    if fingerprint {
      bytes.setLength(addingAttributeOf: 4)
      bytes.append(STUNAttribute(.fingerprint, STUNSlot.fingerprint(of: bytes).bigEndianBytes))
    }
    bytes.setLength(addingAttributeOf: nil)
    return bytes
  }
}

extension FixedWidthInteger {
  var bigEndianBytes: [UInt8] { withUnsafeBytes(of: bigEndian) { Array($0) } }
}

extension [UInt8] {
  fileprivate mutating func append(_ attribute: STUNAttribute) {
    let value = attribute.value.prefix(0xFFFF)
    append(contentsOf: attribute.kind.rawValue.bigEndianBytes + UInt16(value.count).bigEndianBytes)
    append(contentsOf: value)
    append(contentsOf: [UInt8](repeating: 0, count: (4 - value.count % 4) % 4))
  }

  /// The header's length, as it is once the attribute has been added.
  fileprivate mutating func setLength(addingAttributeOf length: Int?) {
    let length = UInt16(truncatingIfNeeded: count - 20 + (length.map { $0 + 4 } ?? 0))
    replaceSubrange(2..<4, with: length.bigEndianBytes)
  }

  /// Of a message's bytes: with the header's length as if the message ended there (RFC 8489, 14.5).
  func cut(at end: Int, lengthUpTo last: Int) -> [UInt8] {
    var bytes = Array(self[..<end])
    bytes.replaceSubrange(2..<4, with: UInt16(truncatingIfNeeded: last - 20).bigEndianBytes)
    return bytes
  }
}

/// Where an attribute is in a message's bytes.
struct STUNSlot {
  let kind: STUNAttribute.Kind
  /// Of its type.
  let start: Int
  let value: Range<Int>

  /// Nil unless the datagram has the form of a STUN message (RFC 8489, 5 and 14).
  static func all(in datagram: [UInt8]) -> [STUNSlot]? {
    guard datagram.count >= 20, datagram.count <= 0xFFFF, datagram[0] & 0xC0 == 0,
      datagram[4..<8].elementsEqual(STUNMessage.cookie), datagram.count % 4 == 0,
      Int(datagram[2]) << 8 | Int(datagram[3]) == datagram.count - 20
    else { return nil }
    var slots: [STUNSlot] = []
    var place = 20
    while place < datagram.count {
      // All lengths are multiples of four: there is room for the type and the length.
      let kind = STUNAttribute.Kind(UInt16(datagram[place]) << 8 | UInt16(datagram[place + 1]))
      let length = Int(datagram[place + 2]) << 8 | Int(datagram[place + 3])
      let end = place + 4 + length
      guard end <= datagram.count, slots.count < STUNMessage.mostAttributes, slots.last?.kind != .fingerprint else {
        return nil
      }
      slots.append(STUNSlot(kind: kind, start: place, value: place + 4..<end))
      place = (end + 3) & ~3
    }
    return slots
  }

  func holdsFingerprint(of datagram: [UInt8]) -> Bool {
    datagram[value].elementsEqual(Self.fingerprint(of: datagram[..<start]).bigEndianBytes)
  }

  /// RFC 8489, 14.7.
  static func fingerprint(of bytes: some Sequence<UInt8>) -> UInt32 { CRC32.checksum(bytes) ^ 0x5354_554E }
}
