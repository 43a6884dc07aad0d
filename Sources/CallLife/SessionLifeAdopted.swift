// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - An adopted process

/// It carries its call itself: it is joined as long as it runs, is asked to hang up, and can be let go.
extension SessionLife {
  public var isAdopted: Bool { hangUpGrace != nil }

  /// Seconds that are left to the process when all the user's services stop: the daemon is one, and is to see its end.
  static let longestGraceAtLogout: UInt32 = 2

  /// Seconds that the process has to end by itself when it is asked to now.
  public var grace: UInt32 {
    let grace = hangUpGrace ?? 0
    return isHurried ? min(grace, Self.longestGraceAtLogout) : grace
  }

  /// All the user's services stop, and the daemon waits for the process to end.
  public var isHurried: Bool { isAdopted && leaving?.reason == .logout }

  /// It is in its unit, or it was for a moment.
  mutating func adopted() -> [Effect] {
    guard unit == .starting || unit == .goneEarly else { return [] }
    unit = unit == .starting ? .runs : .gone
    hasJoined = true
    if state == .launching { state = .joined }
    let begun: [Effect] = [.announce(.launched), .announce(.joined)]
    if unit == .gone { return begun + processEnded("") }
    switch leaving?.reason {
    case nil: return begun
    case .aborted: return begun + letGo()
    case .some: return begun + askToHangUp()
    }
  }

  mutating func askToHangUp() -> [Effect] { [.announce(.hangUpRequested(grace: grace))] + arm(.leave) }

  /// The session ends, and the process goes on. One that is being stopped already cannot be let go any more.
  mutating func letGo() -> [Effect] {
    if unit == .starting || unit == .goneEarly || armed.contains(.stop) { return leave(leaving?.reason ?? .aborted) }
    guard state != .ended else { return [] }
    unit = .gone
    return finish(.aborted, detail: "")
  }

  /// Who hangs up ends all of it: what the process has left behind, too.
  mutating func processEnded(_ detail: String) -> [Effect] {
    let isHungUp = leaving.map { $0.reason != .aborted } ?? false
    let rest: [Effect] = hasJoined && isHungUp ? [.stopUnit] : []
    return rest + finish(hasJoined ? .exited : .engineFailed, detail: detail)
  }
}
