// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - What the user wants of the engine

/// `muted` and `onHold` are what an engine has reported, and change only by that. A request is sent at once if there is
/// an engine, to every later engine, and again whenever an engine reports a different state.
extension SessionLife {
  /// The state in which the next engine starts.
  public var startsMuted: Bool { wished.muted ?? reported.muted }

  /// nil leaves it to the engine, which continues as the previous one.
  public var startsOnHold: Bool? { sleep.decidesHold || !hasJoined ? nil : wished.onHold }

  var wantsHold: Bool { wished.onHold ?? reported.onHold }

  mutating func wish(muted value: Bool) -> [Effect] {
    guard canWish else { return [] }
    wished.muted = value
    return tell(.mute(value))
  }

  mutating func wish(onHold value: Bool) -> [Effect] {
    guard canWish else { return [] }
    wished.onHold = value
    guard sleep.decidesHold else { return tell(.hold(value)) }
    // The hold for the sleep ends with the state that the user wants.
    sleep.isHeldForSleep = carrier.canHold && !value
    return disarm(.takeBack) + (value ? tell(.hold(true)) : sleep.isAsleep ? [] : takeBack())
  }

  /// The request is dropped, so that no later engine tries again. But an engine that is just starting may only not be
  /// in the call yet.
  mutating func holdRefused(_ detail: String) -> [Effect] {
    guard engineSpeaks, state == .joined || state == .reconnecting, !armed.contains(.firstReport),
      !sleep.decidesHold, let wish = wished.onHold, wish != reported.onHold
    else { return [] }
    wished.onHold = reported.onHold
    return [.announce(.holdRefused(detail: detail))]
  }

  private var canWish: Bool { !isAdopted && state != .leaving && state != .ended }

  /// For an engine that may not have got it.
  func wishes() -> [Effect] {
    tell(wished.muted.map(Effect.mute)) + (sleep.decidesHold ? [] : tell(wished.onHold.map(Effect.hold)))
  }

  /// For an engine that starts, or is in the call again, and reports a different state.
  func wishes(unlike report: EngineReport) -> [Effect] {
    let mute = wished.muted == report.muted ? nil : wished.muted
    let hold = wished.onHold == report.onHold || state != .joined ? nil : wished.onHold
    return tell(mute.map(Effect.mute)) + tell(hold.map(Effect.hold))
  }

  private func tell(_ effect: Effect?) -> [Effect] { effect.map { tell($0) } ?? [] }
}
