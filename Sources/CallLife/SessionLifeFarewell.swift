// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - The farewell

/// The session has ended for the user, and its engine goes on until the far end knows. Where the engine dies meanwhile,
/// another one goes on with that, and so does a new daemon.
extension SessionLife {
  /// A new engine could tell the far end what the one that is gone has not.
  var canSayFarewell: Bool { isResumable && canBeTakenUp }

  /// Ends the session without a word of the engine.
  mutating func endWithoutEngine(_ detail: String) -> [Effect] {
    canSayFarewell ? part(.engineFailed, detail: detail) : finish(.engineFailed, detail: detail)
  }

  /// With the unit gone: the next engine goes on, or it is all over.
  mutating func anotherFarewell() -> [Effect] {
    engineSpeaks = false
    guard let count = farewells, canSayFarewell, count < Self.maximumFarewells else {
      farewells = nil
      return disarm(.farewell, .leave, .stop) + [.release]
    }
    farewells = count + 1
    return startEngine()
  }

  mutating func farewellStarted() -> [Effect] {
    switch unit {
    case .runs, .gone: return []
    case .goneEarly where !isInFarewell: return gone()
    case .goneEarly:
      // What it said is still to be heard.
      (unit, engineSpeaks) = (.gone, true)
      return arm(.leave)
    case .starting:
      unit = .runs
      // It is too late for it.
      guard isInFarewell else { return stopUnit() }
      engineSpeaks = true
      return [.join, .leave]
    }
  }

  /// The far end knows, or will never.
  mutating func farewellIsOver() -> [Effect] {
    (farewells, engineSpeaks) = (nil, false)
    let effects = disarm(.farewell)
    guard unit != .gone else { return effects + disarm(.leave, .stop) + [.release] }
    return armed.contains(.stop) ? effects : effects + arm(.leave)
  }

  mutating func farewellLost() -> [Effect] {
    engineSpeaks = false
    return unit == .runs ? killUnit() : disarm(.leave) + anotherFarewell()
  }

  mutating func farewellIsLate() -> [Effect] {
    (farewells, engineSpeaks) = (nil, false)
    // One that is being started hears of it as soon as it runs.
    return unit == .gone ? disarm(.leave, .stop) + [.release] : stopUnit()
  }

  private mutating func gone() -> [Effect] {
    unit = .gone
    return disarm(.leave, .stop) + [.release]
  }
}
