// SPDX-License-Identifier: Apache-2.0
import Glibc
import TerminalChannel
import TerminalScreen

/// All viewers of a terminal. The program, and with it the other viewers, waits only for one that reads.
final class Viewers {
  /// Each costs a descriptor, and the buffers of a socket.
  static let maximum = 256
  /// How many messages of one viewer are handled before others have their turn.
  private static let maximumReads = 16
  /// How much of what is typed on request may wait for the program, in bytes.
  private static let maximumKeys = 64 * 1024
  /// How long viewers may take to read the rest.
  private static let grace = 1000
  /// The same, while they read.
  private static let maximumGrace = 10_000
  /// How often it is looked whether a viewer reads, in milliseconds.
  private static let glance = 50

  private let terminal: Pseudoterminal
  private var viewers: [Viewer] = []
  /// Viewers that did something, the most recent last.
  private var active: [Viewer] = []
  var size: TerminalSize { terminal.size }
  private var giveUpAt: Int?
  private var giveUpForGoodAt = 0
  /// The program waits for a viewer that reads.
  private var isWaiting = false
  /// What is typed on request and the program's terminal has not taken yet.
  private var keys: ArraySlice<UInt8> = []

  init(of terminal: Pseudoterminal) { self.terminal = terminal }

  var count: Int { viewers.count }
  /// A viewer has said hello.
  private(set) var wereThere = false
  /// The program has exited, and all of its output was read.
  var isOver = false

  /// Takes ownership of the descriptor.
  func add(_ descriptor: Int32) {
    let viewer = Viewer(descriptor)
    guard viewers.count < Self.maximum else {
      return viewer.refuse("\(viewers.count) other viewers are attached to this terminal, which is the limit")
    }
    viewers.append(viewer)
    viewer.show(terminal)
  }

  // MARK: Waiting

  /// To be polled: first the terminal, then the viewers.
  var polled: [pollfd] {
    let isTyping = !keys.isEmpty || viewers.contains { !$0.input.isEmpty }
    let events = isOver ? 0 : (isWaiting ? 0 : POLLIN) | (isTyping ? POLLOUT : 0)
    // Without events, the end of the output would be told of all the time.
    return [pollfd(fd: events == 0 ? -1 : terminal.master, events: Int16(events), revents: 0)]
      + viewers.map { viewer in
        let events = (viewer.input.isEmpty ? POLLIN : 0) | (viewer.link.isFull ? POLLOUT : 0)
        return pollfd(fd: viewer.link.descriptor, events: Int16(events), revents: 0)
      }
  }

  /// Milliseconds until something must be done, or nil.
  var timeout: Int32? {
    let glance = isWaiting ? monotonicMilliseconds() + Self.glance : nil
    let end = [giveUpAt, glance].compactMap(\.self).min().map { max(0, $0 - monotonicMilliseconds()) }
    let frames = viewers.compactMap { $0.milliseconds(toFrameOf: terminal) }
    return ((end.map { [$0] } ?? []) + frames).min().map { Int32($0) }
  }

  // MARK: Showing

  func show() {
    distributeQuestions()
    for viewer in viewers {
      viewer.show(terminal)
      answer(viewer.questions.takeMissed(isGone: false))
    }
    isWaiting = viewers.contains { $0.isBehind(terminal) }
  }

  /// Whether there is time to read what the program prints.
  var areReady: Bool {
    if isWaiting { isWaiting = viewers.contains { $0.isBehind(terminal) } }
    return !isWaiting
  }

  /// Handles the events in `polled`.
  func serve(_ polled: ArraySlice<pollfd>) {
    for (viewer, ready) in zip(viewers, polled.dropFirst()) where ready.revents != 0 {
      if ready.revents & Int16(POLLOUT) != 0 { viewer.link.isFull = false }
      hear(viewer)
      // It is gone and has input that the program does not take; polling would report it forever.
      if !viewer.input.isEmpty, ready.revents & Int16(POLLHUP | POLLERR) != 0 { viewer.link.leave() }
    }
    for viewer in viewers where !viewer.input.isEmpty { type(viewer) }
    typeKeys()
    show()
    dismiss()
    tick()
  }

  private func hear(_ viewer: Viewer) {
    for _ in 0..<Self.maximumReads {
      guard let message = viewer.receive() else { return }
      switch message {
      case .hello, .repaint:
        wereThere = true
        noteActive(viewer)
        viewer.repaint(terminal)
        resize()
      case .size:
        noteActive(viewer)
        resize()
      case .input:
        viewer.questions.noteInput()
        type(viewer)
        noteActive(viewer)
        resize()
      case .places: _ = viewer.link.send(.places(Array(Set(viewers.compactMap(\.home))).sorted()))
      case .detachOthers: detach(viewers.filter { $0 !== viewer && $0.hasSaidHello }, for: viewer)
      case .unknown: break
      }
    }
  }

  private func detach(_ viewers: [Viewer], for asking: Viewer) {
    let message = TerminalMessage.detached(viewers.count)
    for viewer in viewers { viewer.detach(message) }
    _ = asking.link.send(message)
  }

  /// Types on request, all of it or nothing; false if there is no room for it. The cursor keys are those that the
  /// program has asked for, as the keyboards of viewers send them.
  func type(_ text: String) -> Bool {
    guard keys.count + text.utf8.count <= Self.maximumKeys else { return false }
    keys += terminal.screen.modes.typed(Array(text.utf8))
    typeKeys()
    return true
  }

  private func typeKeys() {
    guard !keys.isEmpty else { return }
    keys = keys.dropFirst(terminal.type(keys))
  }

  private func type(_ viewer: Viewer) { viewer.input = viewer.input.dropFirst(terminal.type(viewer.input)) }

  private func dismiss() {
    guard viewers.contains(where: \.isGone) else { return }
    for viewer in viewers where viewer.isGone { answer(viewer.questions.takeMissed(isGone: true)) }
    viewers.removeAll(where: \.isGone)
    active.removeAll(where: \.isGone)
    resize()
  }

  // MARK: The program's questions

  /// Each goes to the viewer that was active last; where there is none, the engine answers.
  private func distributeQuestions() {
    let asked = terminal.takeQuestions()
    guard !asked.isEmpty else { return }
    let viewer = active.last { !$0.isReadOnly && !$0.isGone }
    for question in asked where viewer?.questions.add(question) != true { answer([question]) }
  }

  private func answer(_ questions: [VirtualScreen.Question]) {
    for question in questions {
      guard keys.count + question.answer.count <= Self.maximumKeys else { return }
      keys += question.answer
    }
    if !questions.isEmpty { typeKeys() }
  }

  // MARK: The size

  private func noteActive(_ viewer: Viewer) {
    guard active.last !== viewer else { return }
    active.removeAll { $0 === viewer }
    active.append(viewer)
  }

  /// The size of the viewer that was active last; read-only viewers count only if there are no others.
  private var wantedSize: TerminalSize? {
    let sized = active.filter { $0.size != nil }
    return (sized.last { !$0.isReadOnly } ?? sized.last)?.size
  }

  private func resize() {
    if let wantedSize { terminal.resize(to: wantedSize) }
  }

  private func tick() {
    let now = monotonicMilliseconds()
    if let giveUpAt, now >= giveUpAt, now < giveUpForGoodAt, viewers.contains(where: { $0.isReading }) {
      self.giveUpAt = now + Self.glance
    } else if let giveUpAt, now >= giveUpAt {
      viewers.removeAll()
      self.giveUpAt = nil
    }
  }

  // MARK: The end

  /// Tells all viewers that the program has exited, after the rest of its output.
  func end(_ message: TerminalMessage) {
    for viewer in viewers { viewer.end(message) }
    giveUpAt = monotonicMilliseconds() + Self.grace
    giveUpForGoodAt = monotonicMilliseconds() + Self.maximumGrace
    show()
    dismiss()
  }

  /// All viewers have been told, or have had the time to read it.
  var allKnow: Bool { viewers.isEmpty }
}
