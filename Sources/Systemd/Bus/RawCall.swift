// SPDX-License-Identifier: Apache-2.0

/// The part of a method call that is needed to refuse it, in its original bytes (D-Bus Specification, "Message
/// Format"). Only requested parts are copied.
struct RawCall {
  let header: BusPump.Header
  let expectsReply: Bool
  private(set) var sender = ""
  private var memberBytes: UnsafeRawBufferPointer?

  private static let methodCall: UInt8 = 1
  private static let noReplyExpected: UInt8 = 1
  private enum Field {
    static let member: UInt8 = 3
    static let sender: UInt8 = 7
    static let descriptors: UInt8 = 9
  }

  /// The call at the start of `bytes`; nil if it is incomplete, or comes with something that must be received.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let header = BusPump.Header(bytes), header.type == Self.methodCall, header.bytes <= bytes.count else {
      return nil
    }
    (self.header, expectsReply) = (header, bytes[2] & Self.noReplyExpected == 0)
    let isLittle = bytes[0] == UInt8(ascii: "l")
    let end = 16 + header.fields
    var at = 16
    func number() -> Int? {
      at = (at + 3) / 4 * 4
      guard at + 4 <= end else { return nil }
      defer { at += 4 }
      let number = bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)
      return Int(isLittle ? UInt32(littleEndian: number) : UInt32(bigEndian: number))
    }
    while at < end {
      at = (at + 7) / 8 * 8
      guard at + 4 <= end, bytes[at + 1] == 1, bytes[at + 3] == 0 else { return nil }
      let (code, type) = (bytes[at], bytes[at + 2])
      at += 4
      switch type {
      case UInt8(ascii: "u"):
        guard number() != nil else { return nil }
      case UInt8(ascii: "g"):
        guard at < end else { return nil }
        at += Int(bytes[at]) + 2
      case UInt8(ascii: "s"), UInt8(ascii: "o"):
        guard let length = number(), at + length + 1 <= end else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: bytes[at..<at + length])
        if code == Field.sender { sender = String(decoding: text, as: UTF8.self) }
        if code == Field.member { memberBytes = text }
        at += length + 1
      default: return nil
      }
      if code == Field.descriptors { return nil }
    }
    guard at <= (end + 7) / 8 * 8, !sender.isEmpty else { return nil }
  }

  var member: String { memberBytes.map { String(decoding: $0, as: UTF8.self) } ?? "" }
}
