// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - What the user wants of the engine

/// `muted` and `onHold` are what an engine has said, and change by that alone. A wish is told at once where there is an
/// engine to tell, to every engine that comes after it, and again wherever one says of itself that it is otherwise.
extension SessionLife {
  /// How the next engine is to begin.
  public var startsMuted: Bool { wishedMuted ?? muted }

  /// nil where that is left to the engine: to go on as the one before it.
  public var startsOnHold: Bool? { isAsleep || isHeldForSleep || !hasJoined ? nil : wishedOnHold }

  var wantsHold: Bool { wishedOnHold ?? onHold }

  mutating func wish(muted value: Bool) -> [Effect] {
    guard canWish else { return [] }
    wishedMuted = value
    return tell(.mute(value))
  }

  mutating func wish(onHold value: Bool) -> [Effect] {
    guard canWish else { return [] }
    wishedOnHold = value
    guard isAsleep || isHeldForSleep else { return tell(.hold(value)) }
    // The sleep's own hold ends in what the user wants.
    isHeldForSleep = canHold && !value
    return disarm(.takeBack) + (value ? tell(.hold(true)) : isAsleep ? [] : takeBack())
  }

  /// The wish ends with it, so that no later engine tries again. One that begins may only not be in the call yet.
  mutating func holdRefused(_ detail: String) -> [Effect] {
    guard engineSpeaks, state == .joined || state == .reconnecting, !armed.contains(.firstReport), !isAsleep,
      !isHeldForSleep, let wished = wishedOnHold, wished != onHold
    else { return [] }
    wishedOnHold = onHold
    return [.announce(.holdRefused(detail: detail))]
  }

  private var canWish: Bool { !isAdopted && state != .leaving && state != .ended }

  /// For an engine that may not have heard it.
  func wishes() -> [Effect] {
    tell(wishedMuted.map(Effect.mute)) + (isAsleep || isHeldForSleep ? [] : tell(wishedOnHold.map(Effect.hold)))
  }

  /// For an engine that begins, or is in the call again, and says that it is otherwise.
  func wishes(unlike report: EngineReport) -> [Effect] {
    let mute = wishedMuted == report.muted ? nil : wishedMuted
    let hold = wishedOnHold == report.onHold || state != .joined ? nil : wishedOnHold
    return tell(mute.map(Effect.mute)) + tell(hold.map(Effect.hold))
  }

  private func tell(_ effect: Effect?) -> [Effect] { effect.map { tell($0) } ?? [] }
}
