// SPDX-License-Identifier: Apache-2.0
import TerminalChannel
import TerminalScreen

/// A viewer of the terminal. Nothing of the output is kept for it except its place: a viewer that reads too slowly skips
/// forward. One of another size than the program's gets no output, but paintings of what changes.
final class Viewer {
  /// Filtered output is not longer, except for a sequence that was held back.
  private static let piece = TerminalProtocol.maximumData - 2048
  /// The program waits for a viewer that has more than this to read, in bytes. The scrollback has room for what the
  /// terminal still holds when the program exits.
  private static let maximumLag = 64 * 1024
  /// Paintings of what changes are at least so far apart, in milliseconds.
  private static let frame = 40

  var link: ViewerLink
  private var hasGreeted = false
  /// What shows the screen, as it was then: sent before any output.
  private var painting: ArraySlice<UInt8> = []
  /// The place of the next byte of output; nil until the viewer has said hello.
  private var place: Int?
  private var wantsAll = false
  /// What it is shown in place of the output.
  private var view: ScreenView?
  private var nextFrame = 0
  /// All that its main screen shows is the program's.
  private var ownsMain = false
  /// The viewer does not have the main screen: it was painted while the other was shown.
  private var lacksMain = false
  /// The lines before those of the main screen have still to be shown.
  private var lacksHistory = true
  private var filter = QuestionFilter()
  let questions = ViewerQuestions()
  private var progress = ViewerProgress()
  /// The modes of the viewer's terminal, after what was sent, and after the painting.
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

  /// Without what it has still to be sent.
  func detach(_ message: TerminalMessage) {
    _ = link.send(message)
    link.leave()
  }

  // MARK: Sending

  /// Sends as much as the viewer takes.
  func show(_ terminal: Pseudoterminal) {
    if link.isBlind, last != nil { link.leave() }
    while link.takesMore {
      if !hasGreeted {
        guard link.send(.hello(version: TerminalProtocol.version)) else { return }
        hasGreeted = true
      } else if !painting.isEmpty {
        sendPainting()
      } else if let place, needsAll(of: terminal, from: place) {
        showAll(of: terminal, from: place)
      } else if view != nil, needsFrame(of: terminal) {
        guard milliseconds(toFrameOf: terminal) == 0 else { return }
        showFrame(of: terminal)
      } else if let place, view == nil, place < terminal.scrollback.end {
        sendOutput(of: terminal, from: place)
      } else {
        if let last, link.send(last) { link.leave() }
        return
      }
    }
  }

  /// Sends a last message, after everything else.
  func end(_ message: TerminalMessage) { last = last ?? message }

  private func sendPainting() {
    let piece = painting.prefix(TerminalProtocol.maximumData)
    guard link.send(.output(Array(piece))) else { return }
    painting = painting.dropFirst(piece.count)
    if painting.isEmpty, let upcoming { (sent, self.upcoming) = (upcoming, nil) }
    progress.noteSent(unread: link.unread)
  }

  /// What was printed since, with the questions that are this viewer's to answer.
  private func sendOutput(of terminal: Pseudoterminal, from place: Int) {
    let next = min(terminal.scrollback.end, place + Self.piece)
    var (filter, asked) = (self.filter, [Int]())
    let bytes = filter.pass(terminal.scrollback[place..<next], at: place) { [questions] _, end in
      guard questions.waits(end) else { return false }
      asked.append(end)
      return true
    }
    guard bytes.isEmpty || link.send(.output(bytes)) else { return }
    sent.take(bytes)
    (self.place, self.filter) = (next, filter)
    progress.noteSent(unread: link.unread)
    questions.noteAsked(asked)
  }

  /// Whether the program is to wait, because this viewer reads, but has much to read.
  func isBehind(_ terminal: Pseudoterminal) -> Bool {
    guard let place, !wantsAll, view == nil, !link.isGone, !link.isBlind else { return false }
    guard terminal.scrollback.end - place > Self.maximumLag else { return false }
    return progress.goesOn(unread: link.unread)
  }

  var isReading: Bool { progress.goesOn(unread: link.unread) }

  // MARK: Anew

  /// Repaints the terminal as soon as the viewer reads.
  func repaint(_ terminal: Pseudoterminal) {
    place = place ?? terminal.scrollback.end
    wantsAll = true
  }

  private func needsAll(of terminal: Pseudoterminal, from place: Int) -> Bool {
    if wantsAll || view?.size != otherSize(than: terminal) { return true }
    return view == nil && (place < terminal.scrollback.start || (lacksMain && !terminal.screen.isAlternate))
  }

  /// Its size, where that is not the program's.
  private func otherSize(than terminal: Pseudoterminal) -> TerminalSize? { size == terminal.size ? nil : size }

  /// Composed when it can be sent, so that it is current.
  private func showAll(of terminal: Pseudoterminal, from old: Int) {
    let (scrollback, screen) = (terminal.scrollback, terminal.screen)
    // Only a sequence that is longer than what is kept is not sent on whole.
    let isCut = screen.restingPlace < scrollback.start
    let next = isCut ? scrollback.end : screen.restingPlace
    let isSkipped = old < scrollback.start
    lacksHistory = lacksHistory || isSkipped
    guard link.send(.repaint(leftOut: isSkipped ? next - old : 0)) else { return }
    endView()
    wantsAll = false
    questions.skip(upTo: next)
    place = next
    if let size = otherSize(than: terminal) { return begin(size, on: terminal) }
    let painted = screen.painting(withHistory: lacksHistory)
    let home = ownsMain && !screen.isAlternate ? Array("\u{1B}[H".utf8) : []
    painting = (sent.undoing + home + painted)[...]
    var told = ScreenModes(height: size?.rows)
    told.take(painted)
    upcoming = told
    filter = QuestionFilter(dropping: isCut ? screen.incomplete : ControlParser())
    lacksMain = screen.isAlternate
    lacksHistory = lacksHistory && lacksMain
  }

  // MARK: At another size

  private func begin(_ size: TerminalSize, on terminal: Pseudoterminal) {
    painting = sent.undoing[...]
    view = ScreenView(
      size: size, modes: ScreenModes(height: size.rows), ownsMain: ownsMain, withHistory: lacksHistory)
    compose(terminal)
  }

  private func endView() {
    guard let view else { return }
    (sent, ownsMain, lacksHistory) = (view.modes, view.ownsMain, lacksHistory && !view.hasHistory)
    self.view = nil
  }

  private func needsFrame(of terminal: Pseudoterminal) -> Bool { view?.isCurrent(terminal.screen) == false }

  /// Until its screen is to be painted; nil where it does not wait for that.
  func milliseconds(toFrameOf terminal: Pseudoterminal) -> Int? {
    guard view != nil, link.takesMore, painting.isEmpty, needsFrame(of: terminal) else { return nil }
    return last == nil ? max(0, nextFrame - monotonicMilliseconds()) : 0
  }

  private func showFrame(of terminal: Pseudoterminal) {
    questions.skip(upTo: terminal.scrollback.end)
    place = terminal.scrollback.end
    compose(terminal)
  }

  private func compose(_ terminal: Pseudoterminal) {
    painting += view?.paint(terminal.screen) ?? []
    nextFrame = monotonicMilliseconds() + Self.frame
  }

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
    // It has shown something else.
    case .repaint where hasSaidHello:
      endView()
      ownsMain = false
    case .places, .detachOthers: break
    default: return .unknown
    }
    return message
  }
}
