// SPDX-License-Identifier: Apache-2.0
import TerminalChannel

/// A viewer of the terminal. Nothing of the output is kept for it except its place: a viewer that reads too slowly skips
/// forward.
final class Viewer {
  /// How much of the earlier output is shown at first, in bytes.
  private static let maximumReplay = 64 * 1024
  /// Filtered output is not longer, except for a sequence that began earlier.
  private static let replayPiece = TerminalProtocol.maximumData / 2
  /// The same, with a sequence that was held back.
  private static let newsPiece = TerminalProtocol.maximumData - 2048
  /// The program waits for a viewer that has more than this to read, in bytes. The scrollback has room for what the
  /// terminal still holds when the program exits.
  private static let maximumLag = 64 * 1024
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
  private var filter = QuestionFilter()
  let questions = ViewerQuestions()
  private var progress = ViewerProgress()
  /// The modes of the viewer's terminal, after what was sent and what is in the outbox.
  private var sent = ScreenModes()
  private var upcoming: ScreenModes?
  private var last: TerminalMessage?

  private(set) var size: TerminalSize?
  private(set) var isReadOnly = false
  /// The session in whose terminal it is.
  private(set) var home: String?
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
    guard var replay, place < replay.end else { return sendNews(of: terminal, from: place) }
    replay.filter.keepsMargins = place >= terminal.resizedAt
    let size = replay.filter.keepsMargins ? replay.end : min(replay.end, terminal.resizedAt)
    let next = min(size, place + Self.replayPiece)
    guard send(replay.filter.pass(terminal.scrollback[place..<next]), upTo: next) else { return }
    if next == replay.end { filter = QuestionFilter(replay.filter.parser) }
    self.replay = next == replay.end ? nil : replay
  }

  /// What was printed since, with the questions that are this viewer's to answer.
  private func sendNews(of terminal: Pseudoterminal, from place: Int) {
    let next = min(terminal.scrollback.end, place + Self.newsPiece)
    var (filter, asked) = (self.filter, [Int]())
    let bytes = filter.pass(terminal.scrollback[place..<next], at: place) { [questions] _, end in
      guard questions.waits(end) else { return false }
      asked.append(end)
      return true
    }
    guard send(bytes, upTo: next) else { return }
    self.filter = filter
    questions.noteAsked(asked)
  }

  /// Returns whether it was sent.
  private func send(_ bytes: [UInt8], upTo next: Int) -> Bool {
    guard bytes.isEmpty || link.send(.output(bytes)) else { return false }
    sent.take(bytes)
    place = next
    progress.noteSent(unread: link.unread)
    return true
  }

  /// Whether the program is to wait, because this viewer reads, but has much to read.
  func isBehind(_ terminal: Pseudoterminal) -> Bool {
    guard let place, !wantsAll, !link.isGone, !link.isBlind else { return false }
    guard terminal.scrollback.end - place > Self.maximumLag else { return false }
    return progress.goesOn(unread: link.unread)
  }

  var isReading: Bool { progress.goesOn(unread: link.unread) }

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
    let (place, style) = terminal.beginning(at: start)
    guard link.send(.repaint(leftOut: max(0, start - old))) else { return }
    outbox = [.output(sent.undoing + modes.setting + style)]
    upcoming = modes.atRest
    self.place = place
    filter = QuestionFilter()
    questions.skip(upTo: scrollback.end)
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
    case .hello(let hello) where hello.version != TerminalProtocol.version:
      refuse(
        "the viewer speaks version \(hello.version) of the protocol; this engine speaks \(TerminalProtocol.version)")
      return nil
    case .hello(let hello) where !hasSaidHello: (size, isReadOnly, home) = (hello.size, hello.isReadOnly, hello.place)
    case .size(let size) where hasSaidHello: self.size = size
    case .input(let bytes) where hasSaidHello: input = isReadOnly ? [] : bytes[...]
    case .repaint where hasSaidHello, .places: break
    default: return .unknown
    }
    return message
  }
}
