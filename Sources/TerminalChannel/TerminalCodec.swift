// SPDX-License-Identifier: Apache-2.0

/// A message that breaks the viewer protocol.
public struct TerminalProtocolError: Error, Equatable, CustomStringConvertible {
  public let description: String
}

extension TerminalMessage {
  public var encoded: [UInt8] {
    switch self {
    case .hello(let version): packet("h", "\(version)")
    case .repaint(let leftOut): packet("r", "\(leftOut)")
    case .output(let bytes): [UInt8(ascii: "o")] + bytes
    case .ended(let status, let text): packet("x", "\(status) \(cut(text))")
    case .refused(let text): packet("e", cut(text))
    case .places(let sessions): packet("w", sessions.joined(separator: " "))
    case .detached(let count): packet("d", "\(count)")
    case .unknown: packet("?", "")
    }
  }

  public init(_ packet: [UInt8]) throws(TerminalProtocolError) {
    let words = Words(packet)
    switch packet.first {
    case UInt8(ascii: "h"): self = .hello(version: try words.number(0))
    case UInt8(ascii: "r"): self = .repaint(leftOut: try words.number(0))
    case UInt8(ascii: "o"): self = .output(Array(packet.dropFirst()))
    case UInt8(ascii: "x"): self = .ended(exitStatus: try words.number(0), words.text(after: 1))
    case UInt8(ascii: "e"): self = .refused(words.text(after: 0))
    case UInt8(ascii: "d"): self = .detached(try words.number(0))
    case UInt8(ascii: "w"): self = .places(Words(packet, maximum: 1024).all.filter(isSession))
    default: self = .unknown
    }
  }
}

extension ViewerMessage {
  public var encoded: [UInt8] {
    switch self {
    case .hello(let hello):
      packet(
        "h",
        "\(hello.version) \(hello.size?.columns ?? 0) \(hello.size?.rows ?? 0)"
          + (hello.isReadOnly ? " read-only" : "") + (hello.place.map { " \(within)\($0)" } ?? ""))
    case .input(let bytes): [UInt8(ascii: "i")] + bytes
    case .size(let size): packet("s", "\(size.columns) \(size.rows)")
    case .repaint: packet("r", "")
    case .places: packet("w", "")
    case .detachOthers: packet("d", "")
    case .unknown: packet("?", "")
    }
  }

  public init(_ packet: [UInt8]) throws(TerminalProtocolError) {
    let words = Words(packet)
    switch packet.first {
    case UInt8(ascii: "h"):
      let size = TerminalSize(columns: try words.number(1), rows: try words.number(2))
      let place = words.all.dropFirst(3).first { $0.hasPrefix(within) }.map { String($0.dropFirst(within.count)) }
      self = .hello(
        ViewerHello(
          version: try words.number(0), size: size, readOnly: words.has("read-only", after: 3),
          within: place.flatMap { isSession($0) ? $0 : nil }))
    case UInt8(ascii: "i"): self = .input(Array(packet.dropFirst()))
    case UInt8(ascii: "s"):
      guard let size = TerminalSize(columns: try words.number(0), rows: try words.number(1)) else {
        throw TerminalProtocolError(description: "the size “\(words.text(after: 0))” is invalid")
      }
      self = .size(size)
    case UInt8(ascii: "r"): self = .repaint
    case UInt8(ascii: "w"): self = .places
    case UInt8(ascii: "d"): self = .detachOthers
    default: self = .unknown
    }
  }
}

private let within = "within="

/// What may be the ID of a session.
private func isSession(_ word: String) -> Bool {
  (1...64).contains(word.utf8.count)
    && word.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) }
}

private func packet(_ type: Unicode.Scalar, _ text: String) -> [UInt8] { [UInt8(ascii: type)] + text.utf8 }

private func cut(_ text: String) -> String {
  var text = text
  while text.utf8.count > TerminalProtocol.maximumText { text.removeLast() }
  return text
}

/// The payload of a message as words separated by single spaces. Further words are ignored.
private struct Words {
  let packet: [UInt8]
  let words: [ArraySlice<UInt8>]

  /// Most messages have few words; raw bytes are not examined.
  init(_ packet: [UInt8], maximum: Int = 8) {
    self.packet = packet
    words = packet.dropFirst()
      .split(separator: UInt8(ascii: " "), maxSplits: maximum - 1, omittingEmptySubsequences: false)
  }

  var all: [String] { words.map { String(decoding: $0, as: UTF8.self) } }

  /// 0 to 999999999999
  func number(_ index: Int) throws(TerminalProtocolError) -> Int {
    let digits = index < words.count ? words[index] : []
    guard (1...12).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else {
      let type = Unicode.Scalar(packet[0])
      throw TerminalProtocolError(description: "word \(index + 1) of a message of type “\(type)” is not a number")
    }
    return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
  }

  func has(_ word: String, after index: Int) -> Bool {
    words.dropFirst(index).contains { $0.elementsEqual(word.utf8) }
  }

  func text(after index: Int) -> String {
    let skipped = words.prefix(index).reduce(1) { $0 + $1.count + 1 }
    return cut(String(decoding: packet.dropFirst(skipped).prefix(TerminalProtocol.maximumText), as: UTF8.self))
  }
}
