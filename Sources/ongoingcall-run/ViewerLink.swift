// SPDX-License-Identifier: Apache-2.0
import TerminalChannel

/// The socket of a viewer, and what has become of it.
struct ViewerLink {
  private let socket: PacketSocket
  private(set) var isGone = false
  /// The other end is closed; earlier input may still be there.
  private(set) var isBlind = false
  /// It does not read now: poll it for writing, and then reset this. Until it has read most of what it was sent,
  /// nothing further is tried, because a small piece might still fit and be old when it is read.
  var isFull = false

  init(_ descriptor: Int32) { socket = PacketSocket(descriptor) }

  var descriptor: Int32 { socket.descriptor }
  var takesMore: Bool { !isGone && !isFull && !isBlind }

  var unread: Int { socket.unread }

  mutating func leave() { isGone = true }

  /// - Returns: whether it was sent.
  mutating func send(_ message: TerminalMessage) -> Bool {
    switch socket.send(message.encoded) {
    case .whole: return true
    case .full: isFull = true
    case .gone: isBlind = true
    }
    return false
  }

  /// The next message; nil if there is none now.
  mutating func receive() -> ViewerMessage? {
    guard !isGone else { return nil }
    switch socket.receive() {
    case .nothing: break
    case .gone: leave()
    case .tooLong: refuse("a message is longer than \(TerminalProtocol.maximumMessage) bytes")
    case .packet(let packet):
      do throws(TerminalProtocolError) { return try ViewerMessage(packet) } catch { refuse(error.description) }
    }
    return nil
  }

  /// Sends the reason why it is dropped, if that is possible at once.
  mutating func refuse(_ why: String) {
    _ = socket.send(TerminalMessage.refused(why).encoded)
    leave()
  }
}
