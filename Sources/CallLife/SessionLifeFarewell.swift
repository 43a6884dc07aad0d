// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - The farewell

/// The session has ended for the user, and its engine keeps telling the far end. If the engine dies meanwhile, another
/// one continues; so does a new daemon.
extension SessionLife {
  /// Whether a new engine could tell the far end what the previous one has not.
  var canSayFarewell: Bool { carrier.isResumable && canBeTakenUp }

  /// Ends the session when there is no engine to end it.
  mutating func endWithoutEngine(_ detail: String) -> [Effect] {
    canSayFarewell ? part(.engineFailed, detail: detail) : finish(.engineFailed, detail: detail)
  }

  /// When the unit is gone: the next engine continues, or everything is over.
  mutating func anotherFarewell() -> [Effect] {
    engineSpeaks = false
    guard let count = repair.farewells, canSayFarewell, count < Self.maximumFarewells else {
      repair.farewells = nil
      return disarm(.farewell, .leave, .stop) + [.release]
    }
    repair.farewells = count + 1
    return startEngine()
  }

  mutating func farewellStarted() -> [Effect] {
    switch unit {
    case .runs, .gone: return []
    case .goneEarly where !isInFarewell: return gone()
    case .goneEarly:
      // Its messages are still to be read.
      (unit, engineSpeaks) = (.gone, true)
      return arm(.leave)
    case .starting:
      unit = .runs
      // It comes too late.
      guard isInFarewell else { return stopUnit() }
      engineSpeaks = true
      return [.join, .leave]
    }
  }

  /// The far end knows, or never will.
  mutating func farewellIsOver() -> [Effect] {
    (repair.farewells, engineSpeaks) = (nil, false)
    let effects = disarm(.farewell)
    guard unit != .gone else { return effects + disarm(.leave, .stop) + [.release] }
    return armed.contains(.stop) ? effects : effects + arm(.leave)
  }

  mutating func farewellLost() -> [Effect] {
    engineSpeaks = false
    return unit == .runs ? killUnit() : disarm(.leave) + anotherFarewell()
  }

  mutating func farewellIsLate() -> [Effect] {
    (repair.farewells, engineSpeaks) = (nil, false)
    // An engine that is starting is told as soon as it runs.
    return unit == .gone ? disarm(.leave, .stop) + [.release] : stopUnit()
  }

  private mutating func gone() -> [Effect] {
    unit = .gone
    return disarm(.leave, .stop) + [.release]
  }
}
