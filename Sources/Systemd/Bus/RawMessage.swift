// SPDX-License-Identifier: Apache-2.0

/// The fixed part of a message, its first 16 bytes (D-Bus Specification, "Message Format").
struct MessageHeader: Equatable {
  var type: UInt8
  var flags: UInt8
  var serial: UInt32
  /// The length of the array of header fields.
  var fields: Int
  /// The length of the whole message.
  var bytes: Int

  static let size = 16
  /// The length of the largest message that the specification allows.
  static let maximum = 128 * 1024 * 1024
  static let noReplyExpected: UInt8 = 1

  init(type: UInt8, flags: UInt8 = 0, serial: UInt32, fields: Int, bytes: Int) {
    (self.type, self.flags, self.serial, self.fields, self.bytes) = (type, flags, serial, fields, bytes)
  }

  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.size, bytes[0] == UInt8(ascii: "l") || bytes[0] == UInt8(ascii: "B") else { return nil }
    let number = { (offset: Int) in
      let number = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      return bytes[0] == UInt8(ascii: "l") ? UInt32(littleEndian: number) : UInt32(bigEndian: number)
    }
    (type, flags, serial, fields) = (bytes[1], bytes[2], number(8), Int(number(12)))
    self.bytes = Self.size + (fields + 7) / 8 * 8 + Int(number(4))
    guard self.bytes <= Self.maximum else { return nil }
  }
}

/// The part of a message that is needed to drop it, in its original bytes. Only requested parts are copied.
struct RawMessage {
  enum Kind {
    case call
    /// The reply to the call with that serial number, or its error.
    case reply(to: UInt32)
    case signal
    /// The specification has it ignored.
    case unknown
  }

  let header: MessageHeader
  private(set) var kind = Kind.unknown
  private(set) var sender = ""
  /// How many descriptors come with it.
  private(set) var descriptors = 0
  private var memberBytes: UnsafeRawBufferPointer?

  private enum MessageType {
    static let call: UInt8 = 1
    static let reply: UInt8 = 2
    static let error: UInt8 = 3
    static let signal: UInt8 = 4
  }

  private enum Field {
    static let member: UInt8 = 3
    static let replySerial: UInt8 = 5
    static let sender: UInt8 = 7
    static let descriptors: UInt8 = 9
  }

  /// The message at the start of `bytes`, which need not have its body yet; nil if its header is incomplete, or not
  /// understood.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard let header = MessageHeader(bytes), MessageHeader.size + header.fields <= bytes.count else { return nil }
    self.header = header
    let isLittle = bytes[0] == UInt8(ascii: "l")
    let end = MessageHeader.size + header.fields
    var at = MessageHeader.size
    func number() -> UInt32? {
      at = (at + 3) / 4 * 4
      guard at + 4 <= end else { return nil }
      defer { at += 4 }
      let number = bytes.loadUnaligned(fromByteOffset: at, as: UInt32.self)
      return isLittle ? UInt32(littleEndian: number) : UInt32(bigEndian: number)
    }
    var replySerial: UInt32?
    while at < end {
      at = (at + 7) / 8 * 8
      guard at + 4 <= end, bytes[at + 1] == 1, bytes[at + 3] == 0 else { return nil }
      let (code, type) = (bytes[at], bytes[at + 2])
      at += 4
      switch type {
      case UInt8(ascii: "u"):
        guard let value = number() else { return nil }
        if code == Field.replySerial { replySerial = value }
        if code == Field.descriptors { descriptors = Int(value) }
      case UInt8(ascii: "g"):
        guard at < end else { return nil }
        at += Int(bytes[at]) + 2
      case UInt8(ascii: "s"), UInt8(ascii: "o"):
        guard let length = number().map(Int.init), at + length + 1 <= end else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: bytes[at..<at + length])
        if code == Field.sender { sender = String(decoding: text, as: UTF8.self) }
        if code == Field.member { memberBytes = text }
        at += length + 1
      default: return nil
      }
    }
    guard at <= (end + 7) / 8 * 8, !sender.isEmpty else { return nil }
    switch (header.type, replySerial) {
    case (MessageType.call, _): kind = .call
    case (MessageType.reply, let serial?), (MessageType.error, let serial?): kind = .reply(to: serial)
    case (MessageType.signal, _): kind = .signal
    default: break
    }
  }

  var member: String { memberBytes.map { String(decoding: $0, as: UTF8.self) } ?? "" }
  var expectsReply: Bool { header.flags & MessageHeader.noReplyExpected == 0 }
  /// It is a call that gets an answer.
  var isAnswered: Bool { if case .call = kind { expectsReply } else { false } }
}
