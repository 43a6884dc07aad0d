// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - An adopted process

/// An adopted process carries its call itself. It is joined as long as it runs, can be asked to hang up, and can be
/// released.
extension SessionLife {
  public var isAdopted: Bool { carrier.hangUpGrace != nil }

  /// How many seconds the process has when all of the user's services stop. The daemon is one of them, and must see the
  /// process exit.
  static let longestGraceAtLogout: UInt32 = 2

  /// How many seconds the process would have to exit if it were asked now.
  public var grace: UInt32 {
    let grace = carrier.hangUpGrace ?? 0
    return isHurried ? min(grace, Self.longestGraceAtLogout) : grace
  }

  /// All of the user's services stop, and the daemon waits for the process to exit.
  public var isHurried: Bool { isAdopted && leaving?.reason == .logout }

  /// It is in its unit, or was for a moment.
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

  /// The session ends, and the process keeps running. A process that is already being stopped cannot be released.
  mutating func letGo() -> [Effect] {
    if unit == .starting || unit == .goneEarly || armed.contains(.stop) { return leave(leaving?.reason ?? .aborted) }
    guard state != .ended else { return [] }
    unit = .gone
    return finish(.aborted, detail: "")
  }

  /// Hanging up ends everything, including what the process has left behind.
  mutating func processEnded(_ detail: String) -> [Effect] {
    let isHungUp = leaving.map { $0.reason != .aborted } ?? false
    let rest: [Effect] = hasJoined && isHungUp ? [.stopUnit] : []
    return rest + finish(hasJoined ? .exited : .engineFailed, detail: detail)
  }
}
