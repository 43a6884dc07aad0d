// SPDX-License-Identifier: Apache-2.0
import CallModel

extension SessionLife {
  /// Describes an impossible state in a line for people; nil if the state is possible. Check this for a life that was
  /// read from a file.
  public var contradiction: String? {
    contradictionOfState ?? contradictionOfEngine ?? contradictionOfWaits ?? contradictionOfSound
      ?? contradictionOfTransfer
  }

  private var contradictionOfState: String? {
    switch (state, end) {
    case (.ended, nil): return "it has ended without a reason"
    case (.ended, let end?) where end.event != TerminalEvent(reason: end.reason, hasJoined: hasJoined):
      return "its end is “\(end.event.rawValue)”, which does not fit the reason “\(end.reason.rawValue)”"
    case (.ended, _): break
    case (_, .some): return "it has an end reason, but has not ended"
    case (_, nil): break
    }
    switch state {
    case .launching where hasJoined: return "it is launching, but was joined before"
    case .launching where isInFarewell, .joined where isInFarewell, .reconnecting where isInFarewell,
      .leaving where isInFarewell:
      return "it says farewell, but has not ended"
    case .joined where !hasJoined, .reconnecting where !hasJoined:
      return "it is \(state.rawValue), but was never joined"
    case .leaving where leaving == nil: return "it is leaving, without a reason"
    case .launching where leaving != nil, .joined where leaving != nil, .reconnecting where leaving != nil:
      return "it has a reason to leave, but is not leaving"
    default: return nil
    }
  }

  private var contradictionOfEngine: String? {
    if engineSpeaks && (state == .ended && !isInFarewell || unit == .starting || unit == .goneEarly) {
      return "its engine is connected, but cannot be"
    }
    if isAdopted, engineSpeaks || carrier.isResumable || state == .reconnecting {
      return "it is adopted, but has an engine"
    }
    if isAdopted, wished.muted != nil || wished.onHold != nil { return "it is adopted, but has requests for an engine" }
    if unit == .starting, state == .joined { return "it is joined without an engine" }
    if !(0...Self.maximumRepairs).contains(repair.count) { return "its engine was replaced \(repair.count) times" }
    if repair.count > 0, !isTakenUp { return "its engine was replaced, but cannot be" }
    return contradictionOfFarewell
  }

  private var contradictionOfFarewell: String? {
    if isInFarewell != armed.contains(.farewell) {
      return isInFarewell ? "its farewell has no deadline" : "it waits for a farewell, but says none"
    }
    guard let farewells = repair.farewells else { return nil }
    if !(0...Self.maximumFarewells).contains(farewells) { return "it repeated its farewell \(farewells) times" }
    if farewells > 0, !canSayFarewell { return "it repeated its farewell, but cannot" }
    return farewells == 0 && unit != .runs ? "it says farewell without an engine" : nil
  }

  private var contradictionOfWaits: String? {
    let allowed: [Deadline] =
      switch state {
      case .launching: [.firstReport, .answer, .retry, .settle, .leave, .stop]
      case .joined: [.firstReport, .settle, .alone, .leave, .stop]
      case .reconnecting: [.firstReport, .reconnect, .takeBack, .retry, .leave, .stop]
      case .leaving: [.firstReport, .leave, .stop]
      case .ended: [.leave, .stop, .farewell]
      }
    if let other = armed.subtracting(allowed).map(\.rawValue).min() {
      return "it is \(state.rawValue), but waits for “\(other)”"
    }
    if isOver { return armed.isEmpty ? nil : "it is over, but waits" }
    let knowsItsEngine = unit == .runs || unit == .gone
    if knowsItsEngine, armed.isEmpty, !sleep.isAsleep, state != .joined || unit == .gone {
      return "it is \(state.rawValue), but waits for nothing"
    }
    return nil
  }
}
