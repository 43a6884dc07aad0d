// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall

/// The calls in one line, again and again. No daemon is started: where there is none, there is no call.
final class StatusLines {
  private let client: CallsClient
  /// nil is JSON, of everything.
  private let format: BarFormat?
  private let only: String?
  private let isQuiet: Bool
  private var last: String?
  private var view = BarView(calls: [])
  private var clicks = ClickReader()

  /// Since when the daemon that was there is not; until then what was known is shown.
  private var absence: Deadline?
  private var wasThere = false

  /// How long a daemon may need to be replaced, and how long to wait before one that does not answer is asked again.
  private static let patience: Duration = .seconds(5)

  init(_ client: CallsClient, format: BarFormat?, only: String?, isQuiet: Bool) {
    (self.client, self.format, self.only, self.isQuiet) = (client, format, only, isQuiet)
  }

  func once() throws {
    try client.watch()
    _ = try read()
    if case .i3blocks? = format, let button = CallerEnvironment.value(of: Self.buttonVariable).flatMap({ Int($0) }) {
      obey(button: button)
      _ = try read()
    }
    if !isQuiet { try write() }
  }

  /// Ends with the only call that is looked at; else never.
  func follow() throws {
    try client.watch()
    var isKnown = try read()
    try write()
    while only == nil || !isKnown || !view.calls.isEmpty {
      if try !somethingHappened() {
        let retry = absence ?? Deadline(in: Self.patience)
        let wait = isKnown ? milliseconds : retry.milliseconds
        switch Wake.next(on: client, milliseconds: wait, input: clicks.isOpen && takesClicks) {
        case .bus: continue
        case .input: clicks.read().forEach(obey)
        case .interrupt, .time: break
        }
      }
      do { isKnown = try read() } catch is CallsError { isKnown = false }
      try write()
    }
  }

  /// Takes all that has come.
  private func somethingHappened() throws -> Bool {
    var happened = false
    while try client.nextChange(until: .atOnce) != nil { happened = true }
    return happened
  }

  /// - Returns: false where the daemon is being replaced, and nothing new is known.
  private func read() throws -> Bool {
    if let sessions = try sessions() {
      view = BarView(calls: sessions.filter { !$0.hasEnded && (only == nil || $0.id == only) })
      (wasThere, absence) = (true, nil)
      return true
    }
    if wasThere {
      absence = absence ?? Deadline(in: Self.patience)
      if absence.map({ $0.milliseconds > 0 }) ?? false { return false }
    }
    view = BarView(calls: [])
    (wasThere, absence) = (false, nil)
    return true
  }

  /// nil where there is no daemon, or none any more.
  private func sessions() throws(CallsError) -> [SessionInfo]? {
    guard client.daemonIsThere else { return nil }
    do { return try client.sessions() } catch {
      guard case .daemonVanished = error else { throw error }
      return nil
    }
  }

  private func write() throws {
    guard let format else { return try writeJSON() }
    let line = format.line(view)
    guard line != last else { return }
    last = line
    try format.isForPrograms ? StandardStream.output.write(record: line) : StandardStream.output.write(line: line)
  }

  /// Durations go on by themselves, and are no change.
  private func writeJSON() throws {
    let still = JSON.array(
      view.calls.map {
        var call = $0
        (call.duration, call.media) = (0, nil)
        return call.json
      }
    ).text
    guard still != last else { return }
    last = still
    try StandardStream.output.write(
      record: JSON.object([
        .init(key: "sessions", value: .array(view.calls.map(\.json)))
      ]).answer)
  }

  /// Until the line becomes another one by itself; -1 is never.
  private var milliseconds: Int32 {
    let unit: UInt64
    switch format?.tick ?? .never {
    case .never: return -1
    case .minute: unit = 60_000_000
    case .second: unit = 1_000_000
    }
    let next = view.calls.filter(\.hasJoined).map { unit - $0.duration % unit }.min()
    return next.map { Int32(clamping: $0 / 1000 + 1) } ?? -1
  }

  // MARK: Clicks

  /// i3blocks runs a block's command again when it is clicked, with this.
  private static let buttonVariable = "BLOCK_BUTTON"

  private var takesClicks: Bool { if case .i3blocks? = format { isatty(STDIN_FILENO) == 0 } else { false } }

  /// Left: back to the call. Middle: muted or not. Right: hang up.
  private func obey(button: Int) {
    guard let call = view.call else { return }
    // The call is there; its daemon is being replaced at most.
    let client = client.another(startsDaemon: true)
    do {
      switch button {
      case 1: _ = try client.ask(.bringBack(to: call.id, activationToken: nil))
      case 2: try client.ask(.setMuted(!call.muted, call.id))
      case 3: try client.ask(.hangUp(call.id))
      default: break
      }
    } catch {
      // Whoever clicks sees the bar only; what goes wrong is for its log.
      try? StandardStream.error.write(line: CommandFailure(error).text)
    }
  }
}

/// What a bar writes to a block's standard input: a button's number, or an object with one, on a line for each click.
struct ClickReader {
  private(set) var isOpen = true
  private var line: [UInt8] = []
  private static let maximumLine = 4096

  mutating func read() -> [Int] {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
    if count < 0, errno == EINTR || errno == EAGAIN { return [] }
    guard count > 0 else {
      isOpen = false
      return []
    }
    var buttons: [Int] = []
    for byte in buffer[..<count] {
      if byte != 0x0A {
        if line.count < Self.maximumLine { line.append(byte) }
        continue
      }
      if let button = Self.button(String(decoding: line, as: UTF8.self)) { buttons.append(button) }
      line.removeAll()
    }
    return buttons
  }

  static func button(_ line: String) -> Int? {
    if let number = Int(line) { return number }
    let key = "\"button\""
    guard let start = line.indices.first(where: { line[$0...].hasPrefix(key) }) else { return nil }
    let value = line[start...].dropFirst(key.count).drop { $0 == " " || $0 == ":" }
    return Int(value.prefix { $0.isNumber })
  }
}
