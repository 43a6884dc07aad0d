// SPDX-License-Identifier: Apache-2.0
import TerminalChannel

/// Somebody who looks at the terminal, over a socket of their own. Of what the program prints nothing is kept for a
/// viewer but the place it has come to: one that reads too slowly is skipped forward.
final class Viewer {
  /// The most of the output that is shown to begin with, in bytes.
  private static let maximumReplay = 64 * 1024
  /// Filtered output is not longer, but for a sequence that began before.
  private static let replayPiece = TerminalProtocol.maximumData / 2
  /// Where the size is unknown.
  private static let usualRows = 24

  private let socket: PacketSocket
  /// What is to be sent before any output.
  private var outbox: [TerminalMessage] = [.hello(version: TerminalProtocol.version)]
  /// Of the next byte of output; nil until the viewer has said hello.
  private var place: Int?
  private var wantsAll = false
  /// What was printed before this place was meant for a screen that is no more.
  private var replay: (filter: ReplayFilter, end: Int)?
  /// As the viewer's terminal is set by what was sent, and by what is in the outbox.
  private var sent = ScreenModes()
  private var upcoming: ScreenModes?
  private var last: TerminalMessage?

  private(set) var isGone = false
  /// The other end is closed; what was typed before may still be there.
  private var isBlind = false
  /// It does not read just now; to be polled for writing, and reset then. Until it has read most of what it was sent,
  /// no later piece is tried: a small one might still find room, and would be old when it is read.
  var isFull = false
  private(set) var size: TerminalSize?
  private(set) var isReadOnly = false
  /// What was typed and not taken by the program yet. Until it is, nothing more is received.
  var input: ArraySlice<UInt8> = []

  init(_ descriptor: Int32) { socket = PacketSocket(descriptor) }

  var descriptor: Int32 { socket.descriptor }
  var hasSaidHello: Bool { place != nil }

  func leave() { isGone = true }

  // MARK: Sending

  /// Sends as much as the viewer takes.
  func show(_ terminal: Pseudoterminal) {
    if isBlind, last != nil { leave() }
    while !isGone && !isFull && !isBlind {
      if let message = outbox.first {
        guard send(message) else { return }
        outbox.removeFirst()
        if outbox.isEmpty, let upcoming { (sent, self.upcoming) = (upcoming, nil) }
      } else if let place, wantsAll || place < terminal.scrollback.start {
        showAll(of: terminal, from: place)
      } else if let place, place < terminal.scrollback.end {
        sendOutput(of: terminal, from: place)
      } else {
        if let last, send(last) { isGone = true }
        return
      }
    }
  }

  /// Says a last message, after everything else.
  func end(_ message: TerminalMessage) { last = last ?? message }

  private func send(_ message: TerminalMessage) -> Bool {
    switch socket.send(message.encoded) {
    case .whole: return true
    case .full: isFull = true
    case .gone: isBlind = true
    }
    return false
  }

  private func sendOutput(of terminal: Pseudoterminal, from place: Int) {
    let end = terminal.scrollback.end
    guard var replay, place < replay.end else {
      let piece = terminal.scrollback[place..<min(end, place + TerminalProtocol.maximumData)]
      return sendOutput(piece, upTo: place + piece.count)
    }
    let next = min(replay.end, place + Self.replayPiece)
    var painted = replay.filter.pass(terminal.scrollback[place..<next])
    if next == replay.end { painted += replay.filter.incomplete }
    sendOutput(painted, upTo: next)
    if self.place == next { self.replay = next == replay.end ? nil : replay }
  }

  private func sendOutput(_ bytes: [UInt8], upTo next: Int) {
    guard bytes.isEmpty || send(.output(bytes)) else { return }
    sent.take(bytes)
    place = next
  }

  // MARK: Anew

  /// Shows the terminal anew as soon as the viewer reads: its settings, and the last of what was printed.
  func repaint(_ terminal: Pseudoterminal) {
    place = place ?? terminal.scrollback.end
    wantsAll = true
  }

  /// What there is when it can be sent, so that it is the newest.
  private func showAll(of terminal: Pseudoterminal, from old: Int) {
    let (scrollback, modes) = (terminal.scrollback, terminal.modes)
    let isSkipped = old < scrollback.start
    let rows = max(1, (size?.rows ?? Self.usualRows) - 1)
    // What an alternate screen shows can be told only from its beginning; else the program has to paint it.
    let start =
      modes.alternateSince.map { $0 < scrollback.start || isSkipped ? scrollback.end : $0 }
      ?? scrollback.beginning(ofLines: rows, within: isSkipped ? Self.maximumReplay / 4 : Self.maximumReplay)
    guard send(.repaint(leftOut: max(0, start - old))) else { return }
    outbox = [.output(sent.undoing + modes.setting)]
    upcoming = modes.atRest
    place = start
    replay = (ReplayFilter(), scrollback.end)
    wantsAll = false
    wasSkipped = isSkipped
  }

  /// Since it was last asked.
  var wasSkipped = false

  // MARK: Receiving

  /// The next message, or nil where there is none now.
  func receive() -> ViewerMessage? {
    guard !isGone, input.isEmpty else { return nil }
    switch socket.receive() {
    case .nothing: return nil
    case .gone: leave()
    case .tooLong: refuse("a message is longer than \(TerminalProtocol.maximumMessage) bytes")
    case .packet(let packet):
      do throws(TerminalProtocolError) { return take(try ViewerMessage(packet)) } catch { refuse(error.description) }
    }
    return nil
  }

  /// Says why it is let go, if that can be said at once.
  func refuse(_ why: String) {
    _ = socket.send(TerminalMessage.refused(why).encoded)
    leave()
  }

  private func take(_ message: ViewerMessage) -> ViewerMessage? {
    switch message {
    case .hello(let version, _, _) where version != TerminalProtocol.version:
      refuse("the viewer speaks version \(version) of the protocol; this engine speaks \(TerminalProtocol.version)")
      return nil
    case .hello(_, let size, let readOnly) where !hasSaidHello: (self.size, isReadOnly) = (size, readOnly)
    case .size(let size) where hasSaidHello: self.size = size
    case .input(let bytes) where hasSaidHello: input = isReadOnly ? [] : bytes[...]
    case .repaint where hasSaidHello: break
    default: return .unknown
    }
    return message
  }
}
