// SPDX-License-Identifier: Apache-2.0
import TerminalChannel

/// A viewer of the terminal. Nothing of the output is kept for it except its place: a viewer that reads too slowly skips
/// forward.
final class Viewer {
  /// How much of the earlier output is shown at first, in bytes.
  private static let maximumReplay = 64 * 1024
  /// Filtered output is not longer, except for a sequence that began earlier.
  private static let replayPiece = TerminalProtocol.maximumData / 2
  /// If the size is unknown.
  private static let usualRows = 24

  var link: ViewerLink
  /// Sent before any output.
  private var outbox: [TerminalMessage] = [.hello(version: TerminalProtocol.version)]
  /// The place of the next byte of output; nil until the viewer has said hello.
  private var place: Int?
  private var wantsAll = false
  /// Output before this place was meant for an earlier screen.
  private var replay: (filter: ReplayFilter, end: Int)?
  /// The modes of the viewer's terminal, after what was sent and what is in the outbox.
  private var sent = ScreenModes()
  private var upcoming: ScreenModes?
  private var last: TerminalMessage?

  private(set) var size: TerminalSize?
  private(set) var isReadOnly = false
  /// Input that the program has not taken yet. Until it has, nothing more is received.
  var input: ArraySlice<UInt8> = []

  init(_ descriptor: Int32) { link = ViewerLink(descriptor) }

  var isGone: Bool { link.isGone }
  func refuse(_ why: String) { link.refuse(why) }
  var hasSaidHello: Bool { place != nil }

  // MARK: Sending

  /// Sends as much as the viewer takes.
  func show(_ terminal: Pseudoterminal) {
    if link.isBlind, last != nil { link.leave() }
    while link.takesMore {
      if let message = outbox.first {
        guard link.send(message) else { return }
        outbox.removeFirst()
        if outbox.isEmpty, let upcoming { (sent, self.upcoming) = (upcoming, nil) }
      } else if let place, wantsAll || place < terminal.scrollback.start {
        showAll(of: terminal, from: place)
      } else if let place, place < terminal.scrollback.end {
        sendOutput(of: terminal, from: place)
      } else {
        if let last, link.send(last) { link.leave() }
        return
      }
    }
  }

  /// Sends a last message, after everything else.
  func end(_ message: TerminalMessage) { last = last ?? message }

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
    guard bytes.isEmpty || link.send(.output(bytes)) else { return }
    sent.take(bytes)
    place = next
  }

  // MARK: Anew

  /// Repaints the terminal as soon as the viewer reads: its modes, and the end of the output.
  func repaint(_ terminal: Pseudoterminal) {
    place = place ?? terminal.scrollback.end
    wantsAll = true
  }

  /// Composed when it can be sent, so that it is current.
  private func showAll(of terminal: Pseudoterminal, from old: Int) {
    let (scrollback, modes) = (terminal.scrollback, terminal.modes)
    let isSkipped = old < scrollback.start
    let rows = max(1, (size?.rows ?? Self.usualRows) - 1)
    // The contents of an alternate screen can be replayed only from its beginning; otherwise the program must repaint
    // it.
    let start =
      modes.alternateSince.map { $0 < scrollback.start || isSkipped ? scrollback.end : $0 }
      ?? scrollback.beginning(ofLines: rows, within: isSkipped ? Self.maximumReplay / 4 : Self.maximumReplay)
    guard link.send(.repaint(leftOut: max(0, start - old))) else { return }
    outbox = [.output(sent.undoing + modes.setting)]
    upcoming = modes.atRest
    place = start
    replay = (ReplayFilter(), scrollback.end)
    wantsAll = false
    wasSkipped = isSkipped
  }

  /// Since the last check.
  var wasSkipped = false

  // MARK: Receiving

  /// The next message; nil if there is none now.
  func receive() -> ViewerMessage? {
    input.isEmpty ? link.receive().flatMap(take) : nil
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
