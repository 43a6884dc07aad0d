// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall

/// A call that was launched just now, on the terminal it was launched from: a line that changes in place.
struct LaunchView {
  enum End {
    case joined(SessionInfo)
    case ended(SessionInfo)
    /// By Ctrl-C, before it was joined.
    case cancelled(SessionInfo)
    /// By Ctrl-C; the call goes on.
    case left(SessionInfo)
  }

  /// Hangs up; whatever is only looked at is the onlooker's.
  private let client: CallsClient
  private let onlooker: CallsClient
  private let id: String
  private let style: TextStyle
  private let line: ChangingLine
  private var isRinging = false
  /// Since it was launched, later since it was joined.
  private var started = ContinuousClock().now

  init(_ id: String, _ client: CallsClient, _ onlooker: CallsClient, _ style: TextStyle) {
    (self.id, self.client, self.onlooker, self.style) = (id, client, onlooker, style)
    line = ChangingLine()
  }

  /// - Parameters:
  ///   - untilJoined: whether that is the end.
  ///   - onJoined: says what a person may do now.
  mutating func run(untilJoined: Bool, onJoined: (SessionInfo) throws -> Void) throws -> End {
    var info = onlooker.afterwards(id, state: .launching)
    var wasJoined = false
    while true {
      if info.hasEnded {
        try line.finish()
        return .ended(info)
      }
      if info.hasJoined, !wasJoined {
        wasJoined = true
        started = ContinuousClock().now - .microseconds(Int64(clamping: info.duration))
        try line.finish(style.good("●") + " \(id) joined")
        if untilJoined { return .joined(info) }
        try onJoined(info)
      }
      if try takeChanges() {
        // Where the daemon is gone again, another change tells of the next.
        do { info = try onlooker.known(id) ?? gone(info) } catch .daemonVanished {} catch { throw error }
        continue
      }
      try line.show(text(info), once: phase(info))
      switch Wake.next(on: onlooker, milliseconds: line.isLive ? untilNextSecond : -1) {
      case .interrupt where Interrupts.take():
        _ = try takeChanges()
        try line.finish()
        return try interrupted(onlooker.afterwards(id, state: .launching))
      case .bus, .interrupt, .input, .time: break
      }
    }
  }

  /// A call that ended so long ago, while this was stopped, that nobody knows it any more.
  private func gone(_ info: SessionInfo) -> SessionInfo {
    var gone = info
    gone.state = SessionState.ended.rawValue
    return gone
  }

  private func interrupted(_ info: SessionInfo) throws -> End {
    if info.hasEnded { return .ended(info) }
    guard !info.hasJoined else { return .left(info) }
    try StandardStream.output.write(line: "cancelling …")
    Interrupts.end()
    try client.tell(id) { () throws(CallsError) in try client.ask(.hangUp(id)) }
    return .cancelled(client.afterwards(id, state: .ended))
  }

  /// - Returns: whether something of this call was among them.
  private mutating func takeChanges() throws -> Bool {
    var ours = false
    while let change = try onlooker.nextChange(until: .atOnce) {
      switch change {
      case .happening(let event) where event.session == id:
        ours = true
        if event.name == EventName.ringing.rawValue { isRinging = true }
      case .happening: break
      case .daemonChanged: ours = ours || onlooker.daemonIsThere
      }
    }
    return ours
  }

  // MARK: The line

  private func phase(_ info: SessionInfo) -> String {
    if info.hasJoined { return info.shownState }
    return isRinging ? "ringing" : info.command.isEmpty ? "calling" : "starting"
  }

  private func text(_ info: SessionInfo) -> String {
    let time = ElapsedTime(seconds: UInt64(max(0, elapsed.components.seconds)))
    guard info.hasJoined else {
      return style.warning("●") + " \(id) \(phase(info)) \(info.shownTitle) \(time) " + style.faint("(Ctrl-C cancels)")
    }
    let mark = info.isAsItShouldBe ? style.good("●") : style.warning("●")
    return "\(mark) \(id) \(phase(info)) \(time) " + style.faint("(Ctrl-C leaves this view; the \(info.noun) goes on)")
  }

  private var elapsed: Duration { started.duration(to: ContinuousClock().now) }

  private var untilNextSecond: Int32 {
    Int32(1000 - elapsed.components.attoseconds / 1_000_000_000_000_000 + 1)
  }
}

/// A line of the terminal that is written over again and again; on a terminal that cannot, a line for each phase.
final class ChangingLine {
  let isLive: Bool
  private var shown = false
  private var lastPhase = ""

  init() { isLive = !Screen.isDumb && (Screen.columns ?? 0) >= Screen.minimumColumns }

  func show(_ text: String, once phase: String) throws {
    if isLive {
      // Not broken at the right margin: what was broken is not written over.
      try StandardStream.output.write(CharacterSet.bytes("\r\u{1B}[?7l" + text + "\u{1B}[K\u{1B}[?7h"))
      shown = true
    } else if phase != lastPhase {
      try StandardStream.output.write(line: text)
    }
    lastPhase = phase
  }

  /// Leaves the last text as it is, or another in its place.
  func finish(_ text: String? = nil) throws {
    if shown {
      try StandardStream.output.write(CharacterSet.bytes((text.map { "\r" + $0 + "\u{1B}[K" } ?? "") + "\n"))
    } else if let text {
      try StandardStream.output.write(line: text)
    }
    shown = false
  }
}
