// SPDX-License-Identifier: Apache-2.0
import CallModel

extension SessionLife {
  /// What no life can come to, in a line for people; nil where all is well. To be asked of a life that was read.
  public var contradiction: String? {
    contradictionOfState ?? contradictionOfEngine ?? contradictionOfWaits ?? contradictionOfSound
  }

  private var contradictionOfState: String? {
    switch (state, end) {
    case (.ended, nil): return "it has ended, without a reason"
    case (.ended, let end?) where end.event != TerminalEvent(reason: end.reason, hasJoined: hasJoined):
      return "its end is “\(end.event.rawValue)”, which “\(end.reason.rawValue)” is no reason for"
    case (.ended, _): break
    case (_, .some): return "it has a reason for its end, and has not ended"
    case (_, nil): break
    }
    switch state {
    case .launching where hasJoined: return "it is launching, and was joined before"
    case .launching where isInFarewell, .joined where isInFarewell, .reconnecting where isInFarewell,
      .leaving where isInFarewell:
      return "it takes leave of the far end, and has not ended"
    case .joined where !hasJoined, .reconnecting where !hasJoined:
      return "it is \(state.rawValue), and was never joined"
    case .leaving where leaving == nil: return "it is leaving, without a reason"
    case .launching where leaving != nil, .joined where leaving != nil, .reconnecting where leaving != nil:
      return "it has a reason to leave, and does not"
    default: return nil
    }
  }

  private var contradictionOfEngine: String? {
    if engineSpeaks && (state == .ended && !isInFarewell || unit == .starting || unit == .goneEarly) {
      return "its engine speaks, and cannot"
    }
    if isAdopted, engineSpeaks || isResumable || state == .reconnecting { return "it is adopted, and has an engine" }
    if isAdopted, wishedMuted != nil || wishedOnHold != nil { return "it is adopted, and has wishes for an engine" }
    if unit == .starting, state == .joined { return "it is joined without an engine" }
    if !(0...Self.maximumRepairs).contains(repairs) { return "its engine was replaced \(repairs) times" }
    if repairs > 0, !isTakenUp { return "its engine was replaced, and cannot be" }
    return contradictionOfFarewell
  }

  private var contradictionOfFarewell: String? {
    if isInFarewell != armed.contains(.farewell) {
      return isInFarewell ? "it takes leave without end" : "it waits for a farewell, and takes no leave"
    }
    guard let farewells else { return nil }
    if !(0...Self.maximumFarewells).contains(farewells) { return "it took leave \(farewells) times anew" }
    if farewells > 0, !canSayFarewell { return "it took leave anew, and cannot" }
    return farewells == 0 && unit != .runs ? "it takes leave without an engine" : nil
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
      return "it is \(state.rawValue), and waits for “\(other)”"
    }
    if isOver { return armed.isEmpty ? nil : "it is over, and waits" }
    let knowsItsEngine = unit == .runs || unit == .gone
    if knowsItsEngine, armed.isEmpty, !isAsleep, state != .joined || unit == .gone {
      return "it is \(state.rawValue), and waits for nothing"
    }
    return nil
  }
}
